import { expect, test } from 'vitest'
import cases from './fixtures/clusterings.json' with { type: 'json' }
import { euclidean, matrixOf, parsed, plantedUpdates, pointsOf } from './fixtures/planted.ts'
import { LabelCountError } from './labels.ts'
import { contrast, silhouette } from './silhouette.ts'
import { cosineDistances } from './similarity.ts'

const line = euclidean([0, 1, 5, 7, 20].map((place) => Float64Array.of(place)))

test.each(cases)('equals scikit-learn, noise left out: $title', (fixture) => {
  const points = pointsOf(fixture)
  expect(silhouette(euclidean(points), parsed(fixture.best))).toBeCloseTo(fixture.silhouetteOfBest, 9)
  expect(
    silhouette(
      euclidean(points),
      points.map((_, index) => (index % 4) - 1),
    ),
  ).toBeCloseTo(fixture.silhouetteOfEveryFourth, 9)
})

test('by hand: two pairs, one alone counting 0', () => {
  const expected = [(6 - 1) / 6, (5 - 1) / 5, (4.5 - 2) / 4.5, (6.5 - 2) / 6.5, 0]
  expect(silhouette(line, [0, 0, 1, 1, 2])).toBeCloseTo(expected.reduce((sum, value) => sum + value, 0) / 5, 12)
  expect(silhouette(line, [0, 0, 1, 1, -1])).toBeCloseTo(expected.reduce((sum, value) => sum + value, 0) / 4, 12)
})

test('numbers of clusters may have gaps', () => {
  expect(silhouette(line, [7, 7, 2, 2, -1])).toBe(silhouette(line, [0, 0, 1, 1, -1]))
})

test.each([
  ['one cluster', [0, 0, 0, 0, 0]],
  ['all noise', [-1, -1, -1, -1, -1]],
  ['one cluster and noise', [0, 0, -1, -1, -1]],
  ['only clusters of one', [0, 1, 2, 3, 4]],
])('no structure is 0, never NaN: %s', (_, labels) => {
  expect(silhouette(line, labels)).toBe(0)
  expect(contrast(line, labels)).toBe(0)
})

test('points that are all equal have silhouette 0', () => {
  expect(
    silhouette(
      matrixOf(4, () => 0),
      [0, 0, 1, 1],
    ),
  ).toBe(0)
})

test('contrast by hand: mean over pairs across minus mean over pairs within', () => {
  expect(contrast(line, [0, 0, 1, 1, -1])).toBe((5 + 7 + 4 + 6) / 4 - (1 + 2) / 2)
})

test.each([1, 2, 3])('planted groups pass the acceptance bounds 0.1 and 0.1, the same labels on one crowd do not, seed %i', (seed) => {
  const planted = plantedUpdates(`accept-${seed}`, [5, 5, 5])
  const distances = cosineDistances(planted.rows)
  expect(silhouette(distances, planted.truth)).toBeGreaterThan(0.1)
  expect(contrast(distances, planted.truth)).toBeGreaterThan(0.1)
  const crowd = cosineDistances(plantedUpdates(`accept-${seed}`, [15]).rows)
  expect(silhouette(crowd, planted.truth)).toBeLessThan(0.1)
  expect(contrast(crowd, planted.truth)).toBeLessThan(0.1)
})

test('refuses labels of another number of points', () => {
  expect(() => silhouette(line, [0, 1])).toThrow(LabelCountError)
  expect(() => contrast(line, [0, 1])).toThrow(LabelCountError)
})
