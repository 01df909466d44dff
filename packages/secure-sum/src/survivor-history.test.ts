import { expect, test } from 'vitest'
import { differenceFault, historyWith, KEPT_SUMS, type PastSum } from './survivor-history.ts'

const RULE = { cohortSize: 12, threshold: 9, kMin: 8, kDiff: 3 } // 9 + 3: just room enough
const members = (...left: readonly number[]): string[] =>
  Array.from({ length: 12 }, (_, id) => `m${String(id).padStart(2, '0')}`).filter((_, id) => !left.includes(id))
const sum = (round: number, purpose: PastSum['purpose'], ...left: readonly number[]): PastSum => ({ round, purpose, survivors: members(...left) })

test.each([
  ['the same clients', [], [], null],
  ['one less', [], [4], '1 of at least 3 clients away from a sum of round 7'],
  ['one more', [4], [], '1 of at least 3 clients away from a sum of round 7'],
  ['one for another', [4], [5], '2 of at least 3 clients away from a sum of round 7'],
  ['three less', [], [4, 5, 6], null],
  ['one and two others', [4], [5, 6], null],
])('[3.6] inside a round: %s, whatever the two sums are for', (_name, before, now, fault) => {
  for (const [first, second] of [
    ['update', 'update'],
    ['power', 'lloyd'],
    ['power', 'update'],
    ['count', 'count'],
  ] as const)
    expect(differenceFault([sum(7, first, ...before)], sum(7, second, ...now), RULE)).toBe(fault)
})

test('[3.6] across rounds only updates are compared, and only where kDiff can be left out', () => {
  const past = [sum(7, 'update')]
  expect(differenceFault(past, sum(8, 'update', 1), RULE)).toContain('1 of at least 3')
  expect(differenceFault(past, sum(8, 'update', 1), { ...RULE, cohortSize: 11 })).toBeNull()
  expect(differenceFault(past, sum(7, 'update', 1), { ...RULE, cohortSize: 11 })).not.toBeNull() // within a round there is no small cohort
  expect(differenceFault(past, sum(8, 'update', 1), { ...RULE, kMin: 10 })).toBeNull()
  expect(differenceFault(past, sum(8, 'power', 1), RULE)).toBeNull()
  expect(differenceFault([sum(7, 'power')], sum(8, 'update', 1), RULE)).toBeNull()
})

test('[3.6] every kept sum is compared, not the last alone', () => {
  const past = [sum(7, 'power', 1, 2, 3), sum(7, 'power', 4, 5, 6)]
  expect(differenceFault(past, sum(7, 'power', 1, 2), RULE)).not.toBeNull()
  expect(differenceFault(past, sum(7, 'power', 7, 8, 9), RULE)).toBeNull()
})

test('of earlier rounds the last 64 updates and the last 64 others are kept, of the same round all', () => {
  let past: readonly PastSum[] = []
  for (let round = 0; round < 80; round += 1) for (const purpose of ['power', 'update'] as const) past = historyWith(past, sum(round, purpose))
  const roundsOf = (purpose: string) => past.filter((kept) => kept.purpose === purpose).map(({ round }) => round)
  expect(roundsOf('update')).toEqual(Array.from({ length: KEPT_SUMS + 1 }, (_, index) => index + 79 - KEPT_SUMS))
  for (let count = 0; count < 200; count += 1) past = historyWith(past, sum(80, 'power'))
  expect(past.filter(({ round }) => round === 80)).toHaveLength(200)
  expect(past.filter(({ round, purpose }) => round < 80 && purpose === 'power')).toHaveLength(KEPT_SUMS)
})
