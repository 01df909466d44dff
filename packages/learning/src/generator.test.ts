import { createRng } from '@shoal/numeric'
import * as tf from '@tensorflow/tfjs'
import { expect, test } from 'vitest'
import { orderOf } from './distil-steps.ts'
import { createGenerator, doubled } from './generator.ts'
import { loadNodeBackend } from './node-backend.ts'
import { tensorsOf } from './training.ts'
import { initialVector } from './zoo.ts'

const NOISE = 3
const CLASSES = 2
const order = orderOf(Int32Array.of(0, 1, 1), { noise: NOISE, classes: CLASSES }, createRng('order'))

test.each([
  ['a picture whose sides 4 divides', [28, 28, 1]],
  ['one whose sides it does not divide, in colour', [10, 9, 3]],
  ['a table', [1, 6, 1]],
  ['a text', [4, 5, 1]],
] as const)('draws %s, with values 0..1', async (_what, inputShape) => {
  await loadNodeBackend('wasm')
  const generator = createGenerator({ inputShape, classes: CLASSES }, { noise: NOISE, channels: 2 })
  const before = tf.memory().numTensors
  const drawn = tf.tidy(() =>
    generator.draw(tensorsOf(initialVector(generator.layout, 'draws'), generator.layout), tf.tensor2d(order.rows, [3, NOISE + CLASSES])),
  )
  expect(drawn.shape).toEqual([3, ...inputShape])
  const values = await drawn.data()
  expect(values.every((value) => value > 0 && value < 1)).toBe(true)
  expect(new Set(values).size).toBeGreaterThan(3)
  drawn.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('upsampling is by the nearest: each value four times, as a square', async () => {
  await loadNodeBackend('wasm')
  const twice = tf.tidy(() => doubled(tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2])))
  expect(twice.shape).toEqual([1, 4, 4, 2])
  expect([...(await twice.data())]).toEqual(
    [
      [1, 2, 1, 2, 3, 4, 3, 4],
      [5, 6, 5, 6, 7, 8, 7, 8],
    ].flatMap((row) => [...row, ...row]),
  )
  twice.dispose()
})

test('what it draws and its gradient are the same on wasm and on cpu, upsampling and cutting with them', async () => {
  const generator = createGenerator({ inputShape: [10, 9, 1], classes: CLASSES }, { noise: NOISE, channels: 1 })
  const of = async (backend: 'wasm' | 'cpu'): Promise<Float32Array[]> => {
    await loadNodeBackend(backend)
    const parameters = tensorsOf(initialVector(generator.layout, 'gradient'), generator.layout)
    const found = tf.tidy(() => {
      const rows = tf.tensor2d(order.rows, [3, NOISE + CLASSES])
      const weights = tf.tensor4d(
        Float32Array.from({ length: 270 }, (_, index) => Math.sin(index)),
        [3, 10, 9, 1],
      )
      const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => tf.sum(tf.mul(weights, generator.draw(given, rows))) as tf.Scalar)(parameters)
      return [value, ...grads]
    })
    const values = await Promise.all(found.map((tensor) => tensor.data<'float32'>()))
    tf.dispose([found, parameters])
    return values.map((each) => each.slice())
  }
  const [fast, slow] = [await of('wasm'), await of('cpu')]
  for (const [index, values] of slow.entries()) {
    expect(values.some((value) => Math.abs(value) > 1e-3)).toBe(true)
    expect([...fast[index]]).toEqual([...values].map((value) => expect.closeTo(value, 3)))
  }
})
