import { type FederationView, federationViewSchema, type RoundSummary } from '@shoal/protocol'

/** An ordinary round of three clients in one cluster, but for the changes. */
export const roundOf = (round: number, changes: Partial<RoundSummary> = {}): RoundSummary => ({
  round,
  outcome: 'updated',
  reason: null,
  clients: 3,
  startedAt: 0,
  endedAt: 1,
  metrics: { accuracy: null, loss: null },
  clusters: [],
  clusterSizes: [3],
  signals: {},
  notes: [],
  models: [],
  ...changes,
})

/** A federation under way, but for the changes. */
export const viewOf = (changes: Partial<Record<keyof FederationView, unknown>> = {}): FederationView =>
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
