import { createRng } from '@shoal/numeric'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { diversityOf, squaredDistances, teacherLoss } from './distil-losses.ts'
import { disposeDrawing, drawnOf, generatorStep, orderOf, type Speaker, studentStep } from './distil-steps.ts'
import fixture from './fixtures/distillation.json' with { type: 'json' }
import { createGenerator } from './generator.ts'
import { loadNodeBackend } from './node-backend.ts'
import { tensorsOf } from './training.ts'
import { type Architecture, architectureLayout } from './zoo.ts'

const TOY: Architecture = {
  inputShape: [1, 4, 1],
  classes: 3,
  layers: [
    { kind: 'flatten' },
    { kind: 'dense', name: 'hidden', units: 5 },
    { kind: 'batch-norm', name: 'norm' },
    { kind: 'relu' },
    { kind: 'dense', name: 'output', units: 3 },
  ],
}
const LAYOUT = architectureLayout(TOY)
const NOISE = 2
const generator = createGenerator(TOY, { noise: NOISE, channels: 1 })
const { terms, labels } = fixture

beforeAll(async () => {
  await loadNodeBackend('wasm')
})

const loaded = (vector: readonly number[]) => ({ architecture: TOY, parameters: tensorsOf(Float32Array.from(vector), LAYOUT) })
const speakers = (): Speaker[] => fixture.teachers.map((teacher, index) => ({ ...loaded(teacher), weights: fixture.a[index], isContested: true }))
const drawing = () => ({ parameters: tensorsOf(Float32Array.from(fixture.phi), generator.layout), first: [], second: [], steps: 0 })
const order = {
  ...orderOf(Int32Array.from(labels), { noise: NOISE, classes: 3 }, createRng('unused')),
  noise: Float32Array.from(fixture.z),
  rows: Float32Array.from(
    labels.flatMap((label, row) => [...fixture.z.slice(row * NOISE, (row + 1) * NOISE), ...[0, 1, 2].map((one) => Number(one === label))]),
  ),
}
const flat = (tensors: readonly tf.Tensor[]): number[] => tensors.flatMap((tensor) => [...tensor.dataSync()])

/** Each within a thousandth of the largest. */
function expectNear(ours: readonly number[], theirs: readonly number[]): void {
  const scale = Math.max(...theirs.map(Math.abs))
  expect(ours).toHaveLength(theirs.length)
  for (const [index, value] of theirs.entries()) expect(Math.abs(ours[index] - value)).toBeLessThan(1e-3 * scale)
}

test.each(['kl', 'l1', 'kl-masked'] as const)(
  "invariant 8: the generator's gradient, through teachers, student and diversity, is that of central differences of %s (fixtures/distillation.py)",
  async (disagreement) => {
    const student = loaded(fixture.student)
    const teachers = speakers()
    const before = tf.memory().numTensors
    const given = { teachers, student, terms: { ...terms, disagreement, rate: 0 } }
    const stepped = await generatorStep(generator, drawing(), order, given)
    expect(stepped.diversity).toBeCloseTo(fixture.diversity, 5)
    // Adam's first mean is half the gradient.
    expectNear(
      flat(stepped.drawing.first).map((mean) => 2 * mean),
      fixture.generator[disagreement].slope,
    )
    disposeDrawing(stepped.drawing)
    expect(tf.memory().numTensors, 'invariant 13').toBe(before)
    tf.dispose([student.parameters, ...teachers.map(({ parameters }) => parameters)].flat())
  },
)

test("invariant 8: the student's gradient is that of central differences (fixtures/distillation.py)", () => {
  const tensors = tensorsOf(Float32Array.from(fixture.student), LAYOUT)
  const student = { parameters: tensors.slice(0, 6), velocities: [], buffers: tensors.slice(6) }
  const x = tf.tensor4d(fixture.x, [6, 1, 4, 1])
  const mix = tf.tensor2d(fixture.q, [6, 3])
  const stepped = studentStep(TOY, student, x, mix, { temperature: terms.temperature, rate: 0.5 })
  expectNear(flat(stepped.velocities), fixture.studentSlope)
  expectNear(
    flat(stepped.parameters),
    fixture.student.slice(0, fixture.studentSlope.length).map((entry, index) => entry - 0.5 * fixture.studentSlope[index]),
  )
  tf.dispose([stepped.parameters, stepped.velocities, stepped.buffers, x, mix].flat())
})

test('Adam and momentum are what they are called', async () => {
  const student = loaded(fixture.student)
  const teachers = speakers()
  const given = { teachers, student, terms: { ...terms, disagreement: 'kl' as const, rate: 0.01 } }
  const one = await generatorStep(generator, drawing(), order, given)
  // The first step of Adam is one of its rate against the sign of the gradient.
  const moved = flat(one.drawing.parameters).map((entry, index) => entry - fixture.phi[index])
  for (const [index, slope] of fixture.generator.kl.slope.entries()) if (Math.abs(slope) > 1e-3) expect(moved[index]).toBeCloseTo(-0.01 * Math.sign(slope), 4)
  disposeDrawing(one.drawing)
  tf.dispose([student.parameters, ...teachers.map(({ parameters }) => parameters)].flat())

  const tensors = tensorsOf(Float32Array.from(fixture.student), LAYOUT)
  const [x, mix] = [tf.tensor4d(fixture.x, [6, 1, 4, 1]), tf.tensor2d(fixture.q, [6, 3])]
  const still = { temperature: terms.temperature, rate: 0 }
  const first = studentStep(TOY, { parameters: tensors.slice(0, 6), velocities: [], buffers: tensors.slice(6) }, x, mix, still)
  const second = studentStep(TOY, first, x, mix, still)
  expectNear(
    flat(second.velocities),
    fixture.studentSlope.map((slope) => 1.9 * slope),
  )
  tf.dispose([second.parameters, second.velocities, second.buffers, x, mix].flat())
})

/** Fidelity and diversity of what a generator draws for the order. */
function drawnLoss(parameters: readonly tf.Tensor[], teachers: readonly Speaker[]): number {
  return tf.tidy(() => {
    const x = drawnOf(generator, parameters, order)
    const targets = tf.tensor2d(order.targets, [6, 3])
    const alone = { ...terms, adversarial: 0, batchNorm: 0, disagreement: 'kl' as const }
    const fidelities = teachers.map(
      (teacher) => teacherLoss(teacher, alone, { targets, weights: tf.tensor1d(labels.map((label) => teacher.weights[label])) }, x, null).dataSync()[0],
    )
    const diversity = diversityOf(x.dataSync<'float32'>(), squaredDistances(order.noise, 6), 6).value
    return fidelities.reduce((sum, fidelity) => sum + fidelity, 0) + terms.diversity * diversity
  })
}

test('invariants 9 and 10: a generator step lowers fidelity + diversity on the same (z, y), and leaves teachers and student as they are', async () => {
  const [teachers, student] = [speakers(), loaded(fixture.student)]
  const given = { teachers, student, terms: { ...terms, adversarial: 0, batchNorm: 0, disagreement: 'kl' as const, rate: 1e-3 } }
  const now = drawing()
  const before = drawnLoss(now.parameters, teachers)
  const stepped = await generatorStep(generator, now, order, given)
  expect(drawnLoss(stepped.drawing.parameters, teachers)).toBeLessThan(before)
  expect(teachers.map(({ parameters }) => flat(parameters))).toEqual(fixture.teachers)
  expect(flat(student.parameters)).toEqual(fixture.student)
  disposeDrawing(stepped.drawing)
  tf.dispose([student.parameters, ...teachers.map(({ parameters }) => parameters)].flat())
})

test('diversity: 1 where all pictures are the same, and its gradient is that of differences', () => {
  const distances = squaredDistances(Float32Array.from(fixture.z), 6)
  expect(diversityOf(new Float32Array(24).fill(0.5), distances, 6).value).toBe(1)
  const pictures = Float32Array.from(fixture.x)
  const { gradient } = diversityOf(pictures, distances, 6)
  for (const entry of [0, 7, 23]) {
    const at = (change: number): number =>
      diversityOf(
        Float32Array.from(pictures, (value, index) => (index === entry ? value + change : value)),
        distances,
        6,
      ).value
    expect((at(1e-3) - at(-1e-3)) / 2e-3).toBeCloseTo(gradient[entry], 4)
  }
})
