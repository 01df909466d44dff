import { type LabelledImages, pixelsPerImage } from '@shoal/data'
import { ShoalError } from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
import { gatherBatch } from './batches.ts'
import type { PointSet } from './density.ts'
import { forward } from './forward.ts'
import type { Unlabelled } from './prediction.ts'
import type { OnProgress } from './progress.ts'
import { tensorsOf, type YieldToHost } from './training.ts'
import { type Architecture, architectureLayout, parametersOf } from './zoo.ts'

const LARGEST_BATCH = 256

/** Examples, and how far they go through a model: through its first `layers` layers, as in a prediction. */
interface Passage {
  readonly architecture: Architecture
  readonly model: Float32Array
  readonly layers: number
  readonly examples: Unlabelled
  readonly yieldToHost: YieldToHost
  readonly onProgress?: OnProgress
}

/**
 * What the first layers of a network make of examples, batch by batch: rows of numbers one after the other, from the example `first` on. Leaves as many tensors as it found. Rejects
 * with ShoalError SHOAL_ERR_SHAPE where model or examples do not fit the architecture, and with whatever `yieldToHost` rejects with.
 */
export async function hearActivations(passage: Passage, hear: (rows: Float32Array, first: number) => void): Promise<void> {
  const { architecture, model, layers, examples, yieldToHost, onProgress } = passage
  const { classes, inputShape } = architecture
  const layout = architectureLayout(architecture)
  const { count, shape, pixels } = examples
  const isFitting = model.length === layout.length && shape.join('x') === inputShape.join('x') && pixels.length === count * pixelsPerImage(shape)
  if (!isFitting) throw new ShoalError({ code: 'SHOAL_ERR_SHAPE', detail: 'model or examples do not fit the network' })
  const beginning: Architecture = { ...architecture, layers: architecture.layers.slice(0, layers) }
  // Buffers lie behind the parameters of all layers: those of later layers would be taken for theirs.
  const used = new Set(parametersOf(beginning).map(({ name }) => name))
  const parameters = tensorsOf(model, { ...layout, parameters: layout.parameters.filter(({ name }) => used.has(name)) })
  const set: LabelledImages = { ...examples, labels: new Uint8Array(count) }
  try {
    for (let start = 0; start < count; start += LARGEST_BATCH) {
      const size = Math.min(LARGEST_BATCH, count - start)
      const places = Uint32Array.from({ length: size }, (_, position) => start + position)
      const { pictures } = gatherBatch(set, places, classes)
      const batch = tf.tidy(() => forward(beginning, parameters, tf.tensor4d(pictures, [size, ...inputShape])) as tf.Tensor)
      hear(await batch.data<'float32'>().finally(() => batch.dispose()), start)
      onProgress?.(start + size, count)
      await yieldToHost()
    }
  } finally {
    tf.dispose(parameters)
  }
}

/** The same of all examples at once, as points: one row of numbers each. */
export async function activationsOf(passage: Passage): Promise<PointSet> {
  const rows: Float32Array[] = []
  await hearActivations(passage, (batch) => rows.push(batch))
  const { count } = passage.examples
  const values = new Float32Array(rows.reduce((length, row) => length + row.length, 0))
  let at = 0
  for (const row of rows) {
    values.set(row, at)
    at += row.length
  }
  return { count, entries: count === 0 ? 0 : values.length / count, values }
}
