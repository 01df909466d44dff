import type { TrainArgs } from '@shoal/protocol'
import type { OcflOptions } from './ocfl-options.ts'
import type { Trigger } from './trigger.ts'

/** What OCFL keeps between rounds. */
export interface OcflState {
  readonly options: OcflOptions
  /** Public seed of the sketches. */
  readonly sketchSeed: string
  /** As the federation trains, for newcomers; null before the first round. */
  readonly train: TrainArgs | null
  readonly models: readonly Float32Array[]
  readonly trigger: Trigger
  /** Attempts that found no structure. */
  readonly attempts: number
  /** No attempt before this round. */
  readonly notBefore: number
  readonly clustering: Clustering | null
}

export interface Clustering {
  /** How often clusters were found. */
  readonly shots: number
  /** T at the first shot. */
  readonly temperature: number
  /** The global model at the first shot, that everyone started from and directions were taken from. */
  readonly origin: Float32Array
  /** Mean unit sketch of each cluster, taken from `origin`. Clusters of a later shot have that of the cluster they come from. */
  readonly directions: readonly Float32Array[]
  /** Rounds in a row in which each cluster was warm. */
  readonly warmRounds: readonly number[]
}
