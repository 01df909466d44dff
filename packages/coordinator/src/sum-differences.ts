import { type Rng, shuffled } from '@shoal/numeric'
import type { ClientId } from '@shoal/protocol'
import { type DifferenceRule, differenceFault, leastThresholdOf, type PastSum } from '@shoal/secure-sum'

/** Choices of clients to leave out that are tried; who tried them all in vain has no sum. */
const MOST_TRIES = 64

/**
 * Whom of those who are ready a sum may be taken over (privacy.md 3.6): all, or as many as leave every earlier sum that counts either alone or `kDiff` clients away; who is left out is
 * drawn. Null where no choice of few enough does. Clients refuse on their own what this does not avoid.
 */
export function chooseSummands(
  ready: readonly ClientId[],
  past: readonly PastSum[],
  sum: Pick<PastSum, 'round' | 'purpose'>,
  { kMin, kDiff }: Pick<DifferenceRule, 'kMin' | 'kDiff'>,
  rng: Rng,
): readonly ClientId[] | null {
  const faultOf = (survivors: readonly ClientId[]): string | null => {
    const cohortSize = survivors.length
    return differenceFault(past, { ...sum, survivors }, { cohortSize, threshold: leastThresholdOf(cohortSize), kMin, kDiff })
  }
  if (faultOf(ready) === null) return ready
  const mostLeftOut = Math.min(ready.length - kMin, 2 * kDiff)
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const leftOut = 1 + (tries % Math.max(1, mostLeftOut))
    if (leftOut > mostLeftOut) return null
    const chosen = shuffled([...ready].sort(), rng)
      .slice(leftOut)
      .sort()
    if (faultOf(chosen) === null) return chosen
  }
  return null
}
