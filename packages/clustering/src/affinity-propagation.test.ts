import { createRng, shuffled } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { affinityPropagation } from './affinity-propagation.ts'
import cases from './fixtures/clusterings.json' with { type: 'json' }
import { euclidean, matrixOf, parsed, plantedUpdates, pointsOf, reordered, reorderedMatrix } from './fixtures/planted.ts'
import { renumbered } from './labels.ts'
import { cosineDistances, type DistanceMatrix } from './similarity.ts'

const negated = ({ size, entries }: DistanceMatrix): DistanceMatrix => ({ size, entries: entries.map((entry) => -entry) })

test.each(cases)('equals scikit-learn: $title', (fixture) => {
  const similarities = negated(euclidean(pointsOf(fixture)))
  const least = Math.min(...similarities.entries)
  expect(affinityPropagation(similarities)).toEqual(renumbered(parsed(fixture.affinity)))
  expect(affinityPropagation(similarities, { damping: 0.7, preference: least })).toEqual(renumbered(parsed(fixture.affinityDemanding)))
})

test.each(cases)('with the published sign, distances taken for similarities, it goes wrong in the same way as scikit-learn: $title', (fixture) => {
  expect(affinityPropagation(euclidean(pointsOf(fixture)))).toEqual(renumbered(parsed(fixture.affinityOfDistances)))
})

test('ties go to the smallest index and do not stop the rounds', () => {
  const twins = matrixOf(6, (a, b) => (a === b ? 0 : a % 2 === b % 2 ? -1 : -10))
  expect(affinityPropagation(twins)).toEqual([0, 1, 0, 1, 0, 1])
  const square = negated(
    euclidean(
      [
        [0, 0],
        [0, 1],
        [1, 1],
        [1, 0],
      ].map((point) => Float64Array.from(point)),
    ),
  )
  expect(affinityPropagation(square, { preference: -3 })).toEqual([0, 0, 0, 0])
})

test('a point halfway between two exemplars follows the one with the smaller index', () => {
  const line = negated(euclidean([-11, -10, -9, 0, 9, 10, 11].map((place) => Float64Array.of(place))))
  expect(affinityPropagation(line, { preference: -15 })).toEqual([0, 0, 0, 0, 1, 1, 1])
})

test('when the messages go round in circles and no exemplar has emerged all is noise; more damping stops the circling', () => {
  const upper = [
    [0, -1, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, -5],
  ]
  const circling = matrixOf(4, (a, b) => (a === b ? 0 : upper[Math.min(a, b)][Math.max(a, b)]))
  expect(affinityPropagation(circling, { preference: -1 })).toEqual([-1, -1, -1, -1])
  expect(affinityPropagation(circling, { preference: -1, damping: 0.8 })).not.toContain(-1)
})

test('with equal similarities the preference decides: one cluster or as many as points', () => {
  const equal = matrixOf(4, (a, b) => (a === b ? 0 : -1))
  expect(affinityPropagation(equal, { preference: -1 })).toEqual([0, 0, 0, 0])
  expect(affinityPropagation(equal, { preference: -0.5 })).toEqual([0, 1, 2, 3])
})

test('no points, one point', () => {
  expect(affinityPropagation(matrixOf(0, () => 0))).toEqual([])
  expect(affinityPropagation(matrixOf(1, () => 0))).toEqual([0])
})

test.each([0.4, 1, Number.NaN])('refuses damping %d', (damping) => {
  expect(() =>
    affinityPropagation(
      matrixOf(3, (a, b) => -Math.abs(a - b)),
      { damping },
    ),
  ).toThrow(RangeError)
})

test.each([1, 2, 3])('invariant to the order of clients (invariant 7), seed %i', (seed) => {
  const similarities = negated(cosineDistances(plantedUpdates(`affinity-${seed}`, [4, 6, 5]).rows))
  const order = shuffled(
    Array.from({ length: 15 }, (_, client) => client),
    createRng(`affinity-${seed}`),
  )
  const labels = affinityPropagation(similarities)
  expect(labels).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
  expect(affinityPropagation(reorderedMatrix(similarities, order))).toEqual(renumbered(reordered(labels, order)))
})
