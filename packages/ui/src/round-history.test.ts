import type { RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { withRounds } from './round-history.ts'

const rounds = (...numbers: readonly number[]): RoundSummary[] =>
  numbers.map((round) => ({
    round,
    outcome: 'updated',
    reason: null,
    clients: 8,
    startedAt: 0,
    endedAt: 1,
    metrics: { accuracy: null, loss: null },
    clusters: [],
    clusterSizes: [],
    signals: {},
    notes: [],
    models: [],
  }))

test('what is told again is kept once, and gaps stay gaps', () => {
  expect(withRounds([], rounds(4, 5))).toEqual(rounds(4, 5))
  expect(withRounds(rounds(0, 1, 2), rounds(1, 2, 3))).toEqual(rounds(0, 1, 2, 3))
  expect(withRounds(rounds(0), rounds(7, 8))).toEqual(rounds(0, 7, 8))
})

test('the same array comes back where nothing is new', () => {
  const known = rounds(0, 1)
  expect(withRounds(known, rounds(0, 1))).toBe(known)
  expect(withRounds(known, [])).toBe(known)
})
