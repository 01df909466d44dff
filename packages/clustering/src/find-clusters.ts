import { createRng, type NumberVector } from '@shoal/numeric'
import { affinityPropagation } from './affinity-propagation.ts'
import { hdbscan } from './hdbscan.ts'
import { kMeans } from './k-means.ts'
import { NOISE, renumbered } from './labels.ts'
import { meanShift } from './mean-shift.ts'
import { type NoisePolicy, placeNoise } from './noise.ts'
import { contrast, silhouette } from './silhouette.ts'
import { cosineDistances, type DistanceMatrix, directionless, type Points } from './similarity.ts'

export interface FindClustersArgs {
  /** Directions: of each row only its cosines with the others count. */
  readonly rows: Points
  readonly method: 'hdbscan' | 'mean-shift' | 'k-means' | 'affinity-propagation'
  /** HDBSCAN: fewest rows of a cluster. */
  readonly minClusterSize: number
  /** k-means: how many clusters there are. */
  readonly clusters: number
  /** What becomes of rows that HDBSCAN calls noise. */
  readonly noise: NoisePolicy
  readonly seed: string
}

export interface FoundClusters {
  /** Cluster of each row, numbered in order of first appearance; -1 where it has none, being noise or without a direction. */
  readonly labels: readonly number[]
  /** Mean silhouette of the rows that have a cluster; 0 where there are fewer than two clusters. */
  readonly silhouette: number
  /** Mean distance across clusters minus mean distance within; 0 where there are fewer than two clusters. */
  readonly contrast: number
}

/**
 * Clusters by the divergence matrix of cosine distances (Zuziak et al. 2025, the four clusterers of its tables). Mean shift and k-means take the matrix's rows as points, as
 * published; affinity propagation takes negated distances, which the published code did not. Throws as `directionless`.
 */
export function findClusters(args: FindClustersArgs): FoundClusters {
  const without = new Set(directionless(args.rows))
  const kept = [...args.rows.keys()].filter((index) => !without.has(index))
  const distances = cosineDistances(kept.map((index) => args.rows[index]))
  const found = labelsOf(distances, args)
  const labels = renumbered(placeNoise(distances, found, args.noise))
  const all = args.rows.map(() => NOISE)
  for (const [position, index] of kept.entries()) all[index] = labels[position]
  const isDivided = labels.some((label) => label > 0)
  return { labels: all, silhouette: isDivided ? silhouette(distances, labels) : 0, contrast: isDivided ? contrast(distances, labels) : 0 }
}

function labelsOf(distances: DistanceMatrix, { method, minClusterSize, clusters, seed }: FindClustersArgs): readonly number[] {
  switch (method) {
    case 'hdbscan':
      return hdbscan(distances, { minClusterSize })
    case 'mean-shift':
      return meanShift(matrixRows(distances))
    case 'k-means':
      return kMeans(matrixRows(distances), { clusters, rng: createRng(seed) }).labels
    case 'affinity-propagation':
      return affinityPropagation({ size: distances.size, entries: distances.entries.map((distance) => -distance) })
  }
}

const matrixRows = ({ size, entries }: DistanceMatrix): NumberVector[] =>
  Array.from({ length: size }, (_, row) => entries.subarray(row * size, (row + 1) * size))
