import type { Result } from '@shoal/protocol'
import { createOptionReader } from './option-reader.ts'

/** When a cluster is suspected to hold more than one group. */
export type SplitTest =
  /** Ours: mean norm / max norm is below. Free of scale: it holds for any model, step size and number of steps. */
  | { readonly by: 'ratio'; readonly below: number }
  /** The paper's: mean norm < epsilon1 and max norm > epsilon2, both in the units of the updates. */
  | { readonly by: 'norms'; readonly epsilon1: number; readonly epsilon2: number }
  /** In given rounds whatever the norms: how the paper's split figures came about. */
  | { readonly by: 'schedule'; readonly rounds: readonly number[] }
  | { readonly by: 'period'; readonly every: number }

export interface CflOptions {
  /** Numbers of a sketch; null for whole updates. */
  readonly sketchLength: number | null
  readonly test: SplitTest
  readonly gammaMax: number
  readonly smallestPart: number
  readonly cooldown: number
  readonly minClients: number
  readonly quorum: number
  readonly linkage: 'single' | 'complete'
  readonly maxClusters: number
}

/**
 * | option | default | |
 * |---|---|---|
 * | `sketchLength` | 1024 | numbers that stand for an update; cosines err by about 1 / sqrt of it |
 * | `evidence` | 'sketch' | 'full': whole updates instead, exact and as long as the model; for view rows, or sums at level sealed |
 * | `normRatio` | 0.30 | suspect a cluster when mean norm / max norm is below |
 * | `epsilon1`, `epsilon2` | - | both instead of `normRatio`: the paper's thresholds, epsilon2 >= epsilon1 |
 * | `splitEvery` | - | instead of a norm test: a period, or a list of rounds, in which every cluster is examined |
 * | `gammaMax` | 0.72 | trust a split only if gammaMax < sqrt((1 - cross cosine) / 2); 0 turns the test off |
 * | `smallestPart` | 3 | fewest clients of a part |
 * | `cooldown` | 0 | rounds that a cluster must have existed (the first: since the start) before it is examined |
 * | `minClients` | 3 | fewest clients of a cluster that is examined |
 * | `quorum` | 0.8 | share of a cluster's clients that must answer in the round of its split |
 * | `weighting` | 'samples' | clients count by their examples, in the criterion and in the aggregate |
 * | `linkage` | 'single' | 'complete' replays the authors' published code (view rows) |
 * | `maxClusters` | 16 | no split beyond |
 */
export function parseCflOptions(given: Readonly<Record<string, unknown>>): Result<CflOptions> {
  const reader = createOptionReader('cfl', given)
  const sketchLength = reader.number('sketchLength', 1024, { from: 2, to: 65_536, whole: true })
  const evidence = reader.choice('evidence', ['sketch', 'full'])
  const below = reader.number('normRatio', 0.3, { from: 0, to: 1 })
  const epsilon1 = reader.number('epsilon1', 0, { from: 0, to: Number.MAX_VALUE })
  const epsilon2 = reader.number('epsilon2', 0, { from: 0, to: Number.MAX_VALUE })
  const schedule = reader.value<SplitTest | null>('splitEvery', null, 'a period in rounds, from 1, or a list of rounds', readSchedule)
  const hasNorms = reader.has('epsilon1') || reader.has('epsilon2')
  if (hasNorms && !(reader.has('epsilon1') && reader.has('epsilon2'))) reader.refuse('epsilon1 and epsilon2 are given together')
  if (hasNorms && reader.has('normRatio')) reader.refuse('normRatio stands for epsilon1 and epsilon2: give the one or the other two')
  if (epsilon2 < epsilon1) reader.refuse('epsilon2 must not be below epsilon1: a cluster of equal updates would be split') // mean norm = max norm there
  if (schedule !== null && (hasNorms || reader.has('normRatio'))) reader.refuse('splitEvery takes the place of normRatio, epsilon1 and epsilon2')
  // Difference from the paper: Algorithm 5 weighs clients equally. Here a client's update is weighed by its examples wherever it is summed, and the criterion
  // must see the mean that will be taken; a uniform mean of updates is not among the sums that are asked for, so 'uniform' would be a false promise.
  reader.choice('weighting', ['samples'])
  return reader.finish({
    sketchLength: evidence === 'full' ? null : sketchLength,
    test: schedule ?? (hasNorms ? { by: 'norms', epsilon1, epsilon2 } : { by: 'ratio', below }),
    gammaMax: reader.number('gammaMax', 0.72, { from: 0, to: 1 }),
    smallestPart: reader.number('smallestPart', 3, { from: 2, to: 100_000, whole: true }),
    cooldown: reader.number('cooldown', 0, { from: 0, to: 1_000_000, whole: true }),
    minClients: reader.number('minClients', 3, { from: 2, to: 100_000, whole: true }),
    quorum: reader.number('quorum', 0.8, { from: 0, to: 1 }),
    linkage: reader.choice('linkage', ['single', 'complete']),
    maxClusters: reader.number('maxClusters', 16, { from: 1, to: 256, whole: true }),
  })
}

function readSchedule(given: unknown): SplitTest | null {
  if (typeof given === 'number') return Number.isInteger(given) && given >= 1 ? { by: 'period', every: given } : null
  const isRound = (item: unknown): item is number => typeof item === 'number' && Number.isInteger(item) && item >= 0
  return Array.isArray(given) && given.length > 0 && given.every(isRound) ? { by: 'schedule', rounds: [...given] } : null
}
