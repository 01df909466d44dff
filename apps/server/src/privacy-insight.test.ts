import type { FederationState } from '@shoal/coordinator'
import { createLedger } from '@shoal/privacy'
import { askIdOf, privacyInsightSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { privacyInsightOf } from './privacy-insight.ts'

const dp = { noiseMultiplier: 1, delta: 1e-5, budget: 20, assumeDropped: 0.25, assumeColluding: 0 }
const stateOf = (privacy: unknown, change: Partial<FederationState> = {}): FederationState =>
  ({ config: { privacy, cohort: { min: 20 } }, sums: [], sumsAsked: [], ...change }) as unknown as FederationState

test('a level is told in the words that the volunteers read, with its least sum', () => {
  const insight = privacyInsightSchema.parse(privacyInsightOf(stateOf({ level: 'masked', view: 'sums' }), { SHOAL_ERR_WEIGHT: 2 }))
  expect(insight.operatorSees[0]).toContain('at least 8 volunteers')
  expect(insight).toMatchObject({ refusals: { SHOAL_ERR_WEIGHT: 2 }, ledger: null })
})

test('of sums it says how many were in them, never who', () => {
  const sums = Array.from({ length: 150 }, (_, round) => ({ ask: askIdOf(round, 0), round, procedure: 'train', clients: ['cl-aaaaaaaa', 'cl-bbbbbbbb'] }))
  const insight = privacyInsightOf(stateOf({ level: 'masked', view: 'sums' }, { sums } as unknown as Partial<FederationState>), {})
  expect(insight.sums).toHaveLength(100)
  expect(insight.sums.at(-1)).toEqual({ ask: '149.0', round: 149, procedure: 'train', clients: 2 })
  expect(JSON.stringify(insight)).not.toContain('cl-')
})

test("the ledger is that of a client's own device: it grows by every sum until nothing more is given", () => {
  const { ledger } = privacyInsightOf(stateOf({ level: 'masked+dp', view: 'sums', dp }, { sumsAsked: Array.from({ length: 40 }, () => 2) }), {})
  const device = createLedger(null, dp)
  const expected = Array.from({ length: 40 }, (_, round) => {
    for (let sum = 0; sum < 2; sum += 1) if (device.mayJoin(1)) device.joined(1)
    return { round, epsilon: device.epsilon() }
  })
  expect(ledger).toEqual({ budget: 20, delta: 1e-5, rounds: expected })
  expect(ledger?.rounds[0].epsilon).toBeGreaterThan(0)
  const last = ledger?.rounds.at(-1)?.epsilon ?? Number.NaN
  expect(last).toBeLessThanOrEqual(20)
  expect(last).toBe(ledger?.rounds.at(-2)?.epsilon)
})

test('a long history is thinned, and ends with the latest round', () => {
  const { ledger } = privacyInsightOf(stateOf({ level: 'masked+dp', view: 'sums', dp }, { sumsAsked: Array.from({ length: 1203 }, () => 1) }), {})
  expect(ledger?.rounds.length).toBeLessThanOrEqual(500)
  expect(ledger?.rounds.at(-1)?.round).toBe(1202)
})
