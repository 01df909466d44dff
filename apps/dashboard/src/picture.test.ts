import type { FederationView, RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { accuracyOf, type Picture, withView } from './picture.ts'
import { roundOf, viewOf } from './testing-view.ts'

const rounds = (...accuracies: readonly (number | null)[]): RoundSummary[] =>
  accuracies.map((accuracy, round) => roundOf(round, { metrics: { accuracy, loss: null } }))

const pictureOf = (...views: readonly FederationView[]): Picture => views.reduce<Picture>(withView, new Map())

test('a newer view replaces the older, and an older one does not come back', () => {
  const [first, second] = [viewOf({ version: 4, clientsHere: 3 }), viewOf({ version: 5, clientsHere: 2 })]
  expect(pictureOf(first, second).get(first.id)?.clientsHere).toBe(2)
  expect(pictureOf(second, first).get(first.id)?.clientsHere).toBe(2)
})

test('rounds that a view does not carry any more are kept', () => {
  const all = rounds(0.1, 0.5, null)
  const picture = pictureOf(viewOf({ version: 7, rounds: all.slice(0, 2) }), viewOf({ version: 9, rounds: all.slice(2) }))
  expect([...picture.values()][0]?.rounds).toEqual(all)
})

test('a view without a new round leaves the list of rounds the same, so that nothing is drawn anew', () => {
  const before = pictureOf(viewOf({ version: 1, rounds: rounds(0.1, 0.5) }))
  const after = withView(before, viewOf({ version: 2, clientsHere: 2, rounds: rounds(0.1, 0.5) }))
  const { id } = viewOf()
  expect(after.get(id)?.clientsHere).toBe(2)
  expect(after.get(id)?.rounds).toBe(before.get(id)?.rounds)
})

test('the accuracy is the last that was measured', () => {
  expect(accuracyOf(viewOf({ rounds: rounds(0.1, 0.5, null) }))).toBe(0.5)
  expect(accuracyOf(viewOf({ rounds: rounds(null) }))).toBeNull()
})
