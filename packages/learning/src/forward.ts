import * as tf from '@tensorflow/tfjs'
import { type Architecture, NORM_EPSILON } from './zoo.ts'

/** Mean and variance of each channel. */
export type Statistics = readonly [mean: tf.Tensor, variance: tf.Tensor]

/** Logits `[batch, classes]` of pictures `[batch, height, width, channels]` with values 0..1. `parameters` come in layout order, buffers included. */
export function forward(architecture: Architecture, parameters: readonly tf.Tensor[], pictures: tf.Tensor4D): tf.Tensor2D {
  const stored = storedStatistics(architecture, parameters)
  return pass(architecture, parameters, pictures, () => stored())
}

/** Of one batch-norm layer after the other: the buffers at the end of `parameters`. */
function storedStatistics(architecture: Architecture, parameters: readonly tf.Tensor[]): () => Statistics {
  const norms = architecture.layers.filter(({ kind }) => kind === 'batch-norm').length
  let next = parameters.length - 2 * norms
  return () => {
    next += 2
    return [parameters[next - 2], parameters[next - 1]]
  }
}

/** The same, and what a batch-norm layer finds in this batch is told to `hear` beside what it has stored, layer by layer. */
export function forwardHeard(
  architecture: Architecture,
  parameters: readonly tf.Tensor[],
  pictures: tf.Tensor4D,
  hear: (found: Statistics, stored: Statistics) => void,
): tf.Tensor2D {
  const next = storedStatistics(architecture, parameters)
  return pass(architecture, parameters, pictures, (signal) => {
    const stored = next()
    hear(statisticsIn(signal), stored)
    return stored
  })
}

/**
 * The same in training: batch normalisation by the statistics of this batch, which are told to `hear`, layer by layer, in the order of the buffers. `parameters`
 * are the trainable ones. Every step has a gradient on every backend (on wasm with our convolution kernels); what is not needed for that is not loaded.
 */
export function forwardInTraining(
  architecture: Architecture,
  parameters: readonly tf.Tensor[],
  pictures: tf.Tensor4D,
  hear: (statistic: tf.Tensor) => void,
): tf.Tensor2D {
  return pass(architecture, parameters, pictures, (signal) => {
    const statistics = statisticsIn(signal)
    for (const statistic of statistics) hear(statistic)
    return statistics
  })
}

/** Over all but the last axis. */
export function statisticsIn(signal: tf.Tensor): Statistics {
  const axes = Array.from({ length: signal.rank - 1 }, (_, axis) => axis)
  const mean = tf.mean(signal, axes)
  return [mean, tf.mean(tf.square(tf.sub(signal, mean)), axes)]
}

function pass(
  architecture: Architecture,
  parameters: readonly tf.Tensor[],
  pictures: tf.Tensor4D,
  statisticsOf: (signal: tf.Tensor) => Statistics,
): tf.Tensor2D {
  let next = 0
  const take = (): tf.Tensor => {
    const parameter = parameters[next]
    next += 1
    return parameter
  }
  let signal: tf.Tensor = pictures
  for (const layer of architecture.layers) {
    switch (layer.kind) {
      case 'conv':
        signal = tf.add(tf.conv2d(signal as tf.Tensor4D, take() as tf.Tensor4D, layer.stride, layer.padding), take())
        break
      case 'average-pool':
        signal = tf.avgPool(signal as tf.Tensor4D, layer.size, layer.size, 'valid')
        break
      case 'max-pool':
        signal = tf.maxPool(signal as tf.Tensor4D, layer.size, layer.size, 'valid')
        break
      case 'flatten':
        signal = tf.reshape(signal, [signal.shape[0], -1])
        break
      case 'relu':
        signal = tf.relu(signal)
        break
      case 'batch-norm': {
        const [mean, variance] = statisticsOf(signal)
        const scale = tf.mul(take(), tf.rsqrt(tf.add(variance, NORM_EPSILON)))
        signal = tf.add(tf.mul(tf.sub(signal, mean), scale), take())
        break
      }
      case 'dense':
        signal = tf.add(tf.matMul(signal as tf.Tensor2D, take() as tf.Tensor2D), take())
        break
    }
  }
  return signal as tf.Tensor2D
}

/** Mean cross entropy in nats of logits `[batch, classes]` against one-hot targets of the same shape. */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)))
}
