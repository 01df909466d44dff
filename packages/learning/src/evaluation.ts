import { assertLabelledImages, type LabelledImages } from '@shoal/data'
import * as tf from '@tensorflow/tfjs'
import { gatherBatch } from './batches.ts'
import { forward } from './forward.ts'
import { type OnProgress, tensorsOf, type YieldToHost } from './training.ts'
import { type Architecture, architectureLayout } from './zoo.ts'

/** How well a model does on a set. */
export interface Evaluation {
  /** Share of right answers, 0..1. */
  readonly accuracy: number
  /** Mean cross entropy in nats. */
  readonly loss: number
}

const LARGEST_BATCH = 256

/** Why `architecture` can not learn from `set`; null if it can. */
export function misfitOf(architecture: Architecture, set: LabelledImages): string | null {
  assertLabelledImages(set)
  if (set.shape.join('x') !== architecture.inputShape.join('x'))
    return `pictures are ${set.shape.join('x')}, the model takes ${architecture.inputShape.join('x')}`
  const stranger = set.labels.find((label) => label >= architecture.classes)
  return stranger === undefined ? null : `label ${stranger}, and the model has ${architecture.classes} classes`
}

/** Index of the largest entry (the first of equals), and the cross entropy against `label`. */
function judge(logits: Float32Array, label: number): { answer: number; loss: number } {
  let answer = 0
  for (let index = 1; index < logits.length; index += 1) if (logits[index] > logits[answer]) answer = index
  let total = 0
  for (const logit of logits) total += Math.exp(logit - logits[answer])
  return { answer, loss: Math.log(total) + logits[answer] - logits[label] }
}

/**
 * Evaluates on all of `set` (at least one example), in batches of one size; the last is filled up with examples that do not count. Only the logits
 * come from the backend: the sums run in float64. Leaves as many tensors as it found.
 */
export async function evaluateParameters(options: {
  architecture: Architecture
  model: Float32Array
  set: LabelledImages
  yieldToHost: YieldToHost
  onProgress?: OnProgress
}): Promise<Evaluation> {
  const { architecture, model, set, yieldToHost, onProgress } = options
  const { classes, inputShape } = architecture
  const batchSize = Math.min(set.count, LARGEST_BATCH)
  const parameters = tensorsOf(model, architectureLayout(architecture))
  let right = 0
  let loss = 0
  try {
    for (let start = 0; start < set.count; start += batchSize) {
      const { pictures } = gatherBatch(
        set,
        Uint32Array.from({ length: batchSize }, (_, position) => (start + position) % set.count),
        classes,
      )
      const logits = tf.tidy(() => forward(architecture, parameters, tf.tensor4d(pictures, [batchSize, ...inputShape])))
      const values = await logits.data<'float32'>().finally(() => logits.dispose())
      const end = Math.min(start + batchSize, set.count)
      for (let index = start; index < end; index += 1) {
        const row = (index - start) * classes
        const judged = judge(values.subarray(row, row + classes), set.labels[index])
        right += Number(judged.answer === set.labels[index])
        loss += judged.loss
      }
      onProgress?.(end, set.count)
      await yieldToHost()
    }
  } finally {
    tf.dispose(parameters)
  }
  return { accuracy: right / set.count, loss: loss / set.count }
}
