import { createRng, shuffled } from '@shoal/numeric'
import { expect, test } from 'vitest'
import cases from './fixtures/clusterings.json' with { type: 'json' }
import { parsed, plantedUpdates, pointsOf, reordered } from './fixtures/planted.ts'
import { renumbered } from './labels.ts'
import { estimateBandwidth, meanShift } from './mean-shift.ts'
import { cosineDistances } from './similarity.ts'

const rows = (...values: number[][]): Float64Array[] => values.map((value) => Float64Array.from(value))

test.each(cases)('bandwidth and labels equal scikit-learn: $title', (fixture) => {
  const points = pointsOf(fixture)
  expect(estimateBandwidth(points)).toBeCloseTo(fixture.bandwidth, 9)
  expect(meanShift(points)).toEqual(renumbered(parsed(fixture.meanShift)))
})

test('the bandwidth is the mean distance to the k-th nearest, the point itself being the first', () => {
  const line = rows([0], [1], [3], [7])
  expect(estimateBandwidth(line, 0.5)).toBe((1 + 1 + 2 + 4) / 4)
  expect(estimateBandwidth(line, 1)).toBe((7 + 6 + 4 + 7) / 4)
  expect(estimateBandwidth(line)).toBe(0)
  expect(estimateBandwidth(rows([0], [9]))).toBe(0)
  expect(estimateBandwidth([])).toBe(0)
})

test('all rows equal: bandwidth 0, one cluster, although the mean of such rows is not exactly such a row', () => {
  const equal = Array.from({ length: 10 }, () => Float64Array.of(0.1, 0.7, 1 / 3))
  expect(equal.reduce((sum) => sum + 0.1, 0) / 10).not.toBe(0.1)
  expect(estimateBandwidth(equal)).toBe(0)
  expect(meanShift(equal)).toEqual(new Array(10).fill(0))
})

test('bandwidth 0 puts equal rows together, and others apart', () => {
  expect(meanShift(rows([2, 2], [1, 1], [2, 2], [1, 2]), { bandwidth: 0 })).toEqual([0, 1, 0, 2])
  expect(meanShift(rows([0.1], [0.7], [0.1], [0.1]), { bandwidth: 0 })).toEqual([0, 1, 0, 0])
})

test('a point exactly one bandwidth away is under the kernel', () => {
  expect(meanShift(rows([0], [1], [2]), { bandwidth: 1 })).toEqual([0, 0, 0])
})

test('a bandwidth wider than everything gives one cluster; no points give none', () => {
  expect(meanShift(rows([0], [1], [5]), { bandwidth: 10 })).toEqual([0, 0, 0])
  expect(meanShift([])).toEqual([])
})

test('rows of distances: permuting rows and columns permutes the labels (invariant 7), seed shift', () => {
  const { entries, size } = cosineDistances(plantedUpdates('shift', [5, 6, 7], { spread: 0.5 }).rows)
  const at = (order: readonly number[]) => order.map((row) => Float64Array.from(order, (column) => entries[row * size + column]))
  const order = shuffled(
    Array.from({ length: size }, (_, client) => client),
    createRng('shift'),
  )
  const labels = meanShift(at(Array.from({ length: size }, (_, client) => client)))
  expect(new Set(labels).size).toBeGreaterThan(1)
  expect(meanShift(at(order))).toEqual(renumbered(reordered(labels, order)))
})
