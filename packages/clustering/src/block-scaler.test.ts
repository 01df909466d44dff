import { createRng, LengthMismatchError } from '@shoal/numeric'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { farOutRows, fitScaler, scaledDescriptor } from './block-scaler.ts'

const BLOCKS = 6
const LENGTH = 3
const shape = { blocks: BLOCKS, length: LENGTH, missing: 'raw' } as const

const rowsOf = (seed: string, count: number): Float32Array[] => {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => Float32Array.from({ length: BLOCKS * LENGTH }, () => 4 * rng.uniform()))
}
const blockOf = (row: Float32Array, block: number) => [...row.subarray(block * LENGTH, (block + 1) * LENGTH)]
const block = fc.nat(BLOCKS - 1)

test('invariant 6: adding to, or multiplying, every number of one block leaves the scaled descriptors equal', () => {
  const change = { block, add: fc.double({ min: -50, max: 50, noNaN: true }), times: fc.double({ min: 0.01, max: 50, noNaN: true }) }
  void fc.assert(
    fc.property(fc.string(), fc.record(change), (seed, { block: changed, add, times }) => {
      const rows = rowsOf(seed, 6)
      const others = rows.map((row) => row.map((value, entry) => (Math.floor(entry / LENGTH) === changed ? times * value + add : value)))
      const [one, other] = [fitScaler(rows, shape, 'min-max'), fitScaler(others, shape, 'min-max')]
      for (const [index, row] of rows.entries()) {
        const moved = scaledDescriptor(others[index], other, shape)
        const errors = scaledDescriptor(row, one, shape).map((value, entry) => Math.abs(moved[entry] - value))
        // A small multiple beside a large sum leaves few of float32's digits.
        expect(Math.max(...errors)).toBeLessThan(1e-4 + (1e-5 * Math.abs(add)) / times)
      }
    }),
  )
})

test('invariant 7: what the scaler was fitted to lies in [0, 1], and reaches both ends of each block', () => {
  void fc.assert(
    fc.property(
      fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 18, maxLength: 18 }), { minLength: 2, maxLength: 8 }),
      (drawn) => {
        const rows = drawn.map((row) => Float32Array.from(row))
        const scaler = fitScaler(rows, shape, 'min-max')
        const scaled = rows.map((row) => scaledDescriptor(row, scaler, shape))
        expect(scaled.every((row) => row.every((value) => value >= 0 && value <= 1))).toBe(true)
        for (let b = 0; b < BLOCKS; b += 1) {
          const numbers = scaled.flatMap((row) => blockOf(row, b))
          if (scaler[2 * b + 1] === 0 || scaler[2 * b + 1] === Number.POSITIVE_INFINITY) continue
          expect(Math.min(...numbers)).toBeCloseTo(0, 12)
          expect(Math.max(...numbers)).toBeCloseTo(1, 6)
        }
      },
    ),
  )
})

test('invariant 7: a late row by the frozen scaler is not clamped', () => {
  const rows = rowsOf('late', 5)
  const late = scaledDescriptor(new Float32Array(BLOCKS * LENGTH).fill(40), fitScaler(rows, shape, 'min-max'), shape)
  for (const value of late) expect(value).toBeGreaterThan(5)
})

test('guard: a block with max = min scales to 0, of who has fitted it and of who comes later', () => {
  const rows = rowsOf('flat', 4).map((row) => row.fill(2, LENGTH, 2 * LENGTH))
  const scaler = fitScaler(rows, shape, 'min-max')
  expect(scaler.subarray(2, 4)).toEqual(Float32Array.of(2, 0))
  for (const row of [...rows, rowsOf('later', 1)[0]]) expect(blockOf(scaledDescriptor(row, scaler, shape), 1)).toEqual([0, 0, 0])
})

/** Rows of two classes (blocks: mean, deviation, means of 0 and 1, deviations of 0 and 1), of which the first lacks class 1. */
const lacking = (): Float32Array[] => {
  const rows = rowsOf('lacking', 4)
  rows[0].fill(-1, 3 * LENGTH, 4 * LENGTH).fill(-1, 5 * LENGTH)
  return rows
}

test("guard: a class that is missing is a -1 like any number ('raw'), the least of its block", () => {
  const rows = lacking()
  const scaler = fitScaler(rows, shape, 'min-max')
  const scaled = scaledDescriptor(rows[0], scaler, shape)
  expect([scaler[6], scaler[10]]).toEqual([-1, -1])
  expect([blockOf(scaled, 3), blockOf(scaled, 5)]).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ])
})

test("guard: a class that is missing lies at -0.5 ('scaled'), and its block is scaled by those who have it", () => {
  const [first, ...others] = lacking()
  const apart = { ...shape, missing: 'scaled' } as const
  const scaler = fitScaler([first, ...others], apart, 'min-max')
  const scaled = scaledDescriptor(first, scaler, apart)
  for (const b of [3, 5]) {
    expect(blockOf(scaled, b)).toEqual([-0.5, -0.5, -0.5])
    expect(scaler.subarray(2 * b, 2 * b + 2)).toEqual(fitScaler(others, apart, 'min-max').subarray(2 * b, 2 * b + 2))
  }
  for (const b of [0, 1, 2, 4]) for (const value of blockOf(scaled, b)) expect(value).toBeGreaterThanOrEqual(0)
})

test('a mean that happens to be -1 throughout is there as long as its deviation is', () => {
  const apart = { ...shape, missing: 'scaled' } as const
  const rows = lacking().slice(1)
  rows[0].fill(-1, 0, LENGTH).fill(-1, 3 * LENGTH, 4 * LENGTH)
  const scaled = scaledDescriptor(rows[0], fitScaler(rows, apart, 'min-max'), apart)
  expect([...blockOf(scaled, 0), ...blockOf(scaled, 3)]).toEqual([0, 0, 0, 0, 0, 0])
})

test('a block that nobody has is 0 by 0', () => {
  const rows = lacking().map((row) => row.fill(-1, 3 * LENGTH, 4 * LENGTH).fill(-1, 5 * LENGTH))
  const scaler = fitScaler(rows, { ...shape, missing: 'scaled' }, 'min-max')
  expect([...scaler.subarray(6, 8), ...scaler.subarray(10)]).toEqual([0, 0, 0, 0])
})

test('percentiles are those of numpy', () => {
  const rows = Array.from({ length: 7 }, (_, row) => new Float32Array(BLOCKS * LENGTH).fill((row + 1) ** 2))
  // numpy.percentile(numpy.repeat(numpy.arange(1, 8) ** 2, 3), [5, 95])
  expect([...fitScaler(rows, shape, 'percentile').subarray(0, 2)]).toEqual([1, 48])
  const lines = Array.from({ length: 2 }, (_, row) => Float32Array.from({ length: 18 }, (_, entry) => (row * LENGTH + (entry % LENGTH)) ** 2))
  // numpy.percentile([0, 1, 4, 9, 16, 25], [5, 95]) = [0.25, 22.75]
  expect([...fitScaler(lines, shape, 'percentile').subarray(0, 2)]).toEqual([0.25, 22.5])
})

test('guard: a row with one number beyond ten robust deviations of its block is far out, a class that is missing or a block that is mostly alike is not', () => {
  const rows = rowsOf('far', 9)
  rows[2].fill(-1, 3 * LENGTH, 4 * LENGTH).fill(-1, 5 * LENGTH)
  for (const row of rows) row.fill(0, 0, LENGTH)
  rows[3].fill(5, 0, LENGTH)
  expect(farOutRows(rows, shape)).not.toContain(true)
  rows[7][14] = 1e9
  expect(farOutRows(rows, shape).map((isFar, row) => (isFar ? row : null))).toEqual([null, null, null, null, null, null, null, 7, null])
})

test('guard: a group of three rows in ten is not far out, however close together the others are', () => {
  const rows = rowsOf('group', 10).map((row, index) => row.fill(index < 7 ? 1 + index / 1e4 : 3 + index / 1e4, 0, LENGTH))
  expect(farOutRows(rows, shape)).not.toContain(true)
})

test('a descriptor or a scaler of another shape is refused', () => {
  const scaler = new Float32Array(2 * BLOCKS)
  expect(() => scaledDescriptor(new Float32Array(4), scaler, shape)).toThrow(LengthMismatchError)
  expect(() => scaledDescriptor(new Float32Array(BLOCKS * LENGTH), new Float32Array(3), shape)).toThrow(LengthMismatchError)
})
