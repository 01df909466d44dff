import type { TrainArgs } from '@shoal/protocol'
import type { Density, PointSet } from './density.ts'
import type { OnProgress } from './progress.ts'

/** How well a model does on a set. */
export interface Evaluation {
  /** Share of right answers, 0..1. */
  readonly accuracy: number
  /** Mean cross entropy in nats. */
  readonly loss: number
}

/** What the procedures ask of a client's data and whatever computes on them. Both methods may reject, with a ShoalError where the failure has a code of its own. */
export interface Learner {
  /** Entries of a model. */
  readonly parameters: number
  /** How many of them, from the first on, are trainable: all but the buffers. Directions and norms of updates are those of these entries. */
  readonly trainable: number
  readonly examples: { readonly train: number; readonly test: number }
  /** The update `trained - received`, buffers included, decided by arguments and seed alone. Only asked for where there are examples. */
  train(received: Float32Array, args: TrainArgs, seed: string, onProgress?: OnProgress): Promise<Float32Array>
  /** Only asked for where the split has examples. */
  evaluate(model: Float32Array, split: 'train' | 'test', onProgress?: OnProgress): Promise<Evaluation>
  /** Mean loss of each model over the training examples at these places, NaN where it is not finite. All models are on the device at once. Only asked for where there are examples. */
  losses(models: readonly Float32Array[], places: Uint32Array, onProgress?: OnProgress): Promise<readonly number[]>
  /** What descriptors are taken of; null where the federation's models have no latents. */
  readonly encoder: Encoder | null
  /** The training examples as points: their values in a row, classes left aside. */
  points(): PointSet
  /** What the federation's models are where they are models of points; null where they tell classes. */
  readonly density: Density | null
}

/** The training examples as a network sees them before it tells classes: f_e of FLUX. */
export interface Encoder {
  readonly examples: number
  /** D: what enters the first dense layer of a convolutional network, or the last of any other. */
  readonly width: number
  /** Latents of all training examples under a model, batch by batch: rows of `width` numbers one after the other, from the example `first` on. No class is looked at. */
  latents(model: Float32Array, hear: (rows: Float32Array, first: number) => void, onProgress?: OnProgress): Promise<void>
  /** Class of each example, from 0; null where they have none. Then `Learner.examples.train` is 0, and nothing but their latents is looked at. */
  labels(): ArrayLike<number> | null
  /** For each example the first one that is the same in every value: for most its own place. */
  firstAlike(): Uint32Array
}
