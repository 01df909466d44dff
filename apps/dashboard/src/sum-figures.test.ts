import { expect, test } from 'vitest'
import { fewestToOpen, leastCohortSize, membersForNoise, noiseToSignal, smallestSum, sumsPaidFor } from './sum-figures.ts'

const NOISE = { noiseMultiplier: 1, delta: 1e-5, budget: 8, assumeDropped: 0, assumeColluding: 0 }

test.each([
  [4, 32, 4],
  [47, 32, 47],
  [50, 32, 25],
  [100, 32, 33],
  [1000, 32, 32],
  [300, 255, 150],
])('%i volunteers in sums of about %i: the smallest is over %i', (volunteers, cohortSize, members) => {
  expect(smallestSum(volunteers, cohortSize)).toBe(members)
})

test('from the least cohort size on no sum comes out below kMin, however many take part; one less and some does', () => {
  const smallestOf = (size: number, kMin: number): number => Math.min(...Array.from({ length: 2000 }, (_, more) => smallestSum(kMin + more, size)))
  for (const kMin of [3, 4, 8, 20, 100]) {
    expect(smallestOf(leastCohortSize(kMin), kMin)).toBeGreaterThanOrEqual(kMin)
    expect(smallestOf(leastCohortSize(kMin) - 1, kMin)).toBeLessThan(kMin)
  }
})

test.each([
  [4, 3, 3],
  [8, 3, 6],
  [32, 8, 22],
  [9, 8, 8],
])('of %i volunteers, and at least %i, %i must stay', (members, kMin, fewest) => {
  expect(fewestToOpen(members, kMin)).toBe(fewest)
})

test.each([
  [10_000, 100, 1, 0, 1],
  [10_000, 1000, 4, 0, 0.4],
  [100_000, 1000, 1, 0, 0.316],
  [1_000_000, 1000, 1, 0, 1],
  [10_000, 10, 1, 0.3, 100 / 7],
])(
  '%i numbers, %i volunteers, noise of %d clips, a share of %d dropped: the noise is %d times the update',
  (numbers, members, noiseMultiplier, assumeDropped, ratio) => {
    expect(noiseToSignal(numbers, members, { ...NOISE, noiseMultiplier, assumeDropped })).toBeCloseTo(ratio, 3)
  },
)

test('with as many volunteers as are advised the noise is no longer worth a warning; with one less it is', () => {
  for (const assumeDropped of [0, 0.3]) {
    const noise = { ...NOISE, assumeDropped }
    const advised = membersForNoise(6186, noise)
    expect(noiseToSignal(6186, advised, noise)).toBeLessThanOrEqual(0.5)
    expect(noiseToSignal(6186, advised - 1 / (1 - assumeDropped), noise)).toBeGreaterThan(0.5)
  }
})

// The devices' own account at delta 1e-5 (packages/privacy) allows 8, 35, 8, 142, 2 and 0: what the page promises is never more.
test.each([
  [2, 8, 7],
  [4, 8, 30],
  [4, 3.6, 7],
  [8, 8, 121],
  [1, 8, 1],
  [0.5, 8, 0],
])('noise of %d clips and a budget of %d pay for %i sums', (noiseMultiplier, budget, sums) => {
  expect(sumsPaidFor({ ...NOISE, noiseMultiplier, budget })).toBe(sums)
})
