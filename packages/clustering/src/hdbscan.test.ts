import { createRng, shuffled } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adjustedRandIndex } from './agreement.ts'
import cases from './fixtures/hdbscan.json' with { type: 'json' }
import { euclidean, matrixOf, parsed, plantedUpdates, reordered, reorderedMatrix } from './fixtures/planted.ts'
import { hdbscan } from './hdbscan.ts'
import { NOISE, renumbered } from './labels.ts'
import { cosineDistances, type DistanceMatrix } from './similarity.ts'

test.each(cases)('equals scikit-learn up to the numbers of the clusters: $title', ({ points, distances, minClusterSize, minSamples, labels }) => {
  const upper = parsed(distances)
  const matrix = matrixOf(points, (a, b) => (a === b ? 0 : upper[Math.min(a, b) * points - (Math.min(a, b) * (Math.min(a, b) + 3)) / 2 + Math.max(a, b) - 1]))
  expect(hdbscan(matrix, { minClusterSize, minSamples })).toEqual(renumbered(parsed(labels)))
})

/** The definitions word by word: cut the complete graph at every level, keep components that are large enough, follow them down. For levels without ties. */
function hdbscanByDefinition(distances: DistanceMatrix, minClusterSize: number, minSamples: number): number[] {
  const { size } = distances
  const all = Array.from({ length: size }, (_, point) => point)
  const between = (a: number, b: number) => distances.entries[a * size + b]
  const cores = all.map((a) => all.map((b) => between(a, b)).sort((x, y) => x - y)[minSamples - 1])
  const reach = (a: number, b: number) => Math.max(cores[a], cores[b], between(a, b))
  const components = (members: readonly number[], below: number): number[][] => {
    const rest = new Set(members)
    const found: number[][] = []
    for (const seed of members) {
      if (!rest.delete(seed)) continue
      const component = [seed]
      for (const point of component) for (const other of [...rest]) if (reach(point, other) < below && rest.delete(other)) component.push(other)
      found.push(component)
    }
    return found
  }
  /** The greatest level at which cutting breaks a connected set. */
  const splittingLevel = (members: readonly number[]): number => {
    const levels = members.flatMap((a) => members.flatMap((b) => (a < b ? [reach(a, b)] : []))).sort((x, y) => y - x)
    return levels.find((level) => components(members, level).length > 1) ?? Number.NaN
  }
  interface Cluster {
    readonly points: readonly number[]
    readonly stability: number
    /** What is selected below a cluster if it is not selected itself. */
    readonly below: readonly Cluster[]
  }
  const total = (clusters: readonly Cluster[]): number => clusters.reduce((sum, { stability }) => sum + stability, 0)
  const selected = (cluster: Cluster): readonly Cluster[] => (total(cluster.below) > cluster.stability ? cluster.below : [cluster])
  const grow = (points: readonly number[], birth: number): Cluster => {
    let members = points
    let stability = 0
    for (;;) {
      const level = splittingLevel(members)
      const large = components(members, level).filter((part) => part.length >= minClusterSize)
      const leaving = large.length === 1 ? members.length - large[0].length : members.length
      stability += (1 / level - birth) * leaving
      if (large.length !== 1) return { points, stability, below: large.flatMap((part) => selected(grow(part, 1 / level))) }
      members = large[0]
    }
  }
  const labels = all.map(() => NOISE)
  if (size < minClusterSize) return labels
  for (const [label, { points }] of grow(all, 0).below.entries()) for (const point of points) labels[point] = label
  return renumbered(labels)
}

test('equals the definition on small clouds without ties (minSamples 1 and 2 have none)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 22 }),
      fc.integer({ min: 2, max: 5 }),
      fc.integer({ min: 1, max: 2 }),
      fc.nat(1e6),
      (size, minClusterSize, minSamples, seed) => {
        const rng = createRng(String(seed))
        const distances = euclidean(Array.from({ length: size }, () => Float64Array.of(rng.normal() + 3 * rng.below(3), rng.normal())))
        expect(hdbscan(distances, { minClusterSize, minSamples })).toEqual(hdbscanByDefinition(distances, minClusterSize, minSamples))
      },
    ),
    { numRuns: 150, seed: 5 },
  )
})

test.each([1, 2, 3, 4, 5])('planted groups are found in any order of clients (invariant 7), seed %i', (seed) => {
  const { rows, truth } = plantedUpdates(`order-${seed}`, [5, 7, 9])
  const distances = cosineDistances(rows)
  const labels = hdbscan(distances, { minClusterSize: 3 })
  expect(adjustedRandIndex(labels, truth)).toBe(1)
  const order = shuffled(
    rows.map((_, client) => client),
    createRng(`order-${seed}`),
  )
  expect(hdbscan(reorderedMatrix(distances, order), { minClusterSize: 3 })).toEqual(renumbered(reordered(labels, order)))
})

test('a cluster that is exactly as stable as its children together is kept whole', () => {
  // Points 0-7 part at 1/2 into fours, each of which ends at 1/3: (2 - 1) * 8 = 2 * (3 - 2) * 4. Points 8-15 stay together until 1/3.
  const distances = matrixOf(16, (a, b) => (a === b ? 0 : a >> 3 !== b >> 3 ? 1 : a < 8 && a >> 2 !== b >> 2 ? 1 / 2 : 1 / 3))
  expect(hdbscan(distances, { minClusterSize: 3, minSamples: 1 })).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
})

test('float32 distances give the labels of the same numbers in float64', () => {
  const { rows } = plantedUpdates('storage', [6, 6])
  const entries = Float32Array.from(cosineDistances(rows).entries)
  const options = { minClusterSize: 3 }
  expect(hdbscan({ size: 12, entries }, options)).toEqual(hdbscan({ size: 12, entries: Float64Array.from(entries) }, options))
  expect(hdbscan({ size: 12, entries }, options)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
})

test('does not touch the distances', () => {
  const distances = euclidean([3, 1, 2, 9, 8, 7].map((x) => Float64Array.of(x)))
  const before = distances.entries.slice()
  expect(hdbscan(distances, { minClusterSize: 3 })).toEqual([0, 0, 0, 1, 1, 1])
  expect(distances.entries).toEqual(before)
})

test.each([0, 1, 2])('%i points are noise when clusters need 3', (size) => {
  expect(
    hdbscan(
      matrixOf(size, (a, b) => Math.abs(a - b)),
      { minClusterSize: 3 },
    ),
  ).toEqual(new Array(size).fill(NOISE))
})

test('fewer points than minSamples are noise: nobody has so many neighbours', () => {
  expect(
    hdbscan(
      matrixOf(5, (a, b) => Math.abs(a - b)),
      { minClusterSize: 2, minSamples: 6 },
    ),
  ).toEqual([-1, -1, -1, -1, -1])
})

test.each([{ minClusterSize: 1 }, { minClusterSize: 2.5 }, { minClusterSize: 3, minSamples: 0 }])('refuses %o', (options) => {
  expect(() =>
    hdbscan(
      matrixOf(4, (a, b) => Math.abs(a - b)),
      options,
    ),
  ).toThrow(RangeError)
})
