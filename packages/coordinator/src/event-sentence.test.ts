import { askIdOf, clientIdSchema, digestSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { eventSentence } from './event-sentence.ts'
import type { AskSpec, FederationEvent } from './federation-event.ts'

const client = clientIdSchema.parse('cl-aaaaaaaa')
const ask = askIdOf(3, 1)
const digest = digestSchema.parse('0'.repeat(64))
const spec = { ask, args: {}, models: [], vectors: [], of: null, place: { by: 'everyone' } } as const
const finished: FederationEvent = {
  type: 'round-finished',
  at: 0,
  round: 3,
  strategyState: digest,
  models: [digest, digest],
  metrics: { accuracy: 0.91234, loss: 1 },
  clusterMetrics: [],
  place: null,
  unplaced: [],
  isCensusDue: false,
  points: null,
  expert: null,
  done: null,
  signals: {},
  notes: [],
}
const opened = (opening: AskSpec): FederationEvent => ({ type: 'ask-opened', at: 0, ask: opening })
const folded = (count: number): FederationEvent => ({
  type: 'contributions-folded',
  at: 0,
  ask,
  clients: Array.from({ length: count }, () => client),
  chosen: null,
  cohorts: null,
  beacon: null,
  checkpoint: digest,
})

test.each<[FederationEvent, string]>([
  [{ type: 'federation-started', at: 0 }, 'The federation was started.'],
  [{ type: 'federation-paused', at: 0, reason: 'paused by the operator' }, 'The federation was paused: paused by the operator.'],
  [{ type: 'federation-resumed', at: 0 }, 'The federation was resumed.'],
  [{ type: 'federation-finished', at: 0, reason: 'all 3 rounds are done' }, 'The federation was finished: all 3 rounds are done.'],
  [{ type: 'server-restarted', at: 0 }, 'The server was restarted.'],
  [{ type: 'client-joined', at: 0, client }, 'cl-aaaaaaaa joined.'],
  [{ type: 'client-readied', at: 0, client, ready: true }, 'cl-aaaaaaaa is ready to take part.'],
  [{ type: 'client-readied', at: 0, client, ready: false }, 'cl-aaaaaaaa does not take part for now.'],
  [{ type: 'client-left', at: 0, client }, 'cl-aaaaaaaa left.'],
  [
    { type: 'client-sat-out', at: 0, client, ask, code: 'SHOAL_ERR_MEMORY_LOST' },
    'cl-aaaaaaaa sits out ask 3.1: The tab no longer holds the result that this ask refers to; it sits out.',
  ],
  [{ type: 'client-placed', at: 0, client, partition: 1, cluster: 2 }, 'cl-aaaaaaaa found its cluster: 2.'],
  [opened({ ...spec, kind: 'sum', procedure: 'train', vectorLengths: [1] }), 'Ask 3.1 was opened: a sum of what clients answer to "train".'],
  [opened({ ...spec, kind: 'rows', procedure: 'sketch', rowLength: 1, maxRows: 1 }), 'Ask 3.1 was opened: one row of each client\'s "sketch".'],
  [opened({ kind: 'compute', ask, job: 'bipartition' }), 'Ask 3.1 was opened: the server computes "bipartition".'],
  [folded(1), '1 contribution to ask 3.1 is safe on disk.'],
  [folded(2), '2 contributions to ask 3.1 are safe on disk.'],
  [{ type: 'deadline-passed', at: 0, ask }, 'The deadline of ask 3.1 passed.'],
  [{ type: 'ask-closed', at: 0, ask, answer: digest, owners: null, slots: null }, 'Ask 3.1 was closed.'],
  [finished, 'Round 3 was finished: 2 new models, accuracy 0.9123.'],
  [{ ...finished, models: [], metrics: { accuracy: null, loss: null } }, 'Round 3 was finished: nothing changed.'],
  [
    { type: 'round-aborted', at: 0, round: 3, failure: { code: 'SHOAL_ERR_COMPUTE_FAILED', detail: 'secret detail' } },
    'Round 3 was aborted: A computation on the server failed.',
  ],
])('%o is one sentence', (event, sentence) => {
  expect(eventSentence(event)).toBe(sentence)
})
