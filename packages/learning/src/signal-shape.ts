import type { Network } from '@shoal/protocol'

/** A layer as data. Batch normalisation (Ioffe & Szegedy 2015) of each channel: by the batch's mean and variance in training, by running ones, which are buffers, in use. */
export type Layer = Network['layers'][number]

/** Height, width and channels of what goes through a network for one example. Once flattened, all lies in the channels. */
export type SignalShape = readonly [height: number, width: number, channels: number]

/** What `layer` makes of such a signal. Sides below 1 say that the layer does not fit. */
export function outputShapeOf(layer: Layer, [height, width, channels]: SignalShape): SignalShape {
  switch (layer.kind) {
    case 'conv': {
      const outputs = (size: number): number => Math.ceil((layer.padding === 'same' ? size : size - layer.kernel + 1) / layer.stride)
      return [outputs(height), outputs(width), layer.filters]
    }
    case 'average-pool':
    case 'max-pool':
      return [Math.floor(height / layer.size), Math.floor(width / layer.size), channels]
    case 'flatten':
      return [1, 1, height * width * channels]
    case 'dense':
      return [1, 1, layer.units]
    case 'batch-norm':
    case 'relu':
      return [height, width, channels]
  }
}
