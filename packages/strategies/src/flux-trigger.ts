import type { FluxOptions } from './flux-options.ts'

/** Rounds before which nothing is read out of the accuracies. */
const LEAST_ROUNDS = 3

/**
 * Whether groups are looked for in the next round, `averaged` rounds of `rounds` being over (spec section 4.2, step 2): once one round has brought less accuracy than
 * `threshold`, over the whole history, or after `latestShare` of all rounds. Rounds that were not measured are no part of the history.
 *
 * Difference from the paper, ours: the last round but one is late enough at any rate; 0.8 of four rounds would be the fourth.
 */
export function isClusteringDue(
  accuracies: readonly number[],
  averaged: number,
  rounds: number,
  { clusterAt, threshold, latestShare }: Pick<FluxOptions, 'clusterAt' | 'threshold' | 'latestShare'>,
): boolean {
  if (clusterAt !== null) return averaged >= clusterAt
  const hasSlowed = accuracies.some((accuracy, index) => index > 0 && accuracy - accuracies[index - 1] < threshold)
  return (averaged >= LEAST_ROUNDS && hasSlowed) || averaged >= Math.min(latestShare * rounds, rounds - 1)
}
