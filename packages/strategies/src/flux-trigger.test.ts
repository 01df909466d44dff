import { expect, test } from 'vitest'
import { isClusteringDue } from './flux-trigger.ts'

const options = { clusterAt: null, threshold: 0.06, latestShare: 0.8 }
/** The round, counted from 1, after which groups are looked for; null where that is never. */
const firesAfter = (accuracies: readonly (number | null)[], rounds: number, changed: Partial<Parameters<typeof isClusteringDue>[3]> = {}): number | null => {
  for (let round = 1; round <= rounds; round += 1) {
    const known = accuracies.slice(0, round).filter((accuracy) => accuracy !== null)
    if (isClusteringDue(known, round, rounds, { ...options, ...changed })) return round
  }
  return null
}

test('once a round has brought less than the threshold, though it be long ago, and not before the third', () => {
  expect(firesAfter([0.5, 0.52, 0.9, 0.99], 10)).toBe(3)
  expect(firesAfter([0.1, 0.2, 0.3, 0.4, 0.45], 10)).toBe(5)
  expect(firesAfter([0.1, 0.2, 0.3, 0.25], 10)).toBe(4)
})

test('rounds that were not measured are skipped', () => {
  expect(firesAfter([0.1, null, null, 0.2, null, 0.22], 10)).toBe(6)
})

test.each([
  [10, 8],
  [15, 12],
  [20, 16],
  [7, 6],
  [4, 3],
  [3, 2],
  [2, 1],
])('of %i rounds the %i-th is the latest', (rounds, latest) => {
  expect(firesAfter([], rounds)).toBe(latest)
})

test('a round of the operator has no regard for accuracies', () => {
  expect(firesAfter([0.5, 0.5, 0.5, 0.5, 0.5], 10, { clusterAt: 5 })).toBe(5)
})

test('another threshold, another share', () => {
  expect(firesAfter([0.1, 0.2, 0.3], 10, { threshold: 0.2 })).toBe(3)
  expect(firesAfter([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 10, { latestShare: 0.5 })).toBe(5)
})
