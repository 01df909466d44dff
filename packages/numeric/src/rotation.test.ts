import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRng } from './rng.ts'
import { createRotation } from './rotation.ts'
import { norm } from './vector.ts'

const vectorOf = (length: number, seed: string): Float64Array => {
  const rng = createRng(seed)
  return Float64Array.from({ length }, () => rng.normal())
}

const largestGap = (left: Float64Array, right: Float64Array): number => left.reduce((most, entry, index) => Math.max(most, Math.abs(entry - right[index])), 0)

/** The definition: H[i][j] = (-1)^(number of ones in i AND j), over the whole vector as one block. */
function plainRotation(vector: Float64Array, signs: readonly number[]): number[] {
  const ones = (value: number): number => value.toString(2).replaceAll('0', '').length
  return signs.map((_, row) => vector.reduce((sum, entry, column) => sum + (-1) ** ones(row & column) * signs[column] * entry, 0) / Math.sqrt(vector.length))
}

test('a rotation keeps the norm and can be undone, for any length', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.string(), (length, seed) => {
      const { rotate, restore } = createRotation({ length, seed })
      const vector = vectorOf(length, seed)
      const rotated = rotate(vector)
      expect(Math.abs(norm(rotated) - norm(vector))).toBeLessThan(1e-9 * (1 + norm(vector)))
      expect(largestGap(restore(rotated), vector)).toBeLessThan(1e-12 * (1 + norm(vector)))
    }),
    { numRuns: 60, seed: 1 },
  )
})

test('one block is the signed Hadamard matrix', () => {
  const length = 16
  const { rotate, rotatedLength } = createRotation({ length, seed: 'matrix' })
  expect(rotatedLength).toBe(length)
  // The signs show in the first row of the transposed map: H[0] is all ones.
  const signs = Array.from({ length }, (_, index) => Math.sign(rotate(Float64Array.from({ length }, (_unit, at) => (at === index ? 1 : 0)))[0]))
  const vector = vectorOf(length, 'one block')
  const plain = plainRotation(vector, signs)
  for (const [index, entry] of rotate(vector).entries()) expect(entry).toBeCloseTo(plain[index], 12)
})

test.each([1, 2, 64, 100, 4810, 101_770, 1_000_000])('%i coordinates: padding stays below 1 %%', (length) => {
  const { rotatedLength } = createRotation({ length, seed: 'padding' })
  expect(rotatedLength - length).toBeLessThanOrEqual(length / 100)
})

test('sums of rotated vectors are rotated sums', () => {
  const { rotate, restore } = createRotation({ length: 1000, seed: 'linear' })
  const [left, right] = [vectorOf(1000, 'left'), vectorOf(1000, 'right')]
  const [first, second] = [rotate(left), rotate(right)]
  const together = restore(first.map((value, at) => value + second[at]))
  expect(
    largestGap(
      together,
      left.map((value, at) => value + right[at]),
    ),
  ).toBeLessThan(1e-9)
})

test('a single large coordinate is spread thin (seed heavy)', () => {
  const length = 101_770
  const { rotate } = createRotation({ length, seed: 'heavy' })
  const rotated = rotate(Float64Array.from({ length }, (_, index) => (index === 7 ? 1 : 0)))
  expect(rotated.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0)).toBeLessThan(0.02)
})

test('a vector of another length is refused', () => {
  const { rotate, restore } = createRotation({ length: 10, seed: '' })
  expect(() => rotate(new Float64Array(9))).toThrow(RangeError)
  expect(() => restore(new Float64Array(99))).toThrow(RangeError)
})
