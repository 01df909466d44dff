import { createSyntheticImages } from '@shoal/data'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { countAnswers, evaluateParameters, misfitOf } from './evaluation.ts'
import { confusionOf, evaluateModel } from './jobs.ts'
import { loadNodeBackend } from './node-backend.ts'
import { type Architecture, architectureOf, initialParameters } from './zoo.ts'

const yieldToHost = (): Promise<void> => Promise.resolve()

/** Answers class 0 where the pixel is dark and class 1 where it is bright. */
const THRESHOLD: Architecture = { inputShape: [1, 1, 1], classes: 2, layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'output', units: 2 }] }
const THRESHOLD_MODEL = Float32Array.of(-2, 2, 1, -1)

beforeAll(async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
})

test.each([1, 4, 256, 257, 1000])('%i examples: accuracy counts each once, loss is the mean', async (count) => {
  // Every fourth example is bright; its label says so, except that example 0 is mislabelled.
  const pixels = Uint8Array.from({ length: count }, (_, index) => (index % 4 === 3 ? 255 : 0))
  const labels = Uint8Array.from(pixels, (pixel, index) => Number(pixel === 255 || index === 0))
  const before = tf.memory().numTensors
  const { accuracy, loss } = await evaluateParameters({
    architecture: THRESHOLD,
    model: THRESHOLD_MODEL,
    set: { count, shape: [1, 1, 1], pixels, labels },
    yieldToHost,
  })
  expect(accuracy).toBe((count - 1) / count)
  // Logits (1, -1) or (-1, 1): the right answer costs log(1 + e^-2), the wrong one 2 more.
  expect(loss).toBeCloseTo(Math.log(1 + Math.exp(-2)) + 2 / count, 6)
  expect(tf.memory().numTensors).toBe(before)
})

test('a set that does not fit the model is told apart', () => {
  const architecture = architectureOf('lenet-5')
  const set = createSyntheticImages(10, 'fit')
  expect(misfitOf(architecture, set)).toBeNull()
  expect(misfitOf(architecture, { ...set, shape: [28, 14, 2] })).toContain('28x14x2')
  expect(misfitOf({ ...architecture, classes: 9 }, set)).toContain('label 9')
})

test("the server's job evaluates, and refuses by code what it can not", async () => {
  const architecture = 'cnn-6186'
  const testSet = createSyntheticImages(50, 'job')
  const model = initialParameters(architectureOf(architecture), 'job')
  const evaluated = await evaluateModel({ architecture, model, testSet })
  expect(evaluated).toEqual({ ok: true, value: await evaluateParameters({ architecture: architectureOf(architecture), model, set: testSet, yieldToHost }) })
  const codeOf = async (changed: Partial<{ model: Float32Array; testSet: typeof testSet }>): Promise<string> => {
    const result = await evaluateModel({ architecture, model, testSet, ...changed })
    return result.ok ? 'ok' : result.failure.code
  }
  expect(await codeOf({ model: model.slice(1) })).toBe('SHOAL_ERR_SHAPE')
  expect(await codeOf({ model: model.map(() => Number.NaN) })).toBe('SHOAL_ERR_COMPUTE_FAILED')
  expect(await codeOf({ testSet: { ...testSet, count: 0, pixels: new Uint8Array(0), labels: new Uint8Array(0) } })).toBe('SHOAL_ERR_COMPUTE_FAILED')
  expect(await codeOf({ testSet: { ...testSet, count: 49 } })).toBe('SHOAL_ERR_COMPUTE_FAILED')
})

test('answers are counted by truth and answer, each example once', async () => {
  // 300 examples: every third is bright, every fourth is labelled bright.
  const pixels = Uint8Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? 255 : 0))
  const labels = Uint8Array.from({ length: 300 }, (_, index) => Number(index % 4 === 0))
  const set = { count: 300, shape: [1, 1, 1], pixels, labels } as const
  const confusion = await countAnswers({ architecture: THRESHOLD, model: THRESHOLD_MODEL, set, yieldToHost })
  expect([...confusion]).toEqual([150, 75, 50, 25]) // both: every twelfth
})

test('the job that counts answers agrees with the accuracy, and refuses what the other refuses', async () => {
  const architecture = 'cnn-6186'
  const set = createSyntheticImages(50, 'job')
  const model = initialParameters(architectureOf(architecture), 'job')
  const counted = await confusionOf({ architecture, model, set })
  const evaluated = await evaluateModel({ architecture, model, testSet: set })
  if (!counted.ok || !evaluated.ok) throw new Error(JSON.stringify([counted, evaluated]))
  expect(counted.value).toHaveLength(100)
  expect(counted.value.reduce((sum, count) => sum + count)).toBe(50)
  expect(counted.value.reduce((sum, count, cell) => sum + (cell % 11 === 0 ? count : 0)) / 50).toBe(evaluated.value.accuracy)
  const before = tf.memory().numTensors
  expect(await confusionOf({ architecture, model: model.slice(1), set })).toMatchObject({ failure: { code: 'SHOAL_ERR_SHAPE' } })
  expect(await confusionOf({ architecture, model: model.map(() => Number.NaN), set })).toMatchObject({ failure: { code: 'SHOAL_ERR_COMPUTE_FAILED' } })
  expect(await confusionOf({ architecture, model, set: { ...set, count: 49 } })).toMatchObject({ failure: { code: 'SHOAL_ERR_COMPUTE_FAILED' } })
  expect(tf.memory().numTensors).toBe(before)
})
