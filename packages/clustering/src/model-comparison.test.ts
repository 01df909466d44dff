import { createLayout } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { compareModels } from './model-comparison.ts'

const layout = createLayout([
  { name: 'conv/kernel', shape: [2] },
  { name: 'conv/bias', shape: [1] },
  { name: 'dense', shape: [2] },
  { name: 'conv/moving_mean', shape: [1], isBuffer: true },
])

test('a model is like itself', () => {
  const model = Float32Array.of(1, 2, 3, 4, 5, 6)
  const { cosine, relativeDistance, layers } = compareModels(model, model, layout)
  expect(cosine).toBeCloseTo(1, 12)
  expect(relativeDistance).toBe(0)
  expect(layers.map(({ name, entries }) => [name, entries])).toEqual([
    ['conv', 3],
    ['dense', 2],
    ['conv (buffers)', 1],
  ])
})

test('layers are compared by themselves', () => {
  const { cosine, relativeDistance, layers } = compareModels(Float32Array.of(3, 4, 0, 1, 0, 2), Float32Array.of(3, 4, 0, 0, 2, 2), layout)
  expect(layers[0]).toMatchObject({ cosine: 1, relativeDistance: 0 })
  expect(layers[1]).toMatchObject({ cosine: 0, relativeDistance: Math.sqrt(5) })
  expect(cosine).toBeCloseTo(29 / (Math.sqrt(30) * Math.sqrt(33)), 12)
  expect(relativeDistance).toBeCloseTo(Math.sqrt(5 / 30), 12)
})

test('zeros give numbers too', () => {
  const [zero, other] = [new Float32Array(6), Float32Array.of(1, 0, 0, 0, 0, 0)]
  expect(compareModels(zero, zero, layout)).toMatchObject({ cosine: 1, relativeDistance: 0 })
  expect(compareModels(zero, other, layout)).toMatchObject({ cosine: 0, relativeDistance: 1 })
  expect(compareModels(other, zero, layout)).toMatchObject({ cosine: 0, relativeDistance: 1 })
})

test('models of different lengths can not be compared', () => {
  expect(() => compareModels(new Float32Array(6), new Float32Array(5), layout)).toThrow('6 and 5 entries')
})
