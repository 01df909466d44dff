import type { TrainTest } from '@shoal/data'
import { addScaled } from '@shoal/numeric'
import type { TrainArgs } from '@shoal/protocol'
import { loadImageSets, mnistFolder } from '../image-sets.ts'

/** What runs in a tab in seconds; the papers' models are larger, or not described. */
export const MLP = 'mlp-784-128-10' as const

/** Local work of a round, where an experiment asks for no other. */
export const TRAIN: TrainArgs = { steps: 32, batchSize: 32, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 }

/** Results are written with as many digits. */
const DIGITS = 6
export const rounded = (value: number): number => Number(value.toPrecision(DIGITS))

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

export function meanOf(updates: readonly Float32Array[]): Float32Array {
  return updates.reduce((sum, update) => addScaled(sum, update, 1 / updates.length), new Float32Array(updates[0].length))
}

let loading: Promise<TrainTest> | undefined
/** MNIST, read once. */
export const mnist = (): Promise<TrainTest> => {
  loading ??= loadImageSets(mnistFolder())
  return loading
}
