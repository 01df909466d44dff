import type { LabelledImages } from '@shoal/data'
import { hearActivations } from './activations.ts'
import { assertGraphics } from './backend.ts'
import { hashOf } from './byte-hash.ts'
import type { Encoder } from './learner.ts'
import { outputShapeOf, type SignalShape } from './signal-shape.ts'
import type { YieldToHost } from './training.ts'
import type { Architecture } from './zoo.ts'

/** f_e of FLUX over a client's training examples; null where nothing of the network is dense. */
export function createEncoder(options: {
  readonly architecture: Architecture
  readonly train: LabelledImages
  readonly isLabelled: boolean
  readonly yieldToHost: YieldToHost
}): Encoder | null {
  const { architecture, train, isLabelled, yieldToHost } = options
  const layers = latentLayers(architecture)
  if (layers === null) return null
  const signal = architecture.layers.slice(0, layers).reduce<SignalShape>((shape, layer) => outputShapeOf(layer, shape), architecture.inputShape)
  return {
    examples: train.count,
    width: signal[0] * signal[1] * signal[2],
    latents: async (model, hear, onProgress) => {
      await hearActivations({ architecture, model, layers, examples: train, yieldToHost, ...(onProgress === undefined ? {} : { onProgress }) }, hear)
      assertGraphics()
    },
    labels: () => (isLabelled ? train.labels : null),
    firstAlike: () => firstAlike(train),
  }
}

/** How many layers lie before the latents. A network without convolutions keeps all that it has learnt behind its first dense layer, which would leave the examples as they are. */
function latentLayers({ layers }: Architecture): number | null {
  const isDense = ({ kind }: Architecture['layers'][number]): boolean => kind === 'dense'
  const place = layers.some(({ kind }) => kind === 'conv') ? layers.findIndex(isDense) : layers.findLastIndex(isDense)
  return place === -1 ? null : place
}

/** For each example the first one of the same bytes. */
function firstAlike({ count, pixels }: LabelledImages): Uint32Array {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)
  const size = bytes.length / count
  const rowOf = (place: number): Uint8Array => bytes.subarray(place * size, (place + 1) * size)
  const places = new Map<number, number[]>()
  return Uint32Array.from({ length: count }, (_, place) => {
    const row = rowOf(place)
    const key = hashOf(row)
    const candidates = places.get(key) ?? []
    const first = candidates.find((candidate) => rowOf(candidate).every((byte, index) => byte === row[index]))
    if (first !== undefined) return first
    places.set(key, [...candidates, place])
    return place
  })
}
