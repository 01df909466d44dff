import { expect, test } from 'vitest'
import { countTransition, coverageLines, coverageOf } from './transition-coverage.ts'

test('what was taken is held against the tables: how much of them, and what no table has', () => {
  const counts = new Map<string, number>()
  const take = (before: string, event: string, after: string): void => countTransition(counts, { machine: 'round', before, event, after })
  take('created', 'federation-started', 'running idle')
  take('created', 'federation-started', 'running idle')
  take('finished', 'federation-started', 'running idle')
  expect([...counts.values()]).toEqual([2, 1])
  const coverage = coverageOf(Object.fromEntries(counts))
  expect(coverage.map(({ machine, taken }) => [machine, taken])).toEqual([
    ['round', 1],
    ['link', 0],
    ['task', 0],
    ['admission', 0],
    ['sum server', 0],
    ['sum client', 0],
  ])
  const [round] = coverage
  expect(round.missing).toHaveLength(round.legal - 1)
  expect(coverageLines([round])).toEqual([
    `round: 1 of ${round.legal} transitions taken`,
    'not in the table: round: finished | federation-started -> running idle',
  ])
})
