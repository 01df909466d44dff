import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { loadNodeBackend } from './node-backend.ts'
import { predict } from './prediction.ts'
import type { Architecture } from './zoo.ts'

const yieldToHost = (): Promise<void> => Promise.resolve()

/** Logits (1, -1) where the pixel is dark and (-1, 1) where it is bright. */
const THRESHOLD: Architecture = { inputShape: [1, 1, 1], classes: 2, layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'output', units: 2 }] }
const model = Float32Array.of(-2, 2, 1, -1)
const examples = { count: 2, shape: [1, 1, 1], pixels: Uint8Array.of(0, 255) } as const

beforeAll(async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
})

test.each([1, 256, 600])('%i examples: each has a row of probabilities, in its own place', async (count) => {
  const before = tf.memory().numTensors
  const pixels = Uint8Array.from({ length: count }, (_, index) => (index % 3 === 0 ? 255 : 0))
  const rows = await predict({ architecture: THRESHOLD, model, examples: { count, shape: [1, 1, 1], pixels }, yieldToHost })
  expect(rows).toHaveLength(2 * count)
  const sure = 1 / (1 + Math.exp(-2))
  for (let index = 0; index < count; index += 1) {
    expect(rows[2 * index + (index % 3 === 0 ? 1 : 0)]).toBeCloseTo(sure, 5)
    expect(rows[2 * index] + rows[2 * index + 1]).toBeCloseTo(1, 5)
  }
  expect(tf.memory().numTensors).toBe(before)
})

test.each([
  ['a model of another size', { model: model.subarray(1) }, 'SHOAL_ERR_SHAPE'],
  ['examples of another shape', { examples: { ...examples, shape: [1, 2, 1] } }, 'SHOAL_ERR_SHAPE'],
  ['too few values', { examples: { ...examples, count: 3 } }, 'SHOAL_ERR_SHAPE'],
  ['a model without finite answers', { model: Float32Array.of(Number.NaN, 2, 1, -1) }, 'SHOAL_ERR_PROCEDURE_FAILED'],
] as const)('%s is refused, and no tensor stays', async (_what, changes, code) => {
  const before = tf.memory().numTensors
  await expect(predict({ architecture: THRESHOLD, model, examples, yieldToHost, ...changes })).rejects.toMatchObject({ failure: { code } })
  expect(tf.memory().numTensors).toBe(before)
})

test('a host that stops it gets its tensors back', async () => {
  const before = tf.memory().numTensors
  const stop = (): Promise<void> => Promise.reject(new Error('stopped'))
  await expect(predict({ architecture: THRESHOLD, model, examples, yieldToHost: stop })).rejects.toThrow('stopped')
  expect(tf.memory().numTensors).toBe(before)
})
