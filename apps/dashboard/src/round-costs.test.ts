import { expect, test } from 'vitest'
import { costTable, curveInWords, roundCostsOf, trafficTable } from './round-costs.ts'
import { roundOf } from './testing-view.ts'

const rounds = [roundOf(3, { startedAt: 1000, endedAt: 3500, clients: 8 }), roundOf(4, { startedAt: 4000, endedAt: 5000, clients: 5 })]

test('how many dropped out is told where somebody saw how many were drawn', () => {
  const costs = roundCostsOf(rounds, new Map([[3, 10]]))
  expect(costs.xs).toEqual([3, 4])
  expect(costs.seconds).toEqual([2.5, 1])
  expect(costs.dropped[0]).toBeCloseTo(0.2)
  expect(costs.dropped[1]).toBeNull()
  expect(roundCostsOf(rounds, new Map([[4, 4]])).dropped).toEqual([null, 0])
  expect(costTable(costs).rows.map(([round]) => round)).toEqual([4, 3])
})

test('tables begin with the newest', () => {
  const traffic = [
    { round: 0, bytesUp: 1, bytesDown: 2 },
    { round: 1, bytesUp: 3, bytesDown: 4 },
  ]
  expect(trafficTable(traffic).rows).toEqual([
    [1, 3, 4],
    [0, 1, 2],
  ])
})

test('a curve in words', () => {
  const told = (values: readonly (number | null)[]) => curveInWords('Loss', [0, 1, 2], values, String)
  expect(told([null, null, null])).toBe('Loss: not measured yet.')
  expect(told([null, 5, null])).toBe('Loss: 5 in round 1.')
  expect(told([7, null, 5])).toBe('Loss: 7 in round 0, 5 in round 2.')
})
