import { askIdSchema, type RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { estimateOf, ownStepsOf, roundMsOf, roundProgressOf } from './round-progress.ts'

const openAsk = { ask: askIdSchema.parse('3.0'), procedure: 'train', asked: 8, answered: 3, gone: 2, deadlineAt: 50_000 }

/** Rounds that end at these times; each begins a second after the one before has ended. */
const roundsAt = (...ends: number[]): RoundSummary[] =>
  ends.map((endedAt, round) => ({
    round,
    outcome: 'updated',
    reason: null,
    clients: 2,
    startedAt: (ends[round - 1] ?? 0) + 1_000,
    endedAt,
    metrics: { accuracy: null, loss: null },
    clusters: [],
    clusterSizes: [],
    signals: {},
    notes: [],
    models: [],
  }))

test('a round tells who has answered of those who can, and when it closes', () => {
  expect(roundProgressOf({ openAsk }, 20_000)).toEqual({ answered: 3, expected: 6, leftMs: 30_000 })
  expect(roundProgressOf({ openAsk: { ...openAsk, gone: 8 } }, 60_000)).toEqual({ answered: 3, expected: 3, leftMs: 0 })
  expect(roundProgressOf({ openAsk: null }, 0)).toBe(null)
})

test('a round lasts as the median of the latest five, from end to end', () => {
  expect(roundMsOf([])).toBe(null)
  expect(roundMsOf(roundsAt(5_000))).toBe(4_000)
  expect(roundMsOf(roundsAt(5_000, 15_000))).toBe(7_000)
  // A night without people between two rounds changes little; what is older than five rounds changes nothing.
  expect(roundMsOf(roundsAt(90_000, 100_000, 110_000, 9_000_000, 9_010_000, 9_020_000))).toBe(10_000)
})

test('the round and the whole are estimated from there', () => {
  const rounds = roundsAt(10_000, 20_000, 30_000)
  const view = { lifecycle: 'running', openAsk, round: 3, stop: { rounds: 10, accuracy: null } } as const
  expect(estimateOf(view, rounds, 34_000)).toEqual({ roundMs: 6_000, wholeMs: 66_000 })
  // Late: any moment now. A clock that is far behind: a whole round at most.
  expect(estimateOf(view, rounds, 90_000)).toEqual({ roundMs: 0, wholeMs: 60_000 })
  expect(estimateOf(view, rounds, 0).roundMs).toBe(10_000)
  expect(estimateOf({ ...view, round: 9 }, rounds, 34_000)).toEqual({ roundMs: 6_000, wholeMs: 6_000 })
})

test.each([
  ['too few rounds have passed', 2, {}],
  ['the server does not say when it stops', 3, { stop: undefined }],
] as const)('nothing is said of the whole when %s', (_why, count, patch) => {
  const view = { lifecycle: 'running', openAsk, round: count, ...('stop' in patch ? {} : { stop: { rounds: 10, accuracy: null } }) } as const
  expect(estimateOf(view, roundsAt(10_000, 20_000, 30_000).slice(0, count), 34_000).wholeMs).toBe(null)
})

test('nothing is estimated while nobody works', () => {
  const rounds = roundsAt(10_000, 20_000, 30_000)
  expect(estimateOf({ lifecycle: 'paused', openAsk, round: 3 }, rounds, 0)).toEqual({ roundMs: null, wholeMs: null })
  expect(estimateOf({ lifecycle: 'running', openAsk: null, round: 3 }, rounds, 0)).toEqual({ roundMs: null, wholeMs: null })
  expect(estimateOf({ lifecycle: 'running', openAsk, round: 0 }, [], 0)).toEqual({ roundMs: null, wholeMs: null })
})

test('own steps are counted, and passes where a round makes more than one', () => {
  expect(ownStepsOf(0.5, { steps: 30, batchSize: 32 }, 320)).toEqual({ done: 15, total: 30, pass: { number: 2, of: 3 } })
  expect(ownStepsOf(1, { steps: 30, batchSize: 32 }, 320)).toMatchObject({ done: 30, pass: { number: 3, of: 3 } })
  expect(ownStepsOf(0.5, { steps: 10, batchSize: 32 }, 320)).toEqual({ done: 5, total: 10, pass: null })
  expect(ownStepsOf(0, { steps: 10, batchSize: 32 }, 0).pass).toBe(null)
})
