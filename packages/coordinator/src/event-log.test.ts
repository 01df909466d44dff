import { clientIdSchema, digestSchema, federationConfigSchema, federationIdSchema, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createEventLog } from './event-log.ts'
import type { FederationEvent } from './federation-event.ts'
import { createFederationState } from './federation-machine.ts'
import type { EventStore } from './ports.ts'

const digest = digestSchema.parse('0'.repeat(64))
const created: FederationEvent & { type: 'federation-created' } = {
  type: 'federation-created',
  at: 0,
  federation: federationIdSchema.parse('fed-eventlog'),
  model: digest,
  strategyState: digest,
  config: federationConfigSchema.parse({
    name: 'log',
    description: '',
    operator: 'nobody',
    seed: 'log',
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'sealed', view: 'sums' },
    model: { architecture: 'toy', parameters: [] },
    data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: 3, max: 10 },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 1000,
    computeDeadlineMs: 1000,
    maxWeight: 10,
    evaluation: { onClients: false, testSet: null },
    stop: { rounds: 1, accuracy: null },
  }),
}
const client = clientIdSchema.parse('cl-aaaaaaaa')
const joins: FederationEvent = { type: 'client-joined', at: 1, client }
const refused: FederationEvent = { type: 'federation-resumed', at: 1 }
const store: EventStore = { federations: async () => [], load: async () => [], read: async () => [], append: async () => succeeded(undefined) }

test.each(Array.from({ length: 12 }, (_, moments) => moments))(
  '[CO17] an event that comes %i moments after another was written is written too, and waits for no third one',
  async (moments) => {
    for (const first of [joins, refused]) {
      const log = createEventLog(store, createFederationState(created), () => undefined)
      void log.dispatch(first)
      for (let moment = 0; moment < moments; moment += 1) await null
      const written = log.dispatch(joins)
      const late = new Promise((resume) => setImmediate(() => resume('still waiting')))
      expect(await Promise.race([written, late])).toEqual({ ok: true, value: undefined })
      await log.settled()
      expect(log.isBusy()).toBe(false)
    }
  },
)
