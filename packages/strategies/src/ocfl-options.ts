import type { FindClustersArgs } from '@shoal/clustering'
import type { Result } from '@shoal/protocol'
import { createOptionReader } from './option-reader.ts'
import type { TriggerOptions } from './trigger.ts'

export interface OcflOptions extends TriggerOptions {
  /** Numbers of a sketch; null for whole updates. */
  readonly sketchLength: number | null
  readonly method: FindClustersArgs['method']
  readonly minClusterSize: number
  readonly clusters: number
  readonly noise: FindClustersArgs['noise']
  readonly minSilhouette: number
  readonly minContrast: number
  readonly cooldown: number
  readonly maxAttempts: number
  readonly maxShots: number
  readonly norm: number
}

/**
 * | option | default | |
 * |---|---|---|
 * | `sketchLength` | 1024 | numbers that stand for an update; cosines err by about 1 / sqrt of it |
 * | `evidence` | 'sketch' | 'full': whole updates instead, exact and as long as the model; for view rows, or sums at level sealed |
 * | `method` | 'hdbscan' | or 'mean-shift', 'k-means', 'affinity-propagation'; view rows (by sums groups are cut in two again and again) |
 * | `minClusterSize` | 3 | fewest clients of a cluster, for HDBSCAN and by sums |
 * | `clusters` | - | how many there are: for k-means, which needs it, and for no other |
 * | `noise` | 'nearest' | HDBSCAN's outliers join the nearest cluster if it is near enough; 'group': they are one more cluster; 'global': they go on with the global model |
 * | `minRounds` | 1 | no clustering before this round |
 * | `patience` | 1 | rises of the temperature in a row that it takes |
 * | `relativeRise` | 0 | by which share a rise must exceed |
 * | `window` | 1 | rounds whose mean is compared |
 * | `minSilhouette`, `minContrast` | 0.2, 0.2 | accept no clustering below (view rows; by sums the explained share decides) |
 * | `cooldown` | 3 | rounds without another attempt after one that found no structure |
 * | `maxAttempts` | 3 | attempts without structure, after which the federation stays as it is |
 * | `maxShots` | 1 | times that clusters may be found; from the second on inside those that have grown warm |
 * | `norm` | 2 | p of the temperature's norm; by sums always 2 |
 */
export function parseOcflOptions(given: Readonly<Record<string, unknown>>): Result<OcflOptions> {
  const reader = createOptionReader('ocfl', given)
  const count = (name: string, otherwise: number, from: number, to = 100_000): number => reader.number(name, otherwise, { from, to, whole: true })
  const sketchLength = count('sketchLength', 1024, 2, 65_536)
  const evidence = reader.choice('evidence', ['sketch', 'full'])
  const method = reader.choice('method', ['hdbscan', 'mean-shift', 'k-means', 'affinity-propagation'])
  const clusters = count('clusters', 2, 2, 256)
  if (method === 'k-means' && !reader.has('clusters')) reader.refuse('k-means needs clusters, the number of them')
  if (method !== 'k-means' && reader.has('clusters')) reader.refuse(`clusters is for k-means; ${method} finds their number itself`)
  return reader.finish({
    sketchLength: evidence === 'full' ? null : sketchLength,
    method,
    minClusterSize: count('minClusterSize', 3, 2),
    clusters,
    noise: reader.choice('noise', ['nearest', 'group', 'global']),
    minRounds: count('minRounds', 1, 0),
    patience: count('patience', 1, 1),
    relativeRise: reader.number('relativeRise', 0, { from: 0, to: 1 }),
    window: count('window', 1, 1, 1000),
    minSilhouette: reader.number('minSilhouette', 0.2, { from: -1, to: 1 }),
    minContrast: reader.number('minContrast', 0.2, { from: -2, to: 2 }),
    cooldown: count('cooldown', 3, 0),
    maxAttempts: count('maxAttempts', 3, 1),
    maxShots: count('maxShots', 1, 1, 100),
    norm: reader.number('norm', 2, { from: 1, to: 1000 }),
  })
}
