import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { euclidean } from './fixtures/planted.ts'
import { distancesOf, nearestDistances } from './nearest-neighbours.ts'
import { pointMatrix } from './point-matrix.ts'

const drawn = (seed: string, count: number, length: number): Float32Array[] => {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => Float32Array.from({ length }, () => rng.uniform() ** 4))
}

test.each([1, 7, 33, 70, 220])('equal the least of all distances, %i numbers', (length) => {
  const rows = drawn(`nearest-${length}`, 40, length)
  const { entries } = euclidean(rows)
  const least = rows.map((_, row) => Math.min(...rows.flatMap((_, other) => (other === row ? [] : [entries[row * rows.length + other]]))))
  const found = nearestDistances(pointMatrix(rows))
  const sorted = Float64Array.from(least).sort()
  found.forEach((distance, place) => {
    expect(distance).toBeCloseTo(sorted[place], 12)
  })
  expect(distancesOf(pointMatrix(rows)).entries.every((distance, cell) => Math.abs(distance - entries[cell]) < 1e-6)).toBe(true)
})

test('a point in the place of another is at no distance', () => {
  expect([...nearestDistances(pointMatrix([0, 1, 1, 4].map((place) => Float32Array.of(place))))]).toEqual([0, 0, 1, 3])
})

test('a point without another is infinitely far from it', () => {
  expect([...nearestDistances(pointMatrix([Float32Array.of(2)]))]).toEqual([Number.POSITIVE_INFINITY])
  expect([...nearestDistances(pointMatrix([]))]).toEqual([])
})
