import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFixedPoint, decodeSum, firstIllegalEntry, foldInto } from './fixed-point.ts'

test('the scale is the finest that can not overflow: n W maxAbs 2^s < 2^52 <= n W maxAbs 2^(s+1) (seed 1)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 1_000_000 }), (maxClients, maxWeight) => {
      const { scaleBits } = createFixedPoint({ maxClients, maxWeight, maxAbs: 64 })
      const largest = maxClients * maxWeight * 64
      expect(largest * 2 ** scaleBits).toBeLessThan(2 ** 52)
      expect(largest * 2 ** (scaleBits + 1)).toBeGreaterThanOrEqual(2 ** 52)
    }),
    { seed: 1 },
  )
})

test('limits that leave no room are refused', () => {
  expect(() => createFixedPoint({ maxClients: 2 ** 30, maxWeight: 2 ** 20, maxAbs: 64 })).toThrow(RangeError)
  expect(() => createFixedPoint({ maxClients: 0, maxWeight: 1, maxAbs: 64 })).toThrow(RangeError)
})

test('the largest legal sum stays an exact integer', () => {
  const fixedPoint = createFixedPoint({ maxClients: 1000, maxWeight: 10_000, maxAbs: 64 })
  const sum = new Float64Array(1)
  for (let client = 0; client < 1000; client += 1) foldInto(sum, Float32Array.of(64), 10_000, fixedPoint)
  expect(Number.isSafeInteger(sum[0])).toBe(true)
  expect(decodeSum(sum, fixedPoint)[0]).toBe(64 * 10_000 * 1000)
})

test('fold and decode give back multiples of the resolution exactly, and round others to the nearest', () => {
  const fixedPoint = createFixedPoint({ maxClients: 4, maxWeight: 4, maxAbs: 64 })
  const sum = new Float64Array(2)
  foldInto(sum, Float32Array.of(0.5, -3.25), 3, fixedPoint)
  expect(decodeSum(sum, fixedPoint)).toEqual(Float64Array.of(1.5, -9.75))
})

test('folding rounds as Math.round does, to within one unit where a product is a hair below a half (seed 2)', () => {
  const fixedPoint = createFixedPoint({ maxClients: 100, maxWeight: 1000, maxAbs: 64 })
  fc.assert(
    fc.property(fc.float32Array({ min: -64, max: 64, noNaN: true, minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 1000 }), (vector, weight) => {
      const sum = new Float64Array(vector.length)
      foldInto(sum, vector, weight, fixedPoint)
      for (const [index, value] of vector.entries()) {
        const product = value * weight * 2 ** fixedPoint.scaleBits
        expect(Number.isInteger(sum[index])).toBe(true)
        expect(Math.abs(sum[index] - product)).toBeLessThanOrEqual(0.5 + 2 ** -20)
      }
    }),
    { seed: 2, numRuns: 500 },
  )
})

test.each([
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['minus infinity', Number.NEGATIVE_INFINITY],
  ['too large', 64.001],
  ['too small', -65],
])('%s is an illegal entry', (_name, value) => {
  expect(firstIllegalEntry(Float32Array.of(0, value, 0), 64)).toBe(1)
})

test('the limit itself is legal', () => {
  expect(firstIllegalEntry(Float32Array.of(64, -64, 0), 64)).toBe(-1)
})
