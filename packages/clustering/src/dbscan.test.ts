import { createRng, shuffled } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { dbscan } from './dbscan.ts'
import cases from './fixtures/clusterings.json' with { type: 'json' }
import { euclidean, matrixOf, parsed, plantedUpdates, pointsOf, reordered, reorderedMatrix } from './fixtures/planted.ts'
import { renumbered } from './labels.ts'
import { cosineDistances, type DistanceMatrix } from './similarity.ts'

const onLine = (places: readonly number[]): DistanceMatrix => euclidean(places.map((place) => Float64Array.of(place)))

test.each(cases)('equals scikit-learn: $title', (fixture) => {
  const distances = euclidean(pointsOf(fixture))
  for (const { radius, minPoints, labels } of fixture.dbscan) expect(dbscan(distances, { radius, minPoints })).toEqual(renumbered(parsed(labels)))
})

/** Clusters as components of "core points at most `radius` apart", by repeated merging. */
function coreComponents({ size, entries }: DistanceMatrix, radius: number, minPoints: number): number[] {
  const near = (a: number, b: number) => entries[a * size + b] <= radius
  const all = Array.from({ length: size }, (_, point) => point)
  const core = all.map((a) => all.filter((b) => near(a, b)).length >= minPoints)
  const component = all.map((point) => (core[point] ? point : -1))
  for (let changed = true; changed; ) {
    changed = false
    for (const a of all) {
      for (const b of all) {
        if (!core[a] || !core[b] || !near(a, b) || component[a] <= component[b]) continue
        component[a] = component[b]
        changed = true
      }
    }
  }
  return all
    .map((a) => (core[a] ? component[a] : Math.min(...all.filter((b) => core[b] && near(a, b)).map((b) => component[b]), size)))
    .map((c) => (c === size ? -1 : c))
}

test.each([1, 2, 3, 4])('equals plain merging of core points, seed %i', (seed) => {
  const rng = createRng(`dbscan-${seed}`)
  const distances = euclidean(Array.from({ length: 40 }, () => Float64Array.of(rng.uniform() * 5, rng.uniform() * 5)))
  for (const minPoints of [1, 2, 3, 5]) expect(dbscan(distances, { radius: 0.6, minPoints })).toEqual(renumbered(coreComponents(distances, 0.6, minPoints)))
})

test('the radius itself is within reach, and the point itself counts', () => {
  expect(dbscan(onLine([0, 1, 2.5]), { radius: 1, minPoints: 2 })).toEqual([0, 0, -1])
  expect(dbscan(onLine([0, 1, 2.5]), { radius: 1, minPoints: 1 })).toEqual([0, 0, 1])
})

test('a border point between two clusters joins the one with the smallest core point', () => {
  const places = [10, 10.1, 10.2, 11.2, 12.2, 12.3, 12.4]
  expect(dbscan(onLine(places), { radius: 1, minPoints: 4 })).toEqual([0, 0, 0, 0, 1, 1, 1])
  expect(dbscan(onLine([...places].reverse()), { radius: 1, minPoints: 4 })).toEqual([0, 0, 0, 0, 1, 1, 1])
})

test('all noise, and no points at all', () => {
  expect(dbscan(onLine([0, 5, 10]), { radius: 1, minPoints: 2 })).toEqual([-1, -1, -1])
  expect(
    dbscan(
      matrixOf(0, () => 0),
      { radius: 1, minPoints: 2 },
    ),
  ).toEqual([])
})

test('invariant to the order of clients (invariant 7), seed line', () => {
  const distances = cosineDistances(plantedUpdates('line', [4, 6, 5]).rows)
  const options = { radius: 0.6, minPoints: 3 }
  const order = shuffled([...distances.entries.subarray(0, 15).keys()], createRng('line'))
  expect(dbscan(distances, options)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
  expect(dbscan(reorderedMatrix(distances, order), options)).toEqual(renumbered(reordered(dbscan(distances, options), order)))
})
