import { askIdOf } from '@shoal/protocol'
import { expect, test } from 'vitest'
import type { FederationState } from './federation-state.ts'
import { roundStandingOf } from './round-standing.ts'

const closed = { spec: { ask: askIdOf(2, 0), kind: 'rows', procedure: 'sketch' }, asked: ['a', 'b', 'c'], answered: 2 }
const question = {
  kind: 'question',
  spec: { ask: askIdOf(2, 1), kind: 'sum', procedure: 'train' },
  asked: ['a', 'b'],
  folded: new Set(['a']),
  deadlineAt: 99,
  closing: false,
}
const stateOf = (open: unknown): FederationState =>
  ({ round: 2, stage: { kind: 'open', startedAt: 7, cohort: ['a', 'b', 'c'], closed: [closed], open } }) as unknown as FederationState

test('between rounds there is nothing to tell', () => {
  expect(roundStandingOf({ round: 5, stage: { kind: 'idle' } } as FederationState, [])).toEqual({ round: 5, startedAt: null, cohort: 0, asks: [] })
})

test('closed asks, then the open one with its cohorts', () => {
  const cohorts = [{ cohort: 0, stage: 'keys', clients: 2, answered: 1 }]
  expect(roundStandingOf(stateOf(question), cohorts)).toEqual({
    round: 2,
    startedAt: 7,
    cohort: 3,
    asks: [
      { ask: '2.0', kind: 'rows', name: 'sketch', state: 'closed', asked: 3, answered: 2, deadlineAt: null, cohorts: [] },
      { ask: '2.1', kind: 'sum', name: 'train', state: 'open', asked: 2, answered: 1, deadlineAt: 99, cohorts },
    ],
  })
})

test('an ask that is closing waits for nothing; a computation is of nobody', () => {
  expect(roundStandingOf(stateOf({ ...question, closing: true }), []).asks[1]).toMatchObject({ state: 'closing', deadlineAt: null })
  const compute = { kind: 'compute', spec: { kind: 'compute', ask: askIdOf(2, 1), job: 'find-clusters' } }
  expect(roundStandingOf(stateOf(compute), []).asks[1]).toMatchObject({ kind: 'compute', name: 'find-clusters', state: 'open', asked: 0, deadlineAt: null })
  expect(roundStandingOf(stateOf(null), []).asks).toHaveLength(1)
})
