import type { Rng } from '@shoal/numeric'
import * as tf from '@tensorflow/tfjs'
import { diversityOf, type Loaded, squaredDistances, studentLoss, type TeacherTerms, teacherLoss } from './distil-losses.ts'
import { forward } from './forward.ts'
import type { Generator } from './generator.ts'
import type { Architecture } from './zoo.ts'

/** What a batch of examples is drawn from. */
export interface Order {
  readonly labels: Int32Array
  readonly noise: Float32Array
  /** Rows `[z | one-hot y]`. */
  readonly rows: Float32Array
  /** One-hot, B x C. */
  readonly targets: Float32Array
}

/** z ~ N(0, I) for every label. */
export function orderOf(labels: Int32Array, { noise: width, classes }: { readonly noise: number; readonly classes: number }, rng: Rng): Order {
  const noise = Float32Array.from({ length: labels.length * width }, () => rng.normal())
  const rows = new Float32Array(labels.length * (width + classes))
  const targets = new Float32Array(labels.length * classes)
  for (const [index, label] of labels.entries()) {
    const at = index * (width + classes)
    rows.set(noise.subarray(index * width, (index + 1) * width), at)
    rows[at + width + label] = 1
    targets[index * classes + label] = 1
  }
  return { labels, noise, rows, targets }
}

/** Examples of an order; the caller disposes them. */
export const drawnOf = (generator: Generator, parameters: readonly tf.Tensor[], { labels, rows }: Order): tf.Tensor4D =>
  tf.tidy(() => generator.draw(parameters, tf.tensor2d(rows, [labels.length, rows.length / labels.length])))

/** A generator in training. */
export interface Drawing {
  readonly parameters: readonly tf.Tensor[]
  /** Adam's running means of gradients and of their squares; empty before the first step. */
  readonly first: readonly tf.Tensor[]
  readonly second: readonly tf.Tensor[]
  readonly steps: number
}

export interface Speaker extends Loaded {
  /** a_k(y). */
  readonly weights: readonly number[]
  /** Whether it is told apart from the student. */
  readonly isContested: boolean
}

export interface GeneratorTerms extends TeacherTerms {
  readonly diversity: number
  /** Adam's step size. */
  readonly rate: number
}

/**
 * One step of Adam for the generator: L_G of one order under frozen teachers and a frozen student. Teachers are asked one after the other, and what each has to say of
 * the examples is added up before it goes back through the generator. Returns new tensors, disposes the old ones.
 */
export async function generatorStep(
  generator: Generator,
  drawing: Drawing,
  order: Order,
  given: { readonly teachers: readonly Speaker[]; readonly student: Loaded; readonly terms: GeneratorTerms },
): Promise<{ readonly drawing: Drawing; readonly diversity: number }> {
  const { terms, student } = given
  const count = order.labels.length
  const x = drawnOf(generator, drawing.parameters, order)
  try {
    const { value, gradient } = diversityOf(await x.data<'float32'>(), squaredDistances(order.noise, count), count)
    const next = tf.tidy(() => {
      const targets = tf.tensor2d(order.targets, [count, order.targets.length / count])
      const answers = terms.adversarial > 0 ? forward(student.architecture, student.parameters, x) : null
      let slope: tf.Tensor = tf.mul(tf.tensor4d(gradient, x.shape), terms.diversity)
      let studentSlope: tf.Tensor | null = null
      for (const teacher of given.teachers) {
        const weights = tf.tensor1d(Float32Array.from(order.labels, (label) => teacher.weights[label]))
        const contested = teacher.isContested ? answers : null
        const lossOf = (pictures: tf.Tensor, logits: tf.Tensor | null): tf.Scalar =>
          teacherLoss(teacher, terms, { targets, weights }, pictures as tf.Tensor4D, logits as tf.Tensor2D | null)
        const [byPictures, byLogits] = tf.tidy(() =>
          contested === null ? [tf.grad((pictures) => lossOf(pictures, null))(x)] : tf.grads((pictures, logits) => lossOf(pictures, logits))([x, contested]),
        )
        slope = tf.add(slope, byPictures)
        if (byLogits !== undefined) studentSlope = studentSlope === null ? byLogits : tf.add(studentSlope, byLogits)
      }
      if (studentSlope !== null) {
        const throughStudent = tf.grad((pictures) => forward(student.architecture, student.parameters, pictures as tf.Tensor4D))
        slope = tf.add(slope, throughStudent(x, studentSlope))
      }
      const rows = tf.tensor2d(order.rows, [count, order.rows.length / count])
      const gradients = tf.grads((...parameters: tf.Tensor[]) => generator.draw(parameters, rows))([...drawing.parameters], slope)
      return adamStep(drawing, gradients, terms.rate)
    })
    disposeDrawing(drawing)
    return { drawing: { ...next, steps: drawing.steps + 1 }, diversity: value }
  } finally {
    x.dispose()
  }
}

export const disposeDrawing = ({ parameters, first, second }: Drawing): void => tf.dispose([[...parameters], [...first], [...second]])

/** DENSE's. */
const BETAS = [0.5, 0.999] as const
const ADAM_EPSILON = 1e-8

/** Adam (Kingma & Ba 2015, Algorithm 1). */
function adamStep({ parameters, first, second, steps }: Drawing, gradients: readonly tf.Tensor[], rate: number) {
  const step = steps + 1
  const mixed = (before: tf.Tensor | undefined, now: tf.Tensor, beta: number): tf.Tensor => {
    const share = tf.mul(now, 1 - beta)
    return before === undefined ? share : tf.add(tf.mul(before, beta), share)
  }
  const means = gradients.map((gradient, index) => mixed(first[index], gradient, BETAS[0]))
  const squares = gradients.map((gradient, index) => mixed(second[index], tf.square(gradient), BETAS[1]))
  const [meanRest, squareRest] = BETAS.map((beta) => 1 - beta ** step)
  return {
    parameters: parameters.map((parameter, index) => {
      const size = tf.add(tf.sqrt(tf.div(squares[index], squareRest)), ADAM_EPSILON)
      return tf.sub(parameter, tf.mul(tf.div(means[index], size), rate / meanRest))
    }),
    first: means,
    second: squares,
  }
}

/** A student in training: its buffers stay as they are, since running statistics fed by drawn pictures alone would be those of no data. */
export interface Student {
  readonly parameters: readonly tf.Tensor[]
  readonly velocities: readonly tf.Tensor[]
  readonly buffers: readonly tf.Tensor[]
}

const MOMENTUM = 0.9

/** One step of SGD of the student's loss on examples and the teachers' mix of them. Returns new tensors (buffers stay), disposes the old ones. */
export function studentStep(
  architecture: Architecture,
  student: Student,
  x: tf.Tensor4D,
  mix: tf.Tensor2D,
  { temperature, rate }: { readonly temperature: number; readonly rate: number },
): Student {
  const next = tf.tidy(() => {
    const lossOf = tf.grads((...parameters: tf.Tensor[]) => studentLoss(mix, forward(architecture, [...parameters, ...student.buffers], x), temperature))
    const gradients = lossOf([...student.parameters])
    const velocities = gradients.map((gradient, index) =>
      student.velocities.length === 0 ? gradient : tf.add(tf.mul(student.velocities[index], MOMENTUM), gradient),
    )
    return { velocities, parameters: student.parameters.map((parameter, index) => tf.sub(parameter, tf.mul(velocities[index], rate))) }
  })
  tf.dispose([[...student.parameters], [...student.velocities]])
  return { ...next, buffers: student.buffers }
}
