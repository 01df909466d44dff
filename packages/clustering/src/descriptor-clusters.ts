import type { Points } from './similarity.ts'

export interface DescriptorClustersArgs {
  /** Descriptors of `blocks` blocks of `length` entries each (FLUX: 2 (C + 1) blocks of L); a block is missing where all its entries are -1 and it is a deviation's, as is the mean's that belongs to it. */
  readonly rows: Points
  readonly blocks: number
  readonly length: number
  /** Squared distances between halves of each row's own data, block by block; null where they were not told. */
  readonly halves: Points | null
  /** Which rows have a say in how near is near. */
  readonly votes: readonly boolean[]
  /** `elbow`: Kneedle alone (paper); `elbow+floor`: and never nearer than `floorFactor` of what the rows' own halves lie apart (ours). */
  readonly rule: 'elbow' | 'elbow+floor'
  readonly floorFactor: number
  readonly epsilonScale: number
  readonly missing: 'raw' | 'scaled'
  /** Each block by its least and largest number (paper), or by its 5th and 95th percentile, rows far out left aside (hardened). */
  readonly scaler: 'min-max' | 'percentile'
  /** The scaler of an earlier clustering, to stay with; null to fit one. */
  readonly frozen: Float32Array | null
  /** K where it is given (FLUX-prior), by k-means; null to find it. */
  readonly clusters: number | null
  /** Members that a cluster needs; who is in a smaller one joins the nearest of the others. */
  readonly leastMembers: number
  readonly maxClusters: number
  readonly seed: string
}

export interface FoundDescriptorClusters {
  /** Cluster of each row, numbered in order of first appearance: every row has one. */
  readonly labels: readonly number[]
  /** Mean scaled descriptor of each cluster. */
  readonly centroids: readonly Float32Array[]
  /** [offset, span] of each block, one after the other: a number x is scaled to (x - offset) / span, or to 0 where the span is 0. */
  readonly scaler: Float32Array
  /** Largest distance of a member from its centroid, for each cluster. */
  readonly radii: readonly number[]
  /** Rows nearer than this belong together; 0 where K was given. */
  readonly epsilon: number
  /** What the elbow alone says, and the floor; null where there is none. */
  readonly elbow: number | null
  readonly floor: number | null
  /** Mean silhouette; 0 for fewer than two clusters. */
  readonly silhouette: number
}

export function descriptorClusters(_args: DescriptorClustersArgs): FoundDescriptorClusters {
  throw new Error('not built yet')
}
