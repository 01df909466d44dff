import { expect, test } from 'vitest'
import { separationOf } from './separation.ts'

const vector = (...entries: number[]): Float64Array => Float64Array.from(entries)

test('the worked example of cfl.md 8: cross cosine -0.9529, and the gap over it', () => {
  const found = separationOf([vector(1, 0), vector(0.9, 0.1), vector(-1, 0.2), vector(-0.8, -0.1)], [0, 0, 1, 1])
  expect(found?.cross).toBeCloseTo(-0.9529, 4)
  expect(found?.intra).toBeCloseTo(0.9487, 4)
  expect(found?.gap).toBeCloseTo(0.9487 + 0.9529, 4)
  expect(found?.isCorrect).toBe(true)
})

test('a split through a true group is wrong, and its gap is not positive', () => {
  const found = separationOf([vector(1, 0), vector(-1, 0.1), vector(1, 0.1), vector(-1, 0)], [0, 0, 1, 1])
  expect(found?.isCorrect).toBe(false)
  expect(found?.gap).toBeLessThan(0)
})

test('three groups: the cross cosine is that of the pairs which the split separates, so two groups may be alike', () => {
  const found = separationOf([vector(1, 0), vector(1, 0.01), vector(0.9, 0.4), vector(0.9, 0.41), vector(-1, 0), vector(-1, 0.01)], [0, 0, 1, 1, 2, 2])
  expect(found?.isCorrect).toBe(true)
  expect(found?.cross).toBeLessThan(0)
  expect(found?.gap).toBeGreaterThan(1)
})

test('nothing to tell apart: no group with two clients, or fewer than two directions', () => {
  expect(separationOf([vector(1, 0), vector(0, 1)], [0, 1])).toBeNull()
  expect(separationOf([vector(1, 0), vector(0, 0)], [0, 0])).toBeNull()
})
