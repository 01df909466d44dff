import { outputShapeOf, type SignalShape } from './signal-shape.ts'
import { type Architecture, parametersOf } from './zoo.ts'

/** A layer as people read it. */
export interface LayerSummary {
  /** Its name, or its kind where it has none. */
  readonly layer: string
  /** What it makes of one example: `12 x 12 x 16`, or `128`. */
  readonly output: string
  /** Entries of its parameters, buffers included. */
  readonly parameters: number
}

/** A network, layer by layer. */
export function networkSummary(network: Architecture): LayerSummary[] {
  let signal: SignalShape = network.inputShape
  return network.layers.map((layer) => {
    const own = parametersOf({ ...network, inputShape: signal, layers: [layer] })
    signal = outputShapeOf(layer, signal)
    const [height, width, channels] = signal
    return {
      layer: 'name' in layer ? layer.name : layer.kind,
      output: height === 1 && width === 1 ? String(channels) : `${height} x ${width} x ${channels}`,
      parameters: own.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    }
  })
}
