import { type FederationView, federationViewSchema, type RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { accuracyOf, type Picture, withView } from './picture.ts'

const rounds = (...accuracies: readonly (number | null)[]): RoundSummary[] =>
  accuracies.map((accuracy, round) => ({
    round,
    outcome: 'updated',
    reason: null,
    clients: 3,
    startedAt: 0,
    endedAt: 1,
    metrics: { accuracy, loss: null },
    clusters: [],
    models: [],
  }))

const viewOf = (changes: Partial<Record<keyof FederationView, unknown>>): FederationView =>
  federationViewSchema.parse({
    id: 'fed-01234567',
    version: 1,
    name: 'Digits',
    strategy: 'fedavg',
    privacy: 'sealed',
    lifecycle: 'running',
    reason: 'round 0 is under way',
    round: 0,
    clientsHere: 3,
    clientsNeeded: 3,
    openAsk: null,
    models: [],
    rounds: [],
    ...changes,
  })

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

test('the accuracy is the last that was measured', () => {
  expect(accuracyOf(viewOf({ rounds: rounds(0.1, 0.5, null) }))).toBe(0.5)
  expect(accuracyOf(viewOf({ rounds: rounds(null) }))).toBeNull()
})
