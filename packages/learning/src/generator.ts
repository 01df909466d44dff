import { createLayout, type Layout } from '@shoal/numeric'
import * as tf from '@tensorflow/tfjs'
import { statisticsIn } from './forward.ts'
import type { Architecture, ParameterShape } from './zoo.ts'

/** G(z, y; phi): draws an example of a class from noise. Its parameters are a flat vector; it has no running statistics, since it only ever draws whole batches. */
export interface Generator {
  readonly layout: Layout
  /** Examples `[batch, height, width, channels]`, values 0..1, of rows `[z | one-hot y]`, the noise first. */
  draw(parameters: readonly tf.Tensor[], input: tf.Tensor2D): tf.Tensor4D
}

/** Below this a side has nothing to be doubled twice. */
const LEAST_SIDE = 8
const LEAK = 0.2
const EPSILON = 1e-5
/** Hidden units of the dense generator are so many times `channels`. */
const DENSE_FACTOR = 16

/** For examples as `architecture` takes them: FedFTG's and DENSE's generator, with a sigmoid at its end for values 0..1; ours without convolutions for tables and texts. */
export function createGenerator(
  { inputShape, classes }: Pick<Architecture, 'inputShape' | 'classes'>,
  { noise, channels }: { readonly noise: number; readonly channels: number },
): Generator {
  const [height, width, depth] = inputShape
  const input = noise + classes
  return Math.min(height, width) < LEAST_SIDE
    ? denseGenerator(inputShape, input, DENSE_FACTOR * channels)
    : pictureGenerator([height, width, depth], input, channels)
}

const normShapes = (name: string, channels: number): ParameterShape[] => [
  { name: `${name}/gamma`, shape: [channels] },
  { name: `${name}/beta`, shape: [channels] },
]

function denseGenerator(shape: Architecture['inputShape'], input: number, hidden: number): Generator {
  const values = shape[0] * shape[1] * shape[2]
  return {
    layout: createLayout([
      { name: 'hidden/kernel', shape: [input, hidden] },
      ...normShapes('norm', hidden),
      { name: 'output/kernel', shape: [hidden, values] },
      { name: 'output/bias', shape: [values] },
    ]),
    draw([kernel, gamma, beta, outputKernel, bias], rows) {
      const signal = tf.leakyRelu(normed(tf.matMul(rows, kernel as tf.Tensor2D), gamma, beta), LEAK)
      return tf.reshape(tf.sigmoid(tf.add(tf.matMul(signal as tf.Tensor2D, outputKernel as tf.Tensor2D), bias)), [-1, ...shape])
    },
  }
}

function pictureGenerator([height, width, depth]: [number, number, number], input: number, channels: number): Generator {
  // A side that 4 does not divide is drawn longer and cut.
  const [rows, columns] = [Math.ceil(height / 4), Math.ceil(width / 4)]
  const wide = 2 * channels
  const kernel = (name: string, from: number, to: number): ParameterShape => ({ name: `${name}/kernel`, shape: [3, 3, from, to] })
  return {
    // A normalisation takes the bias of what comes before it away: none is held.
    layout: createLayout([
      { name: 'dense/kernel', shape: [input, rows * columns * wide] },
      ...normShapes('norm0', wide),
      kernel('conv1', wide, wide),
      ...normShapes('norm1', wide),
      kernel('conv2', wide, channels),
      ...normShapes('norm2', channels),
      kernel('conv3', channels, depth),
      { name: 'conv3/bias', shape: [depth] },
    ]),
    draw([dense, gamma0, beta0, conv1, gamma1, beta1, conv2, gamma2, beta2, conv3, bias], noise) {
      const convolved = (signal: tf.Tensor, filter: tf.Tensor): tf.Tensor4D => tf.conv2d(signal as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')
      let signal: tf.Tensor = tf.reshape(tf.matMul(noise, dense as tf.Tensor2D), [-1, rows, columns, wide])
      signal = doubled(normed(signal, gamma0, beta0) as tf.Tensor4D)
      signal = tf.leakyRelu(normed(convolved(signal, conv1), gamma1, beta1), LEAK)
      signal = doubled(signal as tf.Tensor4D)
      signal = tf.leakyRelu(normed(convolved(signal, conv2), gamma2, beta2), LEAK)
      const drawn = tf.sigmoid(tf.add(convolved(signal, conv3), bias)) as tf.Tensor4D
      return height % 4 === 0 && width % 4 === 0 ? drawn : tf.slice(drawn, [0, 0, 0, 0], [-1, height, width, depth])
    },
  }
}

/** Batch normalisation by this batch. */
function normed(signal: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const [mean, variance] = statisticsIn(signal)
  return tf.add(tf.mul(tf.sub(signal, mean), tf.mul(gamma, tf.rsqrt(tf.add(variance, EPSILON)))), beta)
}

/** Each value four times, as a square: upsampling by the nearest. By concatenation, which has a gradient on every backend. */
export function doubled(pictures: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = pictures.shape
  const values = tf.reshape(pictures, [batch * height * width, channels]) as tf.Tensor2D
  const wide = tf.reshape(tf.concat2d([values, values], 1), [batch * height, 2 * width * channels]) as tf.Tensor2D
  return tf.reshape(tf.concat2d([wide, wide], 1), [batch, 2 * height, 2 * width, channels])
}
