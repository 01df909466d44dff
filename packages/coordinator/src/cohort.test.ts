import { type ClientId, clientIdSchema, type FederationConfig } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { cohortSize, drawCohort } from './cohort.ts'
import { quorumOf } from './quorum.ts'

const clients = Array.from({ length: 12 }, (_, index): ClientId => clientIdSchema.parse(`cl-${String(index).padStart(8, '0')}`))
const config = { seed: 'cohort', cohort: { fraction: 0.25, min: 2, max: 100 } } as FederationConfig

test('[CO2] the draw depends on seed, round and who is here, not on the order of arrival', () => {
  const cohort = drawCohort(config, 3, clients)
  expect(cohort).toHaveLength(3)
  expect(drawCohort(config, 3, [...clients].reverse())).toEqual(cohort)
  expect([...cohort].sort()).toEqual(cohort)
  const others = [drawCohort(config, 4, clients), drawCohort({ ...config, seed: 'other' }, 3, clients)]
  for (const other of others) expect(other).not.toEqual(cohort)
})

test('[CO2] over many rounds everyone is drawn about equally often (400 rounds, seed "cohort")', () => {
  const drawn = new Map<ClientId, number>()
  for (let round = 0; round < 400; round += 1) for (const client of drawCohort(config, round, clients)) drawn.set(client, (drawn.get(client) ?? 0) + 1)
  for (const client of clients) expect(Math.abs((drawn.get(client) ?? 0) - 100)).toBeLessThan(40) // 100 expected, standard deviation 8.7
})

test.each([
  [{ fraction: 1, min: 3, max: 10 }, 2, 0],
  [{ fraction: 1, min: 3, max: 10 }, 3, 3],
  [{ fraction: 1, min: 3, max: 10 }, 50, 10],
  [{ fraction: 0.1, min: 3, max: 10 }, 20, 3],
  [{ fraction: 0.1, min: 3, max: 10 }, 45, 5],
])('[CO1] of %j with %i here, %i take part', (cohort, here, size) => {
  expect(cohortSize(cohort, here)).toBe(size)
})

test('[CO5] the quorum is a share of those asked, rounded up, and never under its minimum', () => {
  expect(quorumOf({ fraction: 0.5, min: 1 }, 5)).toBe(3)
  expect(quorumOf({ fraction: 0, min: 2 }, 5)).toBe(2)
})
