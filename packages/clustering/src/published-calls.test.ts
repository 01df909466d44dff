import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { affinityPropagation } from './affinity-propagation.ts'
import { adjustedRandIndex } from './agreement.ts'
import { plantedUpdates } from './fixtures/planted.ts'
import { hdbscan } from './hdbscan.ts'
import { kMeans } from './k-means.ts'
import { agglomerate, cutAt } from './linkage.ts'
import { meanShift } from './mean-shift.ts'
import { cosineDistances, type DistanceMatrix } from './similarity.ts'

/** Mean adjusted Rand index over 30 draws of 15 clients in 3 groups of 5. */
function meanAgreement(cluster: (distances: DistanceMatrix, seed: string) => number[]): number {
  let sum = 0
  for (let draw = 0; draw < 30; draw += 1) {
    const { rows, truth } = plantedUpdates(`published-${draw}`, [5, 5, 5], { length: 1000, spread: 0.8 })
    sum += adjustedRandIndex(cluster(cosineDistances(rows), `published-${draw}`), truth)
  }
  return sum / 30
}

const mapped = ({ size, entries }: DistanceMatrix, value: (entry: number) => number): DistanceMatrix => ({ size, entries: entries.map(value) })
const rowsOf = ({ size, entries }: DistanceMatrix): (Float32Array | Float64Array)[] =>
  Array.from({ length: size }, (_, row) => entries.subarray(row * size, (row + 1) * size))

// ocfl.md section 6: which clusterer calls of the published runs are right, and which take distances for similarities or the reverse. Draws: seeds published-0 .. 29.
test('affinity propagation: distances taken for similarities fail, negated distances and cosines find the groups', () => {
  expect(meanAgreement((distances) => affinityPropagation(distances))).toBeLessThan(0.4)
  expect(meanAgreement((distances) => affinityPropagation(mapped(distances, (entry) => -entry)))).toBeCloseTo(1, 9)
  expect(meanAgreement((distances) => affinityPropagation(mapped(distances, (entry) => 1 - entry)))).toBeCloseTo(1, 9)
})

test('average linkage: similarities taken for distances and cut at 0.05 fail, distances cut at 0.9 find the groups', () => {
  expect(
    meanAgreement((distances) =>
      cutAt(
        agglomerate(
          mapped(distances, (entry) => 1 - entry),
          'average',
        ),
        0.05,
      ),
    ),
  ).toBeLessThan(0.1)
  expect(meanAgreement((distances) => cutAt(agglomerate(distances, 'average'), 0.9))).toBeCloseTo(1, 9)
})

test('HDBSCAN on distances, k-means and mean shift on rows of distances find the groups', () => {
  expect(meanAgreement((distances) => hdbscan(distances, { minClusterSize: 3 }))).toBeCloseTo(1, 9)
  expect(meanAgreement((distances, seed) => kMeans(rowsOf(distances), { clusters: 3, rng: createRng(seed) }).labels)).toBeCloseTo(1, 9)
  expect(meanAgreement((distances) => meanShift(rowsOf(distances)))).toBeGreaterThan(0.9)
})
