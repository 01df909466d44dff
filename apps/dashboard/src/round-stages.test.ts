import { roundStandingSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { stageOfView, stagesOf, timeLeft } from './round-stages.ts'
import { viewOf } from './testing-view.ts'

const ask = (changes: object) => ({
  ask: '4.0',
  kind: 'sum',
  name: 'train',
  state: 'closed',
  asked: 10,
  answered: 9,
  deadlineAt: 5000,
  cohorts: [],
  ...changes,
})
const standing = (...asks: object[]) => roundStandingSchema.parse({ round: 4, startedAt: 0, cohort: 10, asks })

test('asks become stages: closed ones are done and wait for nobody', () => {
  const cohorts = [{ cohort: 0, stage: 'keys', clients: 5, answered: 3 }]
  const stages = stagesOf(
    standing(
      ask({}),
      ask({ ask: '4.1', kind: 'compute', name: 'hdbscan', asked: 0, answered: 0, state: 'closing' }),
      ask({ ask: '4.2', state: 'open', cohorts }),
    ),
  )
  expect(stages.map(({ state, share, deadlineAt }) => [state, share, deadlineAt])).toEqual([
    ['done', 0.9, null],
    ['closing', null, null],
    ['running', 0.9, 5000],
  ])
  expect(stages[1]?.title).toBe('The server computes: hdbscan')
  expect(stages[2]?.cohorts).toEqual(['Sum 1: keys, 3 of 5 answered'])
})

test('between rounds there is no stage', () => {
  expect(stagesOf(standing())).toEqual([])
  expect(stageOfView(viewOf())).toEqual([])
})

test('where only the view is known, its open ask is the stage', () => {
  const openAsk = { ask: '2.0', procedure: 'whatever', asked: 4, answered: 1, gone: 1, deadlineAt: 9 }
  expect(stageOfView(viewOf({ openAsk }))).toEqual([
    { key: '2.0', title: 'Step “whatever”', state: 'running', share: 0.25, detail: '1 of 4 answered, 1 gone', deadlineAt: 9, cohorts: [] },
  ])
})

test('time that is left', () => {
  expect([timeLeft(5000, 100), timeLeft(65_000, 0), timeLeft(5000, 5000)]).toEqual(['at most 5 s more', 'at most 1 min 5 s more', 'its time is over'])
})
