import { createRng } from '@shoal/numeric'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { components } from './components.ts'
import { dbscan } from './dbscan.ts'
import { euclidean } from './fixtures/planted.ts'
import { NOISE, renumbered } from './labels.ts'
import { distancesOf, nearestDistances } from './nearest-neighbours.ts'
import { pointMatrix } from './point-matrix.ts'

const clustersOf = (labels: readonly number[]): number => new Set(labels).size

/** Points on a grid, so that some of them coincide; of any length around the 32 numbers after which a distance is looked at. */
const points = fc
  .record({ length: fc.constantFrom(1, 3, 31, 32, 37, 70), seed: fc.string(), count: fc.integer({ min: 1, max: 30 }) })
  .map(({ length, seed, count }) => {
    const rng = createRng(seed)
    return Array.from({ length: count }, () => {
      const place = rng.below(6)
      return Float32Array.from({ length }, () => place + rng.below(2))
    })
  })

test('invariant 9: components are the clusters of DBSCAN with two points, and its noise points one cluster each', () => {
  void fc.assert(
    fc.property(points, fc.double({ min: 0, max: 12, noNaN: true }), (rows, radius) => {
      const labels = dbscan(euclidean(rows), { radius, minPoints: 2 })
      const alone = labels.map((label, point) => (label === NOISE ? rows.length + point : label))
      expect(components(pointMatrix(rows), radius)).toEqual(renumbered(alone))
    }),
    { numRuns: 200 },
  )
})

test('invariant 9: and so they are at a radius that is just a distance', () => {
  void fc.assert(
    fc.property(points, fc.nat(), (rows, pick) => {
      const matrix = pointMatrix(rows)
      const distances = nearestDistances(matrix).filter(Number.isFinite)
      if (distances.length === 0) return
      const radius = distances[pick % distances.length]
      const labels = dbscan(euclidean(rows), { radius, minPoints: 2 })
      expect(components(matrix, radius)).toEqual(renumbered(labels.map((label, point) => (label === NOISE ? rows.length + point : label))))
    }),
  )
})

test('invariant 10: no radius gives as many clusters as there are places, the diameter one, and never more by a larger one', () => {
  void fc.assert(
    fc.property(points, fc.array(fc.double({ min: 0, max: 12, noNaN: true }), { maxLength: 5 }), (rows, radii) => {
      const matrix = pointMatrix(rows)
      const diameter = Math.max(...distancesOf(matrix).entries)
      expect(clustersOf(components(matrix, 0))).toBe(new Set(rows.map(String)).size)
      expect(clustersOf(components(matrix, diameter * (1 + 1e-6)))).toBe(1)
      const counts = radii.sort((one, other) => one - other).map((radius) => clustersOf(components(matrix, radius)))
      expect(counts).toEqual(counts.toSorted((one, other) => other - one))
    }),
  )
})
