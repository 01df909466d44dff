import type { DescriptorClustersArgs } from '@shoal/clustering'
import type { ProcedureTable, Result } from '@shoal/protocol'
import { createOptionReader } from './option-reader.ts'

export interface FluxOptions {
  /** L; null: as the number of classes says. */
  readonly length: number | null
  readonly rule: DescriptorClustersArgs['rule']
  readonly floorFactor: number
  readonly capFactor: number
  readonly epsilonScale: number
  readonly missing: DescriptorClustersArgs['missing']
  readonly scaler: DescriptorClustersArgs['scaler']
  /** K where it is given; null to find it. */
  readonly clusters: number | null
  readonly threshold: number
  readonly latestShare: number
  /** Rounds of averaging before groups are looked for; null: the trigger says when. */
  readonly clusterAt: number | null
  readonly maxClusters: number
  /** Null: as the level asks for. */
  readonly leastExamples: number | null
  readonly leastToVote: number
  readonly minToServe: number
  /** 0: never. */
  readonly recheckEvery: number
  readonly noise: ProcedureTable['describe']['noise']
}

/**
 * | option | default | |
 * |---|---|---|
 * | `length` | classes | L, numbers that an example's latents are pressed into; above 32 classes 16 |
 * | `rule` | 'elbow+floor' | how near is near: the elbow of the nearest distances, but no nearer than noise explains; 'elbow' alone is the paper's |
 * | `floorFactor` | 1.2 | by how much the distance must exceed that of two halves of one client's examples ('elbow+floor') |
 * | `capFactor` | 1.5 | and by how much it may |
 * | `epsilonScale` | 1 | what the elbow's distance is multiplied by |
 * | `missing` | 'raw' | what a class that a client has not counts as: -1, scaled like any number (paper); 'scaled': half a span below the least |
 * | `scaler` | 'min-max' | 'percentile': by the 5th and 95th percentile, against descriptors made up to squeeze all others (view rows) |
 * | `clusters` | - | K, where it is known (the paper's FLUX-prior); by sums it is needed |
 * | `threshold` | 0.06 | groups are looked for when a round brings less accuracy than this |
 * | `latestShare` | 0.8 | and at the latest after this share of the rounds |
 * | `clusterAt` | - | after so many rounds and not when the accuracy says so |
 * | `maxClusters` | 64 | whoever would be in one more joins the nearest |
 * | `leastExamples` | 2; 10 at masked | a class of fewer examples counts as missing |
 * | `leastToVote` | 50 | a client of fewer examples has no say in how near is near |
 * | `minToServe` | 2 | a cluster of fewer clients serves nobody who comes to it |
 * | `recheckEvery` | 10 | rounds between two looks at whether the clients' data have moved, 0 for none |
 * | `dp` | 'none' | noise on descriptors: 'sound' is epsilon-DP for one example, 'paper' the authors' heuristic, which promises nothing |
 * | `epsilon` | 1 | of that noise |
 * | `bound` | - | for 'sound', which needs it: where latents are cut |
 */
export function parseFluxOptions(given: Readonly<Record<string, unknown>>): Result<FluxOptions> {
  const reader = createOptionReader('flux', given)
  const count = (name: string, otherwise: number, from: number, to: number): number => reader.number(name, otherwise, { from, to, whole: true })
  const countOrNull = (name: string, from: number, to: number): number | null =>
    reader.has(name) ? count(name, from, from, to) : reader.value(name, null, '', () => null)
  const rule = reader.choice('rule', ['elbow+floor', 'elbow'])
  const floorFactor = reader.number('floorFactor', 1.2, { from: 0, to: 100 })
  const capFactor = reader.number('capFactor', 1.5, { from: 0, to: 1000 })
  for (const name of ['floorFactor', 'capFactor']) if (rule === 'elbow' && reader.has(name)) reader.refuse(`${name} is for rule elbow+floor`)
  if (capFactor < floorFactor) reader.refuse('capFactor must be at least floorFactor')
  const clusters = countOrNull('clusters', 1, 256)
  if (clusters !== null && reader.has('rule')) reader.refuse('rule finds the number of clusters: leave it out where clusters says it')
  const clusterAt = countOrNull('clusterAt', 1, 100_000)
  for (const name of ['threshold', 'latestShare'])
    if (clusterAt !== null && reader.has(name)) reader.refuse(`${name} is for the trigger: leave it out where clusterAt says the round`)
  const dp = reader.choice('dp', ['none', 'sound', 'paper'])
  const epsilon = reader.number('epsilon', 1, { from: 1e-3, to: 1000 })
  const bound = reader.number('bound', 1, { from: 1e-3, to: 1000 })
  if (dp === 'none' && reader.has('epsilon')) reader.refuse('epsilon is for dp sound or paper')
  if (dp !== 'sound' && reader.has('bound')) reader.refuse('bound is for dp sound')
  if (dp === 'sound' && !reader.has('bound')) reader.refuse('dp sound needs bound, where latents are cut')
  // Difference from the paper, ours: two halves' distances would be told without noise, so that there is no floor beside it.
  if (dp !== 'none' && reader.has('rule') && rule === 'elbow+floor')
    reader.refuse('rule elbow+floor needs distances that carry no noise: with dp the rule is elbow')
  return reader.finish({
    length: countOrNull('length', 1, 64),
    rule: dp === 'none' ? rule : 'elbow',
    floorFactor,
    capFactor,
    epsilonScale: reader.number('epsilonScale', 1, { from: 0, to: 1000 }),
    missing: reader.choice('missing', ['raw', 'scaled']),
    scaler: reader.choice('scaler', ['min-max', 'percentile']),
    clusters,
    threshold: reader.number('threshold', 0.06, { from: -1, to: 1 }),
    latestShare: reader.number('latestShare', 0.8, { from: 0, to: 1 }),
    clusterAt,
    maxClusters: count('maxClusters', 64, 1, 256),
    leastExamples: countOrNull('leastExamples', 2, 1000),
    leastToVote: count('leastToVote', 50, 1, 1_000_000),
    minToServe: count('minToServe', 2, 1, 10_000),
    recheckEvery: count('recheckEvery', 10, 0, 100_000),
    noise: dp === 'none' ? null : { kind: dp, epsilon, bound },
  })
}

/** Classes from which on a descriptor of L = C numbers an example would be longer than it is worth, and the L from there on (ours; the authors' code has L = C). */
const MANY_CLASSES = 32
const LENGTH_OF_MANY = 16

export const latentLength = ({ length }: FluxOptions, classes: number): number => length ?? (classes > MANY_CLASSES ? LENGTH_OF_MANY : Math.max(1, classes))
