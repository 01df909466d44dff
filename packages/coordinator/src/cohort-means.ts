import { centreOf } from '@shoal/numeric'
import { clipInto } from '@shoal/privacy'
import type { BlockId } from '@shoal/protocol'
import { type CohortRule, FEWEST_CENTRED_COHORTS } from './robust-rule.ts'

/** A part of a cohort's sum, over all clients of the cohort. */
export interface CohortBlock {
  readonly block: BlockId
  readonly total: Float64Array
  /** Sum of the weights; the number of clients where each counts once. */
  readonly weight: number
}

/**
 * One block's sums over cohorts put together by their means (privacy.md 5.4): none is longer than what a client may give, and of five or more the centre stands for their mean, each counting once.
 * `[length]` entries of weight times the centre, like the sum of all, and that weight. A cohort that has no weight in the block has no mean there.
 */
export function centreOfCohorts(
  sums: readonly Pick<CohortBlock, 'total' | 'weight'>[],
  length: number,
  { rule, clip }: CohortRule,
): { readonly total: Float64Array; readonly weight: number } {
  const weighed = sums.filter(({ weight }) => weight > 0)
  const weight = weighed.reduce((sum, own) => sum + own.weight, 0)
  const means = weighed.map((own) => {
    const mean = own.total.map((entry) => entry / own.weight)
    clipInto(mean, clip)
    return mean
  })
  if (hasCentre(sums)) return { total: centreOf(means, rule, 0, length).map((entry) => entry * weight), weight }
  const total = new Float64Array(length)
  for (const [cohort, mean] of means.entries()) {
    for (let index = 0; index < length; index += 1) total[index] += mean[index] * weighed[cohort].weight
  }
  return { total, weight }
}

/** Whether these are enough for a centre. */
export const hasCentre = (sums: readonly Pick<CohortBlock, 'weight'>[]): boolean => sums.filter(({ weight }) => weight > 0).length >= FEWEST_CENTRED_COHORTS
