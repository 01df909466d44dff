import { createRng, type Rng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import cases from './fixtures/clusterings.json' with { type: 'json' }
import { parsed, pointsOf } from './fixtures/planted.ts'
import { kMeans, lloyd } from './k-means.ts'
import { squaredDistance } from './squared-distance.ts'

const rows = (...values: number[][]): Float64Array[] => values.map((value) => Float64Array.from(value))

test.each(cases)("Lloyd's rounds from given centres equal scikit-learn's: $title", (fixture) => {
  const points = pointsOf(fixture)
  const { labels, centres, inertia } = lloyd(points, [points[0], points[Math.floor(points.length / 2)], points[points.length - 1]])
  expect(labels).toEqual(parsed(fixture.lloyd.labels))
  expect(inertia).toBeCloseTo(fixture.lloyd.inertia, 8)
  const expected = parsed(fixture.lloyd.centres)
  for (const [index, value] of centres.flatMap((centre) => [...centre]).entries()) expect(value).toBeCloseTo(expected[index], 8)
})

test.each(cases)('twenty starts reach the least inertia of fifty of scikit-learn, seed best: $title', (fixture) => {
  const { inertia } = kMeans(pointsOf(fixture), { clusters: 3, rng: createRng('best'), restarts: 20 })
  expect(inertia).toBeCloseTo(fixture.leastInertia, 6)
})

test.each([1, 2, 3, 4, 5])('finds the best of all partitions of eight points, seed %i', (seed) => {
  const rng = createRng(`all-${seed}`)
  const points = Array.from({ length: 8 }, () => Float64Array.of(rng.normal(), rng.normal()))
  const inertiaOf = (members: Float64Array[]) => {
    const centre = Float64Array.of(0, 0).map((_, axis) => members.reduce((sum, point) => sum + point[axis] / members.length, 0))
    return members.reduce((sum, point) => sum + squaredDistance(point, centre), 0)
  }
  let least = Number.POSITIVE_INFINITY
  for (let code = 0; code < 3 ** 8; code += 1) {
    const groups = [0, 1, 2].map((group) => points.filter((_, point) => Math.floor(code / 3 ** point) % 3 === group))
    least = Math.min(
      least,
      groups.reduce((sum, members) => sum + inertiaOf(members), 0),
    )
  }
  expect(kMeans(points, { clusters: 3, rng, restarts: 30 }).inertia).toBeCloseTo(least, 9)
})

test('labels, centres and inertia belong together, and inputs stay as they were', () => {
  const points = rows([0, 0], [0, 2], [9, 9], [11, 9])
  const start = rows([1, 1], [8, 8])
  expect(lloyd(points, start)).toEqual({ labels: [0, 0, 1, 1], centres: rows([0, 1], [10, 9]), inertia: 4 })
  expect(start).toEqual(rows([1, 1], [8, 8]))
})

test('a point between two centres goes to the smaller index', () => {
  expect(lloyd(rows([0], [1], [2]), rows([0], [2])).labels).toEqual([0, 0, 1])
})

test('a centre without points moves to the point farthest from its own', () => {
  expect(lloyd(rows([0], [1], [10]), rows([0.5], [100], [200])).labels).toEqual([2, 0, 1])
})

test('a centre for which no point is left stays where it is', () => {
  expect(lloyd(rows([3], [3]), rows([3], [7]))).toEqual({ labels: [0, 0], centres: rows([3], [7]), inertia: 0 })
})

test('fewer distinct points than clusters: one centre for each of them', () => {
  const result = kMeans(rows([1], [1], [4], [1]), { clusters: 3, rng: createRng('few') })
  expect(result.inertia).toBe(0)
  expect(result.centres.map(([value]) => value).sort()).toEqual([1, 4])
  expect(kMeans([], { clusters: 2, rng: createRng('few') })).toEqual({ labels: [], centres: [], inertia: 0 })
})

test('k-means++ draws the next centre in proportion to the squared distance', () => {
  // First centre 0, then squared distances 0, 1, 9: point 1 is the second centre for draws below 0.1, point 2 for the others.
  const drawing = (uniform: number): Rng => ({ ...createRng('unused'), below: () => 0, uniform: () => uniform })
  const centresAfter = (uniform: number) => kMeans(rows([0], [1], [3]), { clusters: 3, rng: drawing(uniform), restarts: 1 }).centres
  expect(centresAfter(0.0999)).toEqual(rows([0], [1], [3]))
  expect(centresAfter(0.1001)).toEqual(rows([0], [3], [1]))
})

test('a draw that rounding puts at the very end costs no centre', () => {
  const pastTheEnd: Rng = { ...createRng('unused'), below: () => 0, uniform: () => 1 }
  expect(kMeans(rows([0], [3], [0]), { clusters: 2, rng: pastTheEnd, restarts: 1 }).centres).toEqual(rows([0], [3]))
})

test('the same seed gives the same result', () => {
  const points = pointsOf(cases[1])
  const run = () => kMeans(points, { clusters: 4, rng: createRng('again'), restarts: 1 })
  expect(run()).toEqual(run())
})

test.each([0, 1.5])('refuses %d clusters', (clusters) => {
  expect(() => kMeans(rows([0]), { clusters, rng: createRng('none') })).toThrow(RangeError)
})
