import { createRng, shuffled } from '@shoal/numeric'
import { type ClientId, MAX_SUM_COHORT, type Masking } from '@shoal/protocol'

/**
 * Deals clients out to masked sums of about `cohortSize` each (privacy.md 3.4): 50 clients by 32 are two of 25, 100 are three of 33; none is below `kMin` where fewer would do, and
 * none above `most`. Decided by the seed and the set of clients, never by their
 * order.
 */
export function dealCohorts(
  clients: readonly ClientId[],
  { cohortSize, kMin, most = MAX_SUM_COHORT }: Pick<Masking, 'cohortSize' | 'kMin'> & { readonly most?: number },
  seed: string,
): readonly (readonly ClientId[])[] {
  const count = Math.max(mostCohorts(clients.length, { cohortSize, kMin }), Math.ceil(clients.length / most))
  const dealt = shuffled([...clients].sort(), createRng(seed))
  const startOf = (cohort: number): number => Math.floor((cohort * dealt.length) / count)
  return Array.from({ length: count }, (_, cohort) => dealt.slice(startOf(cohort), startOf(cohort + 1)).sort())
}

/** How many sums so many clients are dealt out to where one may be of any size. */
export const mostCohorts = (clients: number, { cohortSize, kMin }: Pick<Masking, 'cohortSize' | 'kMin'>): number =>
  Math.max(1, Math.min(Math.round(clients / cohortSize), Math.floor(clients / kMin)))

/** Beacons of several cohorts as one, in whatever order they come: each bit is that of an odd number of them. In hex, all of one length. */
export function combinedBeacon(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right
  return [...left].map((digit, index) => (Number.parseInt(digit, 16) ^ Number.parseInt(right[index], 16)).toString(16)).join('')
}
