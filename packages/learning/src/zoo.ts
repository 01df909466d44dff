import { createLayout, createRng, type Layout, slotOf } from '@shoal/numeric'
import { type Layer, outputShapeOf, type SignalShape } from './signal-shape.ts'

export interface Architecture {
  /** Height, width, channels of one example; a picture's values enter the first layer as 0..1. */
  readonly inputShape: readonly [height: number, width: number, channels: number]
  readonly classes: number
  /** The last layer's outputs are the logits of the classes. */
  readonly layers: readonly Layer[]
}

/** Keeps a channel that never changes from being divided by nothing: batch normalisation divides by the root of variance plus this. */
export const NORM_EPSILON = 1e-3

const MNIST_SHAPE = [28, 28, 1] as const

export const ARCHITECTURES = {
  /** One hidden layer: 101,770 parameters. */
  'mlp-784-128-10': {
    inputShape: MNIST_SHAPE,
    classes: 10,
    layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'hidden', units: 128 }, { kind: 'relu' }, { kind: 'dense', name: 'output', units: 10 }],
  },
  /** The smallest convolutional network that is worth training here; its stride keeps it fast without a GPU. */
  'cnn-6186': {
    inputShape: MNIST_SHAPE,
    classes: 10,
    layers: [
      { kind: 'conv', name: 'conv1', filters: 16, kernel: 5, stride: 2, padding: 'valid' },
      { kind: 'relu' },
      { kind: 'average-pool', size: 2 },
      { kind: 'flatten' },
      { kind: 'dense', name: 'output', units: 10 },
    ],
  },
  /** 'cnn-6186' with its channels normalised: 6,218 trainable parameters and 32 buffers. */
  'cnn-6250-batch-norm': {
    inputShape: MNIST_SHAPE,
    classes: 10,
    layers: [
      { kind: 'conv', name: 'conv1', filters: 16, kernel: 5, stride: 2, padding: 'valid' },
      { kind: 'batch-norm', name: 'norm1' },
      { kind: 'relu' },
      { kind: 'average-pool', size: 2 },
      { kind: 'flatten' },
      { kind: 'dense', name: 'output', units: 10 },
    ],
  },
  'cnn-18378': {
    inputShape: MNIST_SHAPE,
    classes: 10,
    layers: [
      { kind: 'conv', name: 'conv1', filters: 16, kernel: 5, stride: 1, padding: 'valid' },
      { kind: 'relu' },
      { kind: 'max-pool', size: 2 },
      { kind: 'conv', name: 'conv2', filters: 32, kernel: 5, stride: 1, padding: 'valid' },
      { kind: 'relu' },
      { kind: 'max-pool', size: 2 },
      { kind: 'flatten' },
      { kind: 'dense', name: 'output', units: 10 },
    ],
  },
  /** LeNet-5 (LeCun 1998) as the clustering papers use it, with ReLU: 61,706 parameters. */
  'lenet-5': {
    inputShape: MNIST_SHAPE,
    classes: 10,
    layers: [
      { kind: 'conv', name: 'conv1', filters: 6, kernel: 5, stride: 1, padding: 'same' },
      { kind: 'relu' },
      { kind: 'average-pool', size: 2 },
      { kind: 'conv', name: 'conv2', filters: 16, kernel: 5, stride: 1, padding: 'valid' },
      { kind: 'relu' },
      { kind: 'average-pool', size: 2 },
      { kind: 'flatten' },
      { kind: 'dense', name: 'dense1', units: 120 },
      { kind: 'relu' },
      { kind: 'dense', name: 'dense2', units: 84 },
      { kind: 'relu' },
      { kind: 'dense', name: 'output', units: 10 },
    ],
  },
} as const satisfies Record<string, Architecture>

export type { Layer }
export type ArchitectureName = keyof typeof ARCHITECTURES

export const isArchitecture = (text: string): text is ArchitectureName => Object.hasOwn(ARCHITECTURES, text)

/** A network of the zoo by its name; one that has none is itself. */
export const architectureOf = (architecture: ArchitectureName | Architecture): Architecture =>
  typeof architecture === 'string' ? ARCHITECTURES[architecture] : architecture

/** A parameter as a federation's configuration names it. */
export interface ParameterShape {
  readonly name: string
  readonly shape: number[]
  readonly isBuffer?: true
}

/**
 * Name and shape of every parameter, in the order in which a flat vector holds them: the trainable ones layer by layer, kernel before bias, gamma before beta;
 * then the buffers, running mean before variance.
 */
export function parametersOf(architecture: Architecture): ParameterShape[] {
  const parameters: ParameterShape[] = []
  const buffers: ParameterShape[] = []
  let signal: SignalShape = architecture.inputShape
  for (const layer of architecture.layers) {
    const channels = signal[2]
    switch (layer.kind) {
      case 'conv':
        parameters.push(
          { name: `${layer.name}/kernel`, shape: [layer.kernel, layer.kernel, channels, layer.filters] },
          { name: `${layer.name}/bias`, shape: [layer.filters] },
        )
        break
      case 'dense':
        parameters.push({ name: `${layer.name}/kernel`, shape: [channels, layer.units] }, { name: `${layer.name}/bias`, shape: [layer.units] })
        break
      case 'batch-norm':
        parameters.push({ name: `${layer.name}/gamma`, shape: [channels] }, { name: `${layer.name}/beta`, shape: [channels] })
        buffers.push(
          { name: `${layer.name}/moving_mean`, shape: [channels], isBuffer: true },
          { name: `${layer.name}/moving_variance`, shape: [channels], isBuffer: true },
        )
        break
      case 'average-pool':
      case 'max-pool':
      case 'flatten':
      case 'relu':
        break
    }
    signal = outputShapeOf(layer, signal)
  }
  return [...parameters, ...buffers]
}

/** Where each parameter lies in the flat vector of this model. */
export const architectureLayout = (architecture: Architecture): Layout => createLayout(parametersOf(architecture))

const STARTS_AT_ONE = /\/(gamma|moving_variance)$/

/** A fresh model, the same bits for the same seed in every engine. */
export const initialParameters = (architecture: Architecture, seed: string): Float32Array => initialVector(architectureLayout(architecture), seed)

/**
 * Kernels uniform in +-sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010, eq. 16), scales and variances 1, biases and means 0. Integers, one division and one
 * square root, all exactly rounded: the same seed gives the same bits in every engine.
 */
export function initialVector(layout: Layout, seed: string): Float32Array {
  const rng = createRng(seed)
  const vector = new Float32Array(layout.length)
  for (const slot of layout.parameters) {
    if (STARTS_AT_ONE.test(slot.name)) slotOf(vector, slot).fill(1)
    if (slot.shape.length === 1) continue
    const receptiveField = slot.shape.slice(0, -2).reduce((product, size) => product * size, 1)
    const fans = receptiveField * (slot.shape[slot.shape.length - 2] + slot.shape[slot.shape.length - 1])
    const limit = Math.sqrt(6 / fans)
    const kernel = slotOf(vector, slot)
    for (let index = 0; index < kernel.length; index += 1) kernel[index] = (2 * rng.uniform() - 1) * limit
  }
  return vector
}
