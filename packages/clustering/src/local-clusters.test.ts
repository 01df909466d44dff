import { createRng, type Rng } from '@shoal/numeric'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adjustedRandIndex } from './agreement.ts'
import { farthestFirst } from './farthest-first.ts'
import cases from './fixtures/local-clusters.json' with { type: 'json' }
import { parsed, pointsOf } from './fixtures/planted.ts'
import { clearMeans, givenCentroids, localClusters } from './local-clusters.ts'
import { pointMatrix } from './point-matrix.ts'
import { squaredDistance } from './squared-distance.ts'

const find = (rows: readonly Float32Array[], asked: number | null, seed = 'seed', most = 6) =>
  localClusters({ points: pointMatrix(rows), localClusters: asked, most, seed })

const sortedRows = (rows: readonly (Float32Array | Float64Array)[]): number[][] =>
  rows.map((row) => [...row]).sort((left, right) => left.reduce((sign, value, entry) => (sign !== 0 ? sign : value - right[entry]), 0))

test.each(cases)("centroids and sizes are those of numpy's SVD and scikit-learn's k-means: $title", (fixture) => {
  const { centroids, labels } = find(
    pointsOf(fixture).map((row) => Float32Array.from(row)),
    fixture.clusters,
  )
  const expected = parsed(fixture.centroids)
  for (const [index, value] of sortedRows(centroids).flat().entries()) expect(value).toBeCloseTo(expected[index], 4)
  const sizes = centroids.map((_, index) => labels.filter((label) => label === index).length)
  expect(sizes.toSorted()).toEqual(parsed(fixture.sizes).toSorted())
})

test.each(cases)("means of the points that clearly belong to a seed are numpy's: $title", (fixture) => {
  // In coordinates of the whole space: those of the projection turned and padded with zeros, which leaves all distances.
  const projector = parsed(fixture.projector)
  const onto = (row: Float64Array) =>
    Float32Array.from(row, (_, entry) => row.reduce((sum, value, other) => sum + value * projector[entry * row.length + other], 0))
  const found = clearMeans(pointMatrix(pointsOf(fixture).map(onto)), Float64Array.from(parsed(fixture.seeds)))
  for (const [entry, value] of parsed(fixture.clearMeans).entries()) expect(found[entry]).toBeCloseTo(value, 4)
})

test('a seed begins at the mean of its clear points, or at itself where it has none', () => {
  const points = pointMatrix([[0], [2], [3], [10]].map((row) => Float32Array.from(row)))
  // 2 is at 2 and 8 of the seeds: clear, since 3 x 2 <= 8; 3 is at 3 and 7: not.
  expect([...clearMeans(points, Float64Array.of(0, 10))]).toEqual([1, 10])
  expect([...clearMeans(pointMatrix([[4], [5], [6]].map((row) => Float32Array.from(row))), Float64Array.of(0, 10))]).toEqual([0, 10])
  expect([...clearMeans(points, Float64Array.of(0))]).toEqual([3.75])
})

/** `count` points around each of `centres`, unit normal, in order. */
const around = (centres: readonly Float64Array[], count: number, rng: Rng): Float32Array[] =>
  centres.flatMap((centre) => Array.from({ length: count }, () => Float32Array.from(centre, (value) => value + rng.normal())))

/** Centres at least 10 sigma sqrt(d) from each other. */
function farCentres(clusters: number, length: number, rng: Rng): Float64Array[] {
  const centres: Float64Array[] = []
  while (centres.length < clusters) {
    const centre = Float64Array.from({ length }, () => rng.normal() * 30)
    if (centres.every((other) => squaredDistance(other, centre) >= 100 * length)) centres.push(centre)
  }
  return centres
}

test("invariant 10: well-separated Gaussians, k' = true local number: k-FED exact (seeds by fast-check)", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 1, max: 3 }),
      (seed, clusters, length, local) => {
        const rng = createRng(seed)
        const centres = farCentres(clusters, length, rng)
        const own = Math.min(local, clusters)
        const clients = Array.from({ length: clusters }, (_, client) => Array.from({ length: own }, (__, index) => (client + index) % clusters))
        const truth = clients.flatMap((held) => held.flatMap((label) => new Array<number>(12).fill(label)))
        const found = clients.map((held, client) =>
          find(
            around(
              held.map((label) => centres[label]),
              12,
              rng,
            ),
            own,
            `${seed} ${client}`,
          ),
        )
        const rows = found.flatMap(({ centroids }) => centroids)
        const { labels } = farthestFirst({ rows, clusters, seed })
        let first = 0
        const points = found.flatMap((client) => {
          const start = first
          first += client.centroids.length
          return Array.from(client.labels, (label) => labels[start + label])
        })
        expect(adjustedRandIndex(points, truth)).toBe(1)
      },
    ),
    { numRuns: 40 },
  )
})

test('invariant 2: K = 1: the label is constant, the centroid the mean (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 30 }), (seed, count) => {
      const rows = around([Float64Array.of(3, -1, 0)], count, createRng(seed))
      const { centroids, labels } = find(rows, 1, seed)
      expect([...labels].every((label) => label === 0)).toBe(true)
      for (const entry of [0, 1, 2])
        expect(centroids[0][entry]).toBeCloseTo(
          rows.reduce((sum, row) => sum + row[entry] / count, 0),
          4,
        )
    }),
    { numRuns: 30 },
  )
})

describe('invariant 9 and guards: what is given', () => {
  test("invariant 9: k' centroids of d numbers, 4 k' d bytes (seeds by fast-check)", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }), (seed, clusters, length) => {
        const local = find(around([new Float64Array(length)], 40, createRng(seed)), clusters, seed)
        const given = givenCentroids(local, { clusters, minPoints: 1 })
        expect(given.reduce((bytes, row) => bytes + row.byteLength, 0)).toBe(4 * clusters * length)
      }),
      { numRuns: 40 },
    )
  })

  test("guard: identical points: fewer distinct points than k' lower k', and nothing is divided by 0 (seeds by fast-check)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -1, max: 1 }), fc.integer({ min: 0, max: 1 })), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        (values, asked) => {
          const { centroids, labels } = find(
            values.map((value) => Float32Array.from(value)),
            asked,
          )
          const distinct = new Set(values.map(String)).size
          expect(centroids.length).toBeLessThanOrEqual(Math.min(asked, distinct))
          expect(centroids.length).toBeGreaterThanOrEqual(1)
          expect(centroids.flatMap((row) => [...row]).every(Number.isFinite)).toBe(true)
          expect(labels).toHaveLength(values.length)
          expect(new Set(labels).size).toBe(centroids.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('three distinct points are three clusters, whatever is asked for', () => {
    const rows = [
      [0, 0],
      [4, 0],
      [0, 5],
      [4, 0],
      [0, 5],
      [0, 0],
    ].map((row) => Float32Array.from(row))
    for (const asked of [3, 5])
      expect(sortedRows(find(rows, asked).centroids)).toEqual([
        [0, 0],
        [0, 5],
        [4, 0],
      ])
  })

  test("guard: a client of no more than k' points sends nothing, of one more it does", () => {
    const rows = around([Float64Array.of(0, 0)], 4, createRng('few'))
    expect(givenCentroids(find(rows, 4), { clusters: 4, minPoints: 1 })).toEqual([])
    expect(givenCentroids(find(rows, 3), { clusters: 3, minPoints: 1 })).toHaveLength(3)
  })

  test('guard: dirty clients: a centroid of fewer than `minPoints` points is not given', () => {
    const rows = [...around([Float64Array.of(0, 0), Float64Array.of(90, 0)], 10, createRng('dirty')), Float32Array.of(0, 500), Float32Array.of(0, 501)]
    const local = find(rows, 3)
    expect(local.centroids).toHaveLength(3)
    expect(givenCentroids(local, { clusters: 3, minPoints: 3 }).every((row) => row[1] < 10)).toBe(true)
    expect(givenCentroids(local, { clusters: 3, minPoints: 3 })).toHaveLength(2)
    expect(givenCentroids(local, { clusters: 3, minPoints: 2 })).toHaveLength(3)
  })

  test('no points: no centroids', () => {
    expect(localClusters({ points: { count: 0, entries: 3, values: new Float32Array(0) }, localClusters: null, most: 4, seed: 'none' })).toEqual({
      centroids: [],
      labels: new Uint8Array(0),
    })
  })
})

test.each([1, 2, 3, 4, 5])("k' by silhouette: the number of Gaussians in 16 dimensions, seed %i", (seed) => {
  const rng = createRng(`silhouette ${seed}`)
  for (const clusters of [1, 2, 4]) {
    const rows = around(farCentres(clusters, 16, rng), 40, rng)
    expect(find(rows, null, `count ${seed}`).centroids).toHaveLength(clusters)
  }
})

test('the same seed gives the same clusters', () => {
  const rows = around([Float64Array.of(0, 0, 1)], 60, createRng('again'))
  expect(find(rows, 5)).toEqual(find(rows, 5))
})
