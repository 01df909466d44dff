import type { Comparison, OutboxEntry, SumFindings } from '@shoal/client'
import { askIdOf } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { checksOf, describeSum, describeTrouble, latestUpdate, membersSentence, roundsOf, sumRowOf } from './outbox-rounds.ts'

const comparisonOf = (length: number): Comparison => ({ hiddenBy: 'masks', length, places: [0], clear: [1], sent: [2], sentLimit: 4 })

const entryOf = (number: number, round: number | null, comparison: Comparison | null = null): OutboxEntry => ({
  number,
  at: number,
  round,
  name: 'where',
  purpose: 'where',
  bytes: 10,
  head: '00',
  histogram: null,
  comparison,
})

const sumOf = (patch: Partial<SumFindings> = {}): SumFindings => ({
  number: 1,
  round: 3,
  ask: askIdOf(3, 0),
  procedure: 'train',
  purpose: 'update',
  members: 8,
  survivors: 8,
  checks: ['manifest', 'roster', 'proposal', 'result'],
  isRecomputed: false,
  state: 'checked',
  failure: null,
  epsilon: null,
  ...patch,
})

test('messages and sums are grouped by round, the newest first, and what came before the first round last', () => {
  const entries = [entryOf(1, null), entryOf(2, 0), entryOf(3, 0), entryOf(4, 1)]
  const sums = [sumOf({ number: 1, round: 0 }), sumOf({ number: 2, round: 1 }), sumOf({ number: 3, round: 1 })]
  const rounds = roundsOf({ entries }, sums)
  expect(rounds.map(({ round }) => round)).toEqual([1, 0, null])
  expect(rounds.map((round) => round.entries.map(({ number }) => number))).toEqual([[4], [3, 2], [1]])
  expect(rounds.map((round) => round.sums.map(({ number }) => number))).toEqual([[3, 2], [1], []])
})

test('the latest update is the longest answer of the last round that gave one', () => {
  const entries = [entryOf(1, 0, comparisonOf(900)), entryOf(2, 1, comparisonOf(500)), entryOf(3, 1, comparisonOf(3)), entryOf(4, 2)]
  expect(latestUpdate({ entries })?.number).toBe(2)
  expect(latestUpdate({ entries: [entryOf(1, 0)] })).toBeNull()
})

test('a round of sums that passed says with how many, and how many were computed again', () => {
  const sums = [sumOf(), sumOf({ members: 6, survivors: 5, isRecomputed: true, epsilon: { spent: 1.23456, budget: 8 } })]
  expect(sumRowOf('en', 3, sums)).toEqual({
    round: 3,
    others: '5 to 7',
    survivors: '5 to 8',
    checks: 'All passed in 2 sums, 1 recomputed here.',
    isWrong: false,
    epsilon: '1.23 of 8',
  })
})

test('a refusal is told with its reason, before anything that merely failed', () => {
  const refused = sumOf({ state: 'refused', checks: ['manifest'], failure: { code: 'SHOAL_ERR_SUM_ROSTER', detail: 'of another cohort' } })
  const failed = sumOf({ state: 'failed', failure: { code: 'SHOAL_ERR_CLIENT_GONE' } })
  const row = sumRowOf('en', 3, [sumOf(), refused, failed])
  expect(row).toMatchObject({ isWrong: true, epsilon: '-' })
  expect(row.checks).toBe(
    'Passed in 1 of 3 sums. Refused: The roster of the masked sum is not one that this client can trust. (of another cohort) [SHOAL_ERR_SUM_ROSTER]',
  )
  expect(sumRowOf('en', 3, [sumOf(), failed]).checks).toContain('Not finished: The client left')
})

test('a sum that has just begun has nobody in it yet', () => {
  const begun = sumOf({ members: null, survivors: null, checks: ['manifest'], state: 'running' })
  expect(sumRowOf('en', 3, [begun])).toMatchObject({ others: '-', survivors: '-', checks: 'Passed in 0 of 1 sum so far.', isWrong: false })
  expect(membersSentence('en', begun)).toBeNull()
  expect(describeSum('en', begun)).toBe('Under way.')
})

test('checks are passed in order, and the one that a refusal stopped at is marked', () => {
  const marks = (patch: Partial<SumFindings>) => checksOf('en', sumOf(patch)).map(({ isPassed }) => isPassed)
  expect(marks({})).toEqual([true, true, true, true])
  expect(marks({ checks: ['manifest'], state: 'refused' })).toEqual([true, false, null, null])
  expect(marks({ checks: ['manifest'], state: 'failed' })).toEqual([true, null, null, null])
  expect(checksOf('en', sumOf({ isRecomputed: true }))[3].text).toContain('computed again here')
})

test('members and survivors in a sentence', () => {
  expect(membersSentence('en', sumOf())).toBe('You and 7 others agreed on masks, and all 8 are in the sum.')
  expect(membersSentence('en', sumOf({ survivors: 6 }))).toBe('You and 7 others agreed on masks; 6 of these 8 are in the sum.')
  expect(membersSentence('en', sumOf({ survivors: null }))).toBe('You and 7 others agreed on masks.')
})

test('a trouble says what, how often, why and by which code', () => {
  expect(describeTrouble('en', { kind: 'link-lost', code: 'SHOAL_ERR_UNREACHABLE', detail: null, times: 3 })).toBe(
    'No link to the server, or it was lost (3 times): The server can not be reached. [SHOAL_ERR_UNREACHABLE]',
  )
  expect(describeTrouble('en', { kind: 'sum-failed', code: 'SHOAL_ERR_SUM_MANIFEST', detail: 'kMin 1', times: 1 })).toBe(
    'Masked sum that this device left or refused: The manifest of the masked sum is not what this client agreed to. (kMin 1) [SHOAL_ERR_SUM_MANIFEST]',
  )
})

test('in German it says the same of the same sums', () => {
  const sums = [sumOf(), sumOf({ members: 6, survivors: 5, isRecomputed: true, epsilon: { spent: 1.23456, budget: 8 } })]
  expect(sumRowOf('de', 3, sums)).toMatchObject({ others: '5 bis 7', checks: 'Alle bestanden, in 2 Summen, 1 hier nachgerechnet.', epsilon: '1,23 von 8' })
  expect(membersSentence('de', sumOf({ survivors: 6 }))).toBe('Sie und 7 andere haben Überdeckungen vereinbart; 6 von diesen 8 sind in der Summe.')
})
