import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CentreRule, centreOf, medianOf } from './robust-centre.ts'
import { LengthMismatchError } from './vector.ts'

const RULES: readonly CentreRule[] = ['median', 'trimmed']

/** The plain twins: sort, then take the middle, or the mean of what a quarter at either end leaves. */
function sortedMedian(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2
}
function sortedTrimmed(values: readonly number[]): number {
  const out = values.length < 3 ? 0 : Math.max(1, Math.floor(values.length / 4))
  const kept = [...values].sort((left, right) => left - right).slice(out, values.length - out)
  return kept.reduce((sum, value) => sum + value, 0) / kept.length
}
const twinOf = { median: sortedMedian, trimmed: sortedTrimmed }

/** Values with many equal ones among them, as zeros of free riders are. */
const value = fc.oneof(fc.constantFrom(0, 1, -1), fc.float({ min: -64, max: 64, noNaN: true }))
const cloud = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 }))
  .chain(([count, length]) => fc.array(fc.array(value, { minLength: length, maxLength: length }), { minLength: count, maxLength: count }))

describe.each(RULES)('%s', (rule) => {
  test('is what sorting every coordinate gives (seed 11)', () => {
    fc.assert(
      fc.property(cloud, (rows) => {
        const centre = centreOf(
          rows.map((row) => Float32Array.from(row)),
          rule,
        )
        for (const [index, entry] of centre.entries()) expect(entry).toBeCloseTo(twinOf[rule](rows.map((row) => Math.fround(row[index]))), 10)
      }),
      { seed: 11, numRuns: 300 },
    )
  })

  test('in pieces it is the same to the last bit (seed 12)', () => {
    fc.assert(
      fc.property(cloud, fc.nat(9), (rows, cut) => {
        const vectors = rows.map((row) => Float32Array.from(row))
        const at = Math.min(cut, rows[0].length)
        expect([...centreOf(vectors, rule, 0, at), ...centreOf(vectors, rule, at)]).toEqual([...centreOf(vectors, rule)])
      }),
      { seed: 12, numRuns: 100 },
    )
  })

  test('fewer bad vectors than it bears leave every coordinate within the range of the good ones (seed 13)', () => {
    const bearable = { median: (count: number) => Math.ceil(count / 2) - 1, trimmed: (count: number) => (count < 3 ? 0 : Math.max(1, Math.floor(count / 4))) }
    fc.assert(
      fc.property(cloud, fc.array(fc.constantFrom(1e30, -1e30, 64, -64, 0), { minLength: 9, maxLength: 9 }), fc.nat(59), (rows, bad, start) => {
        const count = rows.length
        const isBad = (row: number): boolean => (row - start + 60 * count) % count < bearable[rule](count)
        const vectors = rows.map((row, index) => Float64Array.from(row, (entry, at) => (isBad(index) ? bad[at] : entry)))
        const good = rows.filter((_, index) => !isBad(index))
        for (const [at, entry] of centreOf(vectors, rule).entries()) {
          const honest = good.map((row) => row[at])
          expect(entry).toBeGreaterThanOrEqual(Math.min(...honest) - 1e-9)
          expect(entry).toBeLessThanOrEqual(Math.max(...honest) + 1e-9)
        }
      }),
      { seed: 13, numRuns: 300 },
    )
  })
})

test('half of the vectors, or more than are trimmed, have their way', () => {
  const ranks = [0, 0, 0, 0].map((entry) => Float64Array.of(entry))
  const bad = (count: number): Float64Array[] => Array.from({ length: count }, () => Float64Array.of(100))
  expect(centreOf([...ranks, ...bad(3)], 'median')).toEqual(Float64Array.of(0))
  expect(centreOf([...ranks, ...bad(4)], 'median')).toEqual(Float64Array.of(50))
  expect(centreOf([...ranks, ...bad(1)], 'trimmed')).toEqual(Float64Array.of(0))
  expect(centreOf([...ranks, ...bad(2)], 'trimmed')[0]).toBeGreaterThan(0)
})

test('the middle of a long column is found whatever order it comes in', () => {
  const sorted = Float64Array.from({ length: 4001 }, (_, index) => index)
  expect(medianOf(sorted.slice())).toBe(2000)
  expect(medianOf(sorted.slice().reverse())).toBe(2000)
  // Up and down again: quickselect takes too long for it, and the rest is sorted.
  expect(medianOf(sorted.map((value) => Math.min(value, 4000 - value)))).toBe(1000)
  expect(medianOf(new Float64Array(4001))).toBe(0)
})

test('nothing has no centre, and vectors of different lengths have none either', () => {
  expect(centreOf([], 'median')).toEqual(new Float64Array(0))
  expect(() => centreOf([new Float32Array(2), new Float32Array(3)], 'median')).toThrow(LengthMismatchError)
})
