import type { DescriptorArgs } from '@shoal/protocol'
import type { FluxOptions } from './flux-options.ts'

/** What FLUX keeps between rounds. */
export interface FluxState {
  readonly options: FluxOptions
  /** Public seed of the projection, one for the life of the federation. */
  readonly seed: string
  /** Classes that the model tells apart. */
  readonly classes: number
  readonly models: readonly Float32Array[]
  /** Of every round before the groups were found, as far as it was measured. */
  readonly accuracies: readonly number[]
  /** The next round looks for groups. */
  readonly isDue: boolean
  readonly clustering: Clustering | null
}

export interface Clustering {
  /** The round in which groups were found last. */
  readonly round: number
  /** How descriptors are made. */
  readonly descriptor: DescriptorArgs
  /** The model that all descriptors are taken under, for good: descriptors of two models do not compare. */
  readonly probe: Float32Array
  /** [offset, span] of each block, frozen at the first clustering. */
  readonly scaler: Float32Array
  /** Mean scaled descriptor of each cluster. */
  readonly centroids: readonly Float32Array[]
  /** A newcomer further than this from its nearest centroid belongs to none of the clusters. */
  readonly reach: readonly number[]
  /** The most clients that each cluster has had. */
  readonly sizes: readonly number[]
}
