import * as tf from '@tensorflow/tfjs'
import { forwardHeard, type Statistics } from './forward.ts'
import type { Architecture } from './zoo.ts'

/** A network with its parameters on the device, buffers included. */
export interface Loaded {
  readonly architecture: Architecture
  readonly parameters: readonly tf.Tensor[]
}

export interface TeacherTerms {
  readonly fidelity: number
  /** 0 where this teacher is not to be told apart from the student. */
  readonly adversarial: number
  readonly batchNorm: number
  readonly disagreement: 'kl' | 'l1' | 'kl-masked'
  readonly temperature: number
}

/** KL of rows of `logits` / temperature from `shares`, a tensor B x C of probabilities: one number a row. Log-softmax, never the logarithm of a softmax. */
function divergences(shares: tf.Tensor2D, logShares: tf.Tensor2D, logits: tf.Tensor2D, temperature: number): tf.Tensor1D {
  return tf.sum(tf.mul(shares, tf.sub(logShares, tf.logSoftmax(tf.div(logits, temperature)))), 1)
}

/** L_u = tau^2 mean KL(q || softmax(f_u / tau)), the student's loss. What a mix holds nothing of counts nothing. */
export function studentLoss(mix: tf.Tensor2D, logits: tf.Tensor2D, temperature: number): tf.Scalar {
  const logMix = tf.log(tf.maximum(mix, LEAST_SHARE)) as tf.Tensor2D
  return tf.mul(tf.mean(divergences(mix, logMix, logits, temperature)), temperature ** 2)
}

/** Smallest normal float32. */
const LEAST_SHARE = 1.2e-38

/** How teacher and student answer differently, one number a row. */
function disagreementOf(own: tf.Tensor2D, student: tf.Tensor2D, { disagreement, temperature }: TeacherTerms): tf.Tensor1D {
  if (disagreement === 'l1') return tf.mean(tf.abs(tf.sub(own, student)), 1) // FedFTG
  const logShares = tf.logSoftmax(tf.div(own, temperature)) as tf.Tensor2D
  const all = divergences(tf.exp(logShares), logShares, student, temperature)
  if (disagreement === 'kl') return all
  return tf.mul(all, differing(own, student)) // DENSE
}

/** 1 where the largest entries of two rows stand in different places, else 0; no gradient goes through. */
function differing(one: tf.Tensor2D, other: tf.Tensor2D): tf.Tensor {
  const compared = tf.customGrad((...given) => ({
    value: tf.cast(tf.notEqual(tf.argMax(given[0] as tf.Tensor2D, 1), tf.argMax(given[1] as tf.Tensor2D, 1)), 'float32'),
    gradFunc: () => [tf.zerosLike(one), tf.zerosLike(other)],
  }))
  return compared(one, other)
}

/**
 * What the generator has to hear from one teacher: l_fid mean a_k(y) CE(f_k(x), y) - l_adv mean a_k(y) D(f_k(x), f_u(x)) + l_bn (DENSE's distance of the batch's
 * statistics from the stored ones, over batch-norm layers). `targets` one-hot B x C, `weights` a_k(y_b), `student` the student's logits of x.
 */
export function teacherLoss(
  teacher: Loaded,
  terms: TeacherTerms,
  { targets, weights }: { readonly targets: tf.Tensor2D; readonly weights: tf.Tensor1D },
  x: tf.Tensor4D,
  student: tf.Tensor2D | null,
): tf.Scalar {
  const distances: tf.Tensor[] = []
  const apart = (found: Statistics, stored: Statistics): void => {
    if (terms.batchNorm > 0) for (const [index, one] of found.entries()) distances.push(tf.norm(tf.sub(one, stored[index])))
  }
  const logits = forwardHeard(teacher.architecture, teacher.parameters, x, apart)
  const faults = tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1))
  let loss: tf.Tensor = tf.mul(tf.mean(tf.mul(weights, faults)), terms.fidelity)
  if (terms.adversarial > 0 && student !== null)
    loss = tf.sub(loss, tf.mul(tf.mean(tf.mul(weights, disagreementOf(logits, student, terms))), terms.adversarial))
  for (const distance of distances) loss = tf.add(loss, tf.mul(distance, terms.batchNorm))
  return loss as tf.Scalar
}

/** Mean squared distance of each pair of rows, rows x rows. */
export function squaredDistances(rows: Float32Array, count: number): Float64Array {
  const width = rows.length / count
  const distances = new Float64Array(count * count)
  for (let one = 0; one < count; one += 1)
    for (let other = one + 1; other < count; other += 1) {
      let sum = 0
      for (let entry = 0; entry < width; entry += 1) sum += (rows[one * width + entry] - rows[other * width + entry]) ** 2
      distances[one * count + other] = sum / width
      distances[other * count + one] = sum / width
    }
  return distances
}

/**
 * exp(- mean over pairs of mean|x_b - x_b'| . mean (z_b - z_b')^2), 0..1, and its gradient by x: near 1 the generator draws one picture whatever z. By hand, since
 * all pairs of pictures as one tensor are a hundred times a batch.
 */
export function diversityOf(pictures: Float32Array, noiseDistances: Float64Array, count: number): { readonly value: number; readonly gradient: Float32Array } {
  const width = pictures.length / count
  const gradient = new Float32Array(pictures.length)
  let mean = 0
  for (let one = 0; one < count; one += 1)
    for (let other = one + 1; other < count; other += 1) {
      const weight = (2 * noiseDistances[one * count + other]) / (count * count * width)
      const [from, to] = [one * width, other * width]
      let sum = 0
      for (let entry = 0; entry < width; entry += 1) {
        const apart = pictures[from + entry] - pictures[to + entry]
        sum += Math.abs(apart)
        const slope = apart > 0 ? weight : apart < 0 ? -weight : 0
        gradient[from + entry] += slope
        gradient[to + entry] -= slope
      }
      mean += weight * sum
    }
  const value = Math.exp(-mean)
  for (let entry = 0; entry < gradient.length; entry += 1) gradient[entry] *= -value
  return { value, gradient }
}
