import { expect, test } from 'vitest'
import { INITIAL_FORM, requestOf } from './federation-request.ts'
import { overviewOf } from './overview.ts'
import { costInWords, uploadBytes } from './privacy-cost.ts'

const wordsOf = (lines: ReturnType<typeof overviewOf>): Record<string, string> => Object.fromEntries(lines.map(({ title, words }) => [title, words]))

test('a configuration in a few lines', () => {
  const request = requestOf({ ...INITIAL_FORM, operator: 'Ms Ito', train: { proximalMu: 0.1 }, targetPercent: null }, 'seed')
  expect(wordsOf(overviewOf(request, 101_770))).toMatchObject({
    Data: 'Pictures of 28 x 28, grey, in 10 classes',
    Strategy: 'One model for everybody (FedAvg)',
    'In a round': '100 steps of 32 examples at learning rate 0.1, FedProx mu 0.1',
    Privacy: 'Only sums can be read; totals only; about 208 KB up from each volunteer a round',
    Cohort: 'From 4 volunteers on; all who are here, up to 100; 50 % and at least 1 must answer within 2 min 0 s',
    Ends: 'After 20 rounds',
  })
  const grouped = { ...request, strategy: { name: 'cfl', options: { smallestPart: 3, splitEvery: [5, 10] } }, stop: { rounds: 5, accuracy: 0.95 } }
  expect(wordsOf(overviewOf(grouped, null))).toMatchObject({
    Strategy: 'Groups found by splitting (CFL); smallestPart 3; splitEvery 5, 10',
    Ends: 'After 5 rounds, or at an accuracy of 95 %',
  })
})

test('an expert has a line of its own, where there is one', () => {
  const request = requestOf({ ...INITIAL_FORM, operator: 'Ms Ito', strategy: 'ifca', expert: { every: 5 } }, 'seed')
  expect(wordsOf(overviewOf(request, null))).toMatchObject({ Expert: 'One for all, out of the models of all groups (DisUE); every 5' })
  expect(wordsOf(overviewOf({ ...request, strategy: { name: 'ifca', options: {} } }, null))).not.toHaveProperty('Expert')
})

test('bytes of an upload are near those that were measured', () => {
  const measured = { sealed: 407_260, masked: 209_692 }
  expect(uploadBytes(101_770, { level: 'sealed', view: 'sums' }) / measured.sealed).toBeCloseTo(1, 2)
  const masking = { kMin: 8, cohortSize: 32, kDiff: 3, ring: 16, clip: 10 } as const
  expect(uploadBytes(101_770, { level: 'masked', view: 'sums', masking }) / measured.masked).toBeCloseTo(1, 1)
  expect(uploadBytes(1000, { level: 'sealed', view: 'sums', encoding: 'int8' })).toBe(1180)
})

test('the cost of each level is told with what it was measured on', () => {
  expect(costInWords({ level: 'sealed', view: 'sums' }, 101_770)).toContain('took 0.2 s')
  expect(costInWords({ level: 'masked', view: 'sums' }, 101_770)).toContain('The masks take a device about 11 ms. Besides training a round took 1.7 s')
  expect(costInWords({ level: 'masked', view: 'sums' }, null)).toContain('not made yet')
})
