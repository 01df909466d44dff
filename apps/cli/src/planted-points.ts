import { createGaussianPoints, selectExamples } from '@shoal/data'
import type { Volunteers } from './planted-shards.ts'
import { recipeOf } from './recipe.ts'
import type { RunFlags } from './run-request.ts'

/** Numbers of a point. */
const DIMENSIONS = 32
const POINTS_PER_CLIENT = 1000
/** Half of a volunteer's points are of one cluster, the others of all alike (the middle of Chung 2022, Table 1). */
const HETEROGENEITY = 0.5

/** Volunteers with Gaussian points of clusters that all of them share (Chung 2022, section 5), and without a word about which point is of which. */
export function plantedPoints({ strategy, tabs, seed }: Pick<RunFlags, 'strategy' | 'tabs' | 'seed'>): Volunteers {
  const labelled = createGaussianPoints({
    clusters: recipeOf(strategy).groups,
    clients: tabs,
    pointsPerClient: POINTS_PER_CLIENT,
    dimensions: DIMENSIONS,
    p: HETEROGENEITY,
    seed,
  })
  return {
    shards: labelled.map((points) => ({ train: { ...points, labels: new Uint8Array(points.count) }, test: selectExamples(points, []) })),
    truth: labelled.map(() => 0),
    pointTruth: labelled.map(({ labels }) => [...labels]),
    newcomer: null,
  }
}
