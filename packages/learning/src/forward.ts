import * as tf from '@tensorflow/tfjs'
import type { Architecture } from './zoo.ts'

/**
 * Logits `[batch, classes]` of pictures `[batch, height, width, channels]` with values 0..1. `parameters` come in layout order. Every step has a
 * gradient on every backend (on wasm with our convolution kernels); what is not needed for that is not loaded.
 */
export function forward(architecture: Architecture, parameters: readonly tf.Tensor[], pictures: tf.Tensor4D): tf.Tensor2D {
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
