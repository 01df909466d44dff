import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LARGEST_INFLATION, LEAST_NOISE } from './accountant.ts'
import { createNoisePlan, leastCount, type NoisePlan, type NoiseTerms } from './noise-plan.ts'
import { addSkellam } from './skellam.ts'
import { loadSodium } from './sodium.ts'
import { deterministicWords } from './testing-words.ts'

const sodium = await loadSodium()
const SEED = 515
const terms: NoiseTerms = { clip: 2, z: 1, words: 10_000, cohortSize: 32, assumeDropped: 0.25, assumeColluding: 4 }

function planOf(changes: Partial<NoiseTerms> = {}): NoisePlan {
  const plan = createNoisePlan({ ...terms, ...changes })
  if (!plan.ok) throw new Error(plan.failure.detail)
  return plan.value
}

test('the noise is shared by those who surely survive and do not collude', () => {
  const { leastSurvivors, honestShares, clientVariance, scale, deviation } = planOf()
  expect({ leastSurvivors, honestShares }).toEqual({ leastSurvivors: 24, honestShares: 20 })
  expect(honestShares * clientVariance).toBeCloseTo((1 * 2 * scale) ** 2, -3)
  expect(deviation).toBeCloseTo(1 * 2 * Math.sqrt(32 / 20), 12)
})

test.each([
  [10, 0.3, 7],
  [10, 0.1, 9],
  [32, 0.1, 29],
  [3, 0, 3],
  [100, 0.45, 55], // in doubles 100 x 0.55 is above 55
  [7, 0.99, 1],
])('of %i clients of whom %d may drop at least %i survive', (cohortSize, assumeDropped, survivors) => {
  expect(planOf({ cohortSize, assumeDropped, assumeColluding: 0 }).leastSurvivors).toBe(survivors)
})

test(`every plan fits into a quarter of the ring, and keeps to what the accountant takes for granted (seed ${SEED})`, () => {
  const arbitrary = fc.record({
    clip: fc.double({ min: 0.01, max: 100, noNaN: true }),
    z: fc.double({ min: 0.1, max: 20, noNaN: true }),
    words: fc.integer({ min: 1, max: 17_000_000 }),
    cohortSize: fc.integer({ min: 3, max: 1000 }),
    assumeDropped: fc.double({ min: 0, max: 0.5, noNaN: true }),
    assumeColluding: fc.integer({ min: 0, max: 5 }),
  })
  let planned = 0
  fc.assert(
    fc.property(arbitrary, (drawn) => {
      const plan = createNoisePlan(drawn)
      if (!plan.ok) return
      planned += 1
      const { scale, range, valueBits, clientVariance, largestSum, honestShares, leastSurvivors } = plan.value
      const { clip, z, words, cohortSize, assumeDropped, assumeColluding } = drawn
      const largest = 2 ** (valueBits - 1) - 1
      expect(cohortSize * largest + 6 * Math.sqrt(cohortSize * clientVariance)).toBeLessThanOrEqual(largestSum + 1e-6)
      expect(largestSum).toBeLessThanOrEqual(2 ** 29)
      expect(valueBits).toBeLessThanOrEqual(32 - Math.ceil(Math.log2(cohortSize)) - 2) // or no manifest would take it
      expect(scale * range).toBeCloseTo(largest, 3)
      expect(1 + Math.sqrt(words) / (clip * scale)).toBeLessThanOrEqual(LARGEST_INFLATION + 1e-12)
      expect(z * clip * scale).toBeGreaterThanOrEqual(LEAST_NOISE)
      expect(leastSurvivors).toBeGreaterThanOrEqual(cohortSize * (1 - assumeDropped) - 1e-6)
      expect((leastSurvivors - assumeColluding) * clientVariance).toBeGreaterThanOrEqual((z * clip * scale) ** 2 * (1 - 1e-12))
      expect(honestShares).toBeGreaterThanOrEqual(1)
    }),
    { seed: SEED, numRuns: 1000 },
  )
  expect(planned).toBeGreaterThan(900)
})

test('[5.1.9] with the most drops and colluders that are assumed the sum still carries the noise (seed drops)', () => {
  const { honestShares, clientVariance, scale } = planOf({ cohortSize: 12, assumeDropped: 0.25, assumeColluding: 2 })
  expect(honestShares).toBe(7)
  const sum = new Float64Array(20_000)
  for (let client = 0; client < honestShares; client += 1) addSkellam(sum, clientVariance, deterministicWords(sodium, `drops ${client}`))
  const variance = sum.reduce((total, entry) => total + entry * entry, 0) / sum.length
  expect(variance / (1 * 2 * scale) ** 2).toBeGreaterThan(1 - 3 * Math.sqrt(2 / sum.length))
})

test.each([
  // privacy.md 2.7: P = 10k: g' = 100, z = 1 -> 1.0; g' = 1000, z = 4 -> 0.4. P = 100k: 1000, 1 -> 0.32. P = 1M: 1000, 1 -> 1.0.
  [10_000, 100, 1, 1],
  [10_000, 1000, 4, 0.4],
  [100_000, 1000, 1, 0.32],
  [1_000_000, 1000, 1, 1],
])('noise to signal at %i words, %i clients, z %d is %d', (words, cohortSize, z, ratio) => {
  const plan = planOf({ words, cohortSize, z, assumeDropped: 0, assumeColluding: 0 })
  expect(plan.noiseToSignal).toBeCloseTo(ratio, 2)
  expect(plan.warning === null).toBe(ratio <= 0.5)
})

test('the warning names what would do', () => {
  expect(planOf().warning).toBe(
    'the noise in the mean is 4.2 times as long as the longest update: take a smaller model, less noise, or at least 200 volunteers in each sum',
  )
  expect(planOf({ cohortSize: 200, assumeDropped: 0, assumeColluding: 0 }).warning).toBe(null)
  expect(planOf({ words: 1_000_000 }).warning).toContain('is 42 times')
})

test('a vector that is not rotated has its own range', () => {
  const { range, scale, valueBits } = planOf({ words: 64, clip: 1, range: 1 })
  expect(range).toBe(1)
  expect(scale).toBe(2 ** (valueBits - 1) - 1)
})

test('three deviations are taken off a noisy count', () => {
  expect(leastCount(20, planOf({ clip: 1, assumeDropped: 0, assumeColluding: 0 }).deviation)).toBe(17)
})

test.each<[string, Partial<NoiseTerms>]>([
  ['of 24 survivors 24 may collude: nobody is left to add noise', { assumeColluding: 24 }],
  ['no room in the ring for 10000 words of 32 clients with noise of 1000000 clips', { z: 1e6 }],
  ['no room in the ring for 10000 words of 32 clients with noise of 1 clips', { range: 1e6 }],
  ['no room in the ring for 1 words of 1000000000 clients with noise of 1 clips', { words: 1, cohortSize: 1e9 }],
  ['no room in the ring for 1 words of 3 clients with noise of 1e-7 clips', { words: 1, cohortSize: 3, assumeDropped: 0, assumeColluding: 0, z: 1e-7 }],
  ['clip and range are above 0', { clip: 0 }],
  ['clip and range are above 0', { range: Number.NaN }],
  ['noise is above 0', { z: Number.NaN }],
  ['a sum has words', { words: 0 }],
  ['a cohort has clients', { cohortSize: 2.5 }],
  ['the share that may drop out is from 0 to below 1', { assumeDropped: 1 }],
  ['the number that may collude is a whole one', { assumeColluding: -1 }],
])('refused: %s', (detail, changes) => {
  expect(createNoisePlan({ ...terms, ...changes })).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_CONFIG', detail } })
})
