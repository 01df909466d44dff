import { type LabelledImages, pixelsPerImage } from '@shoal/data'
import { ShoalError } from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
import { gatherBatch } from './batches.ts'
import { forward } from './forward.ts'
import { tensorsOf, type YieldToHost } from './training.ts'
import { type Architecture, architectureLayout } from './zoo.ts'

const LARGEST_BATCH = 256

/** Examples whose classes nobody needs to know. */
export type Unlabelled = Omit<LabelledImages, 'labels'>

interface Prediction {
  readonly architecture: Architecture
  readonly model: Float32Array
  readonly examples: Unlabelled
  /** Called between batches; rejecting it stops the work. */
  readonly yieldToHost: YieldToHost
}

/**
 * How likely the model holds each class to be: `count` rows of `classes` probabilities, each row summing to 1. Leaves as many tensors as it found. Rejects with
 * ShoalError SHOAL_ERR_SHAPE where model or examples do not fit the architecture, SHOAL_ERR_PROCEDURE_FAILED where the model gives no finite numbers.
 */
export async function predict({ architecture, model, examples, yieldToHost }: Prediction): Promise<Float32Array> {
  const { classes, inputShape } = architecture
  const layout = architectureLayout(architecture)
  if (model.length !== layout.length) throw refusal(`a model of ${model.length} parameters, not ${layout.length}`)
  const { count, shape, pixels } = examples
  if (shape.join('x') !== inputShape.join('x')) throw refusal(`examples are ${shape.join('x')}, the model takes ${inputShape.join('x')}`)
  if (pixels.length !== count * pixelsPerImage(shape)) throw refusal(`${count} examples and ${pixels.length} values`)
  const probabilities = new Float32Array(count * classes)
  const set: LabelledImages = { ...examples, labels: new Uint8Array(count) }
  const parameters = tensorsOf(model, layout)
  try {
    for (let start = 0; start < count; start += LARGEST_BATCH) {
      const size = Math.min(LARGEST_BATCH, count - start)
      const { pictures } = gatherBatch(
        set,
        Uint32Array.from({ length: size }, (_, position) => start + position),
        classes,
      )
      const rows = tf.tidy(() => tf.softmax(forward(architecture, parameters, tf.tensor4d(pictures, [size, ...inputShape]))))
      probabilities.set(await rows.data<'float32'>().finally(() => rows.dispose()), start * classes)
      await yieldToHost()
    }
  } finally {
    tf.dispose(parameters)
  }
  if (!probabilities.every(Number.isFinite)) throw new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'the model gives no finite numbers' })
  return probabilities
}

const refusal = (detail: string): ShoalError => new ShoalError({ code: 'SHOAL_ERR_SHAPE', detail })
