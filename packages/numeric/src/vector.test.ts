import { expect, test } from 'vitest'
import { createLayout, flatten, slotOf } from './layout.ts'
import { addScaled, dot, LengthMismatchError, norm, subtract, unitOf } from './vector.ts'

test('an update is trained minus received, and adding it scaled goes the same way', () => {
  const received = Float32Array.of(1, 2)
  const update = subtract(Float32Array.of(2, 0), received)
  expect(update).toEqual(Float32Array.of(1, -2))
  expect(addScaled(received, Float64Array.from(update), 0.5)).toEqual(Float32Array.of(1.5, 1))
  expect(received).toEqual(Float32Array.of(1, 2))
})

test('sums run in float64: a float32 accumulator would lose the small terms', () => {
  const ones = new Float32Array(2 ** 25).fill(1)
  expect(dot(ones, ones)).toBe(2 ** 25)
  expect(norm(Float32Array.of(3, 4))).toBe(5)
})

test('vectors of different lengths are an error, never a broadcast', () => {
  expect(() => subtract(Float32Array.of(1), Float32Array.of(1, 2))).toThrow(LengthMismatchError)
  expect(() => addScaled(Float32Array.of(1, 2), Float64Array.of(1), 1)).toThrow(LengthMismatchError)
})

test('a unit vector has length 1 and the direction of its argument; zero, infinity and NaN have no direction', () => {
  expect(unitOf(Float32Array.of(3, 0, -4))).toEqual(Float64Array.of(3 / 5, 0, -4 / 5))
  for (const scale of [1e-40, 1, 1e38]) expect(norm(unitOf(Float32Array.of(scale, scale))!)).toBeCloseTo(1, 12)
  for (const entry of [0, -0, Number.POSITIVE_INFINITY, Number.NaN]) expect(unitOf(Float32Array.of(entry, 0))).toBeNull()
  expect(unitOf(new Float64Array(0))).toBeNull()
})

test('a layout places parameters one after the other, and views share memory with the vector', () => {
  const layout = createLayout([
    { name: 'kernel', shape: [2, 3] },
    { name: 'bias', shape: [3] },
    { name: 'scale', shape: [] },
  ])
  expect([layout.length, layout.trainable]).toEqual([10, 10])
  expect(layout.parameters.map(({ offset, length }) => [offset, length])).toEqual([
    [0, 6],
    [6, 3],
    [9, 1],
  ])
  const vector = flatten([Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(7, 8, 9), Float32Array.of(10)], layout)
  slotOf(vector, layout.parameters[1])[0] = 70
  expect([...vector]).toEqual([1, 2, 3, 4, 5, 6, 70, 8, 9, 10])
})

test('buffers are at the end of a layout, and nothing trainable behind them', () => {
  const kernel = { name: 'kernel', shape: [2, 3] }
  const mean = { name: 'mean', shape: [3], isBuffer: true }
  expect(createLayout([kernel, mean])).toMatchObject({ length: 9, trainable: 6 })
  expect(createLayout([mean])).toMatchObject({ length: 3, trainable: 0 })
  expect(() => createLayout([mean, kernel])).toThrow('kernel is trainable and follows a buffer')
})
