import { createRng, deriveSeed, shuffled } from '@shoal/numeric'
import type { ClientId, FederationConfig } from '@shoal/protocol'

/** How many clients a round takes out of `here`: the fraction, at least `min`, at most `max`; 0 if there are fewer than `min`. */
export function cohortSize({ fraction, min, max }: FederationConfig['cohort'], here: number): number {
  if (here < min) return 0
  return Math.min(max, here, Math.max(min, Math.ceil(fraction * here)))
}

/** Draws a round's cohort: decided by seed, round and the set of clients, never by the order in which they arrived. Sorted by id. */
export function drawCohort(config: FederationConfig, round: number, here: readonly ClientId[]): readonly ClientId[] {
  const size = cohortSize(config.cohort, here.length)
  const rng = createRng(deriveSeed(config.seed, 'cohort', round))
  return shuffled([...here].sort(), rng)
    .slice(0, size)
    .sort()
}
