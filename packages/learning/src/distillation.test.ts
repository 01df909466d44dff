import { createRng } from '@shoal/numeric'
import type { DistilArgs, Distilled } from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { type DistilContext, distil } from './distillation.ts'
import { loadNodeBackend } from './node-backend.ts'
import { type Architecture, architectureLayout, initialParameters } from './zoo.ts'

const TOY: Architecture = {
  inputShape: [8, 8, 1],
  classes: 3,
  layers: [
    { kind: 'conv', name: 'conv', filters: 2, kernel: 3, stride: 2, padding: 'valid' },
    { kind: 'batch-norm', name: 'norm' },
    { kind: 'relu' },
    { kind: 'flatten' },
    { kind: 'dense', name: 'output', units: 3 },
  ],
}
const LAYOUT = architectureLayout(TOY)
/** No convolution, and no buffers. */
const OTHER: Architecture = { inputShape: [8, 8, 1], classes: 3, layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'only', units: 3 }] }

const model = (seed: string, architecture = TOY): Float32Array => initialParameters(architecture, seed).map((entry) => 2 * entry)
const TEACHERS = ['one', 'two', 'three'].map((seed) => model(seed))
const COUNTS = [
  [60, 0, 20],
  [0, 90, 10],
  [30, 30, 30],
]
const SIZES = [80, 100, 90]
const START = model('start')

const ARGS: DistilArgs = {
  teachers: TEACHERS,
  sizes: SIZES,
  counts: COUNTS,
  start: START,
  generator: null,
  options: {
    iterations: 3,
    generatorSteps: 1,
    studentSteps: 2,
    batchSize: 12,
    temperature: 1,
    fidelity: 1,
    adversarial: 0.1,
    diversity: 1,
    batchNorm: 0.1,
    disagreement: 'kl',
    generatorRate: 1e-2,
    studentRate: 0.01,
    noise: 4,
    channels: 1,
    warmUp: 4,
    sampler: 'counts',
    weighting: 'counts',
    isGated: false,
    mostTeachers: 16,
    largestWeight: 1,
  },
  seed: 'distillation',
}

type Change = Omit<Partial<DistilArgs>, 'options'> & { readonly options?: Partial<DistilArgs['options']> }

function distilled(change: Change = {}, context: Partial<DistilContext> = {}): Promise<Distilled> {
  const args = { ...ARGS, ...change, options: { ...ARGS.options, ...change.options } }
  return distil(args, { architecture: TOY, yieldToHost: async () => undefined, now: () => 0, ...context })
}

const largestGap = (one: Float32Array, other: Float32Array): number => Math.max(...one.map((entry, index) => Math.abs(entry - other[index])))

beforeAll(async () => {
  await loadNodeBackend('wasm')
})

test('a student learns what its teachers say: the gate is open, and its answers are nearer to theirs than before', async () => {
  const { universal, refusal, report, generator, samples } = await distilled({ options: { isGated: true, iterations: 20, studentSteps: 5, warmUp: 20 } })
  expect(refusal).toBeNull()
  expect(report.after).toBeLessThan(report.before)
  expect(report.fidelity).toBeLessThan(Math.log(3))
  expect(universal.every(Number.isFinite)).toBe(true)
  expect(samples).toHaveLength(3 * 64)
  // From here on without a warm-up.
  let steps = 0
  const again = await distilled({ generator }, { onProgress: (_done, total) => (steps = total) })
  expect(steps).toBe(9)
  expect(again.generator).not.toEqual(generator)
})

test('invariant 5: K = 1: distillation returns theta_1 unchanged within 1e-6', async () => {
  const { universal, report } = await distilled({ teachers: [START], sizes: [80], counts: [[60, 0, 20]] })
  expect(largestGap(universal, START)).toBeLessThan(1e-6)
  expect(report.before).toBeCloseTo(0, 10)
})

test.each([
  ['counts', COUNTS],
  ['other counts', [...COUNTS].reverse()],
  ['unknown counts', null],
])('invariant 6: all theta_k identical, %s: unchanged within 1e-6', async (_what, counts) => {
  const { universal } = await distilled({ teachers: TEACHERS.map(() => START), counts })
  expect(largestGap(universal, START)).toBeLessThan(1e-6)
})

test('invariant 7: permuting clusters, with their counts, changes nothing beyond float noise', async () => {
  const [one, other] = [await distilled(), await distilled({ teachers: [...TEACHERS].reverse(), sizes: [...SIZES].reverse(), counts: [...COUNTS].reverse() })]
  expect(largestGap(one.universal, other.universal)).toBeLessThan(1e-4)
})

test('invariant 10: what is given stays as it is, and so do the buffers of the student (guard: batch norm)', async () => {
  const before = structuredClone(ARGS)
  const { universal } = await distilled()
  expect(ARGS).toEqual(before)
  expect(universal.slice(0, LAYOUT.trainable)).not.toEqual(START.slice(0, LAYOUT.trainable))
  expect(universal.slice(LAYOUT.trainable)).toEqual(START.slice(LAYOUT.trainable))
})

test('invariant 11: I = 0: u is the average, bit by bit, and there is no generator to go on with', async () => {
  const { universal, refusal, generator } = await distilled({ options: { iterations: 0, isGated: true } })
  expect(universal).toEqual(START)
  expect(refusal).toBeNull()
  expect(generator).toHaveLength(0)
})

test('invariant 12: the same seed gives the same u, another seed another', async () => {
  const [one, again, other] = [await distilled(), await distilled(), await distilled({ seed: 'another' })]
  expect(again).toEqual(one)
  expect(other.universal).not.toEqual(one.universal)
})

test('invariant 13: the number of tensors is the same after every iteration, and at the end what it was before', async () => {
  const before = tf.memory().numTensors
  const counts: number[] = []
  await distilled({ options: { iterations: 4 }, counts: null }, { yieldToHost: async () => void counts.push(tf.memory().numTensors) })
  const perIteration = counts.slice(4).filter((_, step) => step % 3 === 2)
  expect(perIteration).toHaveLength(4)
  expect(new Set(perIteration).size).toBe(1)
  expect(tf.memory().numTensors).toBe(before)
})

test('invariant 14: scaling all counts, or an empty cluster more, changes nothing', async () => {
  const { universal } = await distilled()
  const scaled = await distilled({ counts: COUNTS.map((own) => own.map((count) => 4 * count)), sizes: SIZES.map((size) => 4 * size) })
  expect(scaled.universal).toEqual(universal)
  const more = await distilled({ teachers: [model('empty'), ...TEACHERS], sizes: [0, ...SIZES], counts: [[0, 0, 0], ...COUNTS] })
  expect(more.universal).toEqual(universal)
})

const broken = START.map((entry, index) => (index === 3 ? Number.NaN : entry))

test.each([
  ['a teacher that is no model', { teachers: [broken, ...TEACHERS.slice(1)] }, 'the model of cluster 0 is no model'],
  ['a teacher of another length', { teachers: [...TEACHERS.slice(1), START.subarray(1)] }, 'the model of cluster 2 is no model'],
  ['a student that is none', { start: broken }, 'the student to begin with is no model'],
  ['a student that diverges', { options: { studentRate: 1e30 } }, 'distillation ran out of numbers'],
  ['no examples at all', { sizes: [0, 0, 0] }, 'no cluster has examples'],
  ['no examples of any class', { counts: COUNTS.map((own) => own.map(() => 0)) }, 'no cluster has examples of a class'],
])('invariant 15: gate: %s: the start comes back, with the reason, and no tensor is left', async (_what, change: Change, reason) => {
  const before = tf.memory().numTensors
  const { universal, refusal, report } = await distilled(change)
  expect(universal).toEqual(change.start ?? START)
  expect(refusal).toBe(reason)
  expect(Object.values(report).every(Number.isFinite)).toBe(true)
  expect(tf.memory().numTensors).toBe(before)
})

test('the gate (ours): a useless round, a generator that nobody recognises, and a student that learns nothing leave the start', async () => {
  const gated = { isGated: true }
  const useless = await distilled({ teachers: TEACHERS.map(() => START), options: gated })
  expect(useless).toMatchObject({ refusal: 'the clusters say nothing that their average does not', universal: START })
  const { generator } = await distilled({ options: { iterations: 1 } })
  const rng = createRng('poison')
  const poisoned = generator.map(() => 50 * (2 * rng.uniform() - 1))
  const garbage = await distilled({ generator: poisoned, options: { ...gated, generatorRate: 0 } })
  expect(garbage).toMatchObject({ refusal: 'the generator draws nothing that the clusters recognise', universal: START })
  // The start is all but the mix, and steps too long lead away from it.
  const nearly = { teachers: [START, TEACHERS[0]], sizes: [180, 50], counts: [Array(3).fill(60), Array(3).fill(1)] }
  const worse = await distilled({ ...nearly, options: { ...gated, adversarial: 0, warmUp: 30, studentRate: 1, iterations: 8 } })
  expect(worse).toMatchObject({ refusal: 'the expert answers no more like the clusters than their average does', universal: START })
})

test('guard: tiny cluster: below n_k = 50 a teacher is excluded from L_adv', async () => {
  const of = (size: number, adversarial: number) => distilled({ sizes: [size, size, size], options: { adversarial } })
  expect((await of(49, 5)).generator).toEqual((await of(49, 0)).generator)
  expect((await of(50, 5)).generator).not.toEqual((await of(50, 0)).generator)
})

test('guard: malicious cluster model: one further than 3 times the median distance is drawn back to there', async () => {
  const along = (times: number): Float32Array => START.map((entry, index) => entry + times * (TEACHERS[2][index] - entry))
  const distances = [TEACHERS[0], TEACHERS[1], along(1)].map((teacher) => Math.hypot(...teacher.map((entry, index) => entry - START[index])))
  const reach = (3 * Math.max(distances[0], distances[1])) / distances[2]
  const of = (teacher: Float32Array) => distilled({ teachers: [...TEACHERS.slice(0, 2), teacher] })
  const [far, drawnBack, inReach] = [await of(along(20 * reach)), await of(along(0.999_999 * reach)), await of(along(0.9 * reach))]
  expect(largestGap(far.universal, drawnBack.universal)).toBeLessThan(1e-4)
  expect(largestGap(far.universal, inReach.universal)).toBeGreaterThan(1e-3)
})

test('guard: counts unknown: the student learns all the same', async () => {
  const { report, refusal } = await distilled({ counts: null, options: { isGated: true, iterations: 20, studentSteps: 5, warmUp: 20 } })
  expect(refusal).toBeNull()
  expect(report.after).toBeLessThan(report.before)
})

test('guard: generator collapse: a generator that draws one picture for 5 iterations begins anew', async () => {
  const { generator } = await distilled({ options: { iterations: 1 } })
  const stuck = { generator: new Float32Array(generator.length), options: { generatorRate: 0 } }
  expect((await distilled({ ...stuck, options: { ...stuck.options, iterations: 4 } })).report.collapse).toBe(1)
  const freed = await distilled({ ...stuck, options: { ...stuck.options, iterations: 6 } })
  expect(freed.report.collapse).toBeLessThan(1)
})

test('more teachers than are asked in an iteration: some of them are, and of the classes they hold', async () => {
  const { universal } = await distilled({ options: { mostTeachers: 1 } })
  expect(universal).not.toEqual((await distilled()).universal)
  expect(universal.every(Number.isFinite)).toBe(true)
})

test('teachers may have networks of their own', async () => {
  const teachers = [TEACHERS[0], model('other', OTHER), TEACHERS[2]]
  const { universal, refusal } = await distilled({ teachers }, { teacherArchitectures: [TOY, OTHER, TOY] })
  expect(refusal).toBeNull()
  expect(universal).toHaveLength(LAYOUT.length)
  expect(universal).not.toEqual(START)
})

test('it tells its steps, and stops between two of them where nobody waits any more, with no tensor left', async () => {
  const before = tf.memory().numTensors
  const told: (readonly [number, number])[] = []
  const over = new AbortController()
  const onProgress = (done: number, total: number): void => {
    told.push([done, total])
    if (done === 6) over.abort(new Error('given up'))
  }
  await expect(distilled({}, { onProgress, signal: over.signal })).rejects.toThrow('given up')
  expect(told).toEqual([1, 2, 3, 4, 5, 6].map((step) => [step, 13]))
  expect(tf.memory().numTensors).toBe(before)
})
