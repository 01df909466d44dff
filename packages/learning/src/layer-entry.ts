import { type Layer, NORM_EPSILON } from './zoo.ts'

/** A layer as `model.json` of TensorFlow.js and Keras describes it. */
export interface LayerEntry {
  readonly class_name: string
  readonly config: Readonly<Record<string, unknown>>
}

/** What a layer of `model.json` is here: nothing (in training elsewhere only), one layer, or a layer and its activation. `softmax` may only be the network's end. */
export interface ReadEntry {
  readonly layers: readonly Layer[]
  readonly isSoftmax?: boolean
}

export function layerEntry(layer: Layer, name: string): LayerEntry {
  const own = { name, trainable: true }
  const pooling = (size: number) => ({ ...own, pool_size: [size, size], strides: [size, size], padding: 'valid', data_format: 'channels_last' })
  switch (layer.kind) {
    case 'conv':
      return {
        class_name: 'Conv2D',
        config: {
          ...own,
          filters: layer.filters,
          kernel_size: [layer.kernel, layer.kernel],
          strides: [layer.stride, layer.stride],
          padding: layer.padding,
          data_format: 'channels_last',
          dilation_rate: [1, 1],
          activation: 'linear',
          use_bias: true,
        },
      }
    case 'average-pool':
      return { class_name: 'AveragePooling2D', config: pooling(layer.size) }
    case 'max-pool':
      return { class_name: 'MaxPooling2D', config: pooling(layer.size) }
    case 'flatten':
      return { class_name: 'Flatten', config: own }
    case 'relu':
      return { class_name: 'Activation', config: { ...own, activation: 'relu' } }
    case 'batch-norm':
      return { class_name: 'BatchNormalization', config: { ...own, axis: -1, momentum: 0.9, epsilon: NORM_EPSILON, center: true, scale: true } }
    case 'dense':
      return { class_name: 'Dense', config: { ...own, units: layer.units, activation: 'linear', use_bias: true } }
  }
}

/** Throws EntryError, in words that follow the layer's name, where the layer is none that can be trained here. `rank` is that of what comes in, batch included. */
export function readLayerEntry({ class_name: className, config }: LayerEntry, name: string, rank: number): ReadEntry {
  switch (className) {
    case 'Conv2D':
      return withActivation(convOf(config, name), config)
    case 'Dense':
      if (rank !== 2) throw new EntryError('needs a Flatten layer before it')
      demand(config, 'use_bias', [true, undefined], 'has no bias, and the networks here always have one')
      return withActivation({ kind: 'dense', name, units: wholeOf(config, 'units') }, config)
    case 'AveragePooling2D':
      return { layers: [{ kind: 'average-pool', size: poolSizeOf(config) }] }
    case 'MaxPooling2D':
      return { layers: [{ kind: 'max-pool', size: poolSizeOf(config) }] }
    case 'Flatten':
      demandChannelsLast(config)
      return { layers: rank === 2 ? [] : [{ kind: 'flatten' }] }
    case 'Activation':
      return activationOf(config.activation)
    case 'ReLU':
      demand(config, 'max_value', [null, undefined], 'is cut off at a highest value')
      demand(config, 'negative_slope', [0, null, undefined], 'lets negative values through')
      demand(config, 'threshold', [0, null, undefined], 'has a threshold')
      return { layers: [{ kind: 'relu' }] }
    case 'Softmax':
      return { layers: [], isSoftmax: true }
    case 'Dropout':
      return { layers: [] }
    case 'BatchNormalization':
      return { layers: [normOf(config, name, rank)] }
    default:
      throw new EntryError(`is of a kind that can not be trained here (${className})`)
  }
}

/** Why a layer is refused. */
export class EntryError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'EntryError'
  }
}

function demand(config: LayerEntry['config'], key: string, allowed: readonly unknown[], otherwise: string): void {
  if (!allowed.includes(config[key])) throw new EntryError(otherwise)
}

const demandChannelsLast = (config: LayerEntry['config']): void =>
  demand(config, 'data_format', ['channels_last', 'channelsLast', null, undefined], 'takes the channels first; they come last here')

function wholeOf(config: LayerEntry['config'], key: string): number {
  const value = config[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw new EntryError(`does not say a whole number of ${key.replaceAll('_', ' ')}`)
  return value
}

/** One whole number, or two equal ones. */
function sideOf(config: LayerEntry['config'], key: string): number {
  const value = config[key]
  if (!Array.isArray(value)) return wholeOf(config, key)
  if (value.length !== 2 || value[0] !== value[1]) throw new EntryError(`is not square (${key.replaceAll('_', ' ')})`)
  return wholeOf({ [key]: value[0] }, key)
}

function convOf(config: LayerEntry['config'], name: string): Layer {
  demandChannelsLast(config)
  demand(config, 'use_bias', [true, undefined], 'has no bias, and the networks here always have one')
  demand(config, 'groups', [1, undefined], 'works on its channels in groups')
  if (config.dilation_rate !== undefined && config.dilation_rate !== null && sideOf(config, 'dilation_rate') !== 1) throw new EntryError('is dilated')
  const stride = sideOf(config, 'strides')
  if (stride !== 1 && stride !== 2) throw new EntryError(`has a stride of ${stride}, and only 1 and 2 are possible`)
  const { padding } = config
  if (padding !== 'same' && padding !== 'valid') throw new EntryError('has a padding that is neither “same” nor “valid”')
  return { kind: 'conv', name, filters: wholeOf(config, 'filters'), kernel: sideOf(config, 'kernel_size'), stride, padding }
}

function poolSizeOf(config: LayerEntry['config']): number {
  demandChannelsLast(config)
  demand(config, 'padding', ['valid', undefined], 'pads its input, and pools here do not')
  const size = sideOf(config, 'pool_size')
  if (config.strides !== null && config.strides !== undefined && sideOf(config, 'strides') !== size) throw new EntryError('has a stride that is not its size')
  return size
}

function normOf(config: LayerEntry['config'], name: string, rank: number): Layer {
  const axis = Array.isArray(config.axis) && config.axis.length === 1 ? config.axis[0] : (config.axis ?? -1)
  if (axis !== -1 && axis !== rank - 1) throw new EntryError('normalises along another axis than the channels, which come last')
  const epsilon = config.epsilon ?? NORM_EPSILON
  if (typeof epsilon !== 'number' || Math.abs(epsilon - NORM_EPSILON) > 1e-9) throw new EntryError(`has another epsilon than ${NORM_EPSILON}`)
  demand(config, 'center', [true, undefined], 'has no beta')
  demand(config, 'scale', [true, undefined], 'has no gamma')
  return { kind: 'batch-norm', name }
}

function activationOf(activation: unknown): ReadEntry {
  switch (activation) {
    case 'linear':
    case null:
    case undefined:
      return { layers: [] }
    case 'relu':
      return { layers: [{ kind: 'relu' }] }
    case 'softmax':
      return { layers: [], isSoftmax: true }
    default:
      throw new EntryError(`has an activation that can not be trained here (${typeof activation === 'string' ? activation : 'not a name'})`)
  }
}

function withActivation(layer: Layer, config: LayerEntry['config']): ReadEntry {
  const activation = activationOf(config.activation)
  if (activation.isSoftmax === true && layer.kind !== 'dense') throw new EntryError('ends in softmax, and only the last dense layer may')
  return { ...activation, layers: [layer, ...activation.layers] }
}
