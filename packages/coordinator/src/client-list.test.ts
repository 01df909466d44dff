import { askIdOf, type ClientId, clientIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { clientListOf } from './client-list.ts'
import type { ClientRecord, FederationState, OpenQuestion } from './federation-state.ts'

const clients = ['a', 'b', 'c', 'd'].map((letter): ClientId => clientIdSchema.parse(`cl-${letter.repeat(8)}`))
const [a, b, c, d] = clients
const here: ClientRecord = { presence: 'here', ready: true, cluster: 0 }

const stateOf = (open: Partial<OpenQuestion> | null, records: Readonly<Record<ClientId, Partial<ClientRecord>>> = {}): FederationState =>
  ({
    config: { quorum: { fraction: 0.5, min: 1 } },
    clients: new Map(clients.map((client) => [client, { ...here, ...records[client] }])),
    stage: {
      kind: 'open',
      open:
        open === null
          ? null
          : {
              kind: 'question',
              spec: { ask: askIdOf(0, 0) },
              asked: [a, b, c],
              blocks: new Map([a, b, c].map((client) => [client, 0])),
              folded: new Set(),
              satOut: new Set(),
              ...open,
            },
    },
  }) as unknown as FederationState

const activitiesOf = (state: FederationState): string[] => clientListOf(state).map(({ activity }) => activity)

test('who is asked trains, who is not asked is idle', () => {
  expect(activitiesOf(stateOf({}))).toEqual(['training', 'training', 'training', 'idle'])
  expect(activitiesOf(stateOf(null))).toEqual(['idle', 'idle', 'idle', 'idle'])
})

test('once the quorum is met those who have not answered are late', () => {
  expect(activitiesOf(stateOf({ folded: new Set([a]) }))).toEqual(['uploaded', 'training', 'training', 'idle'])
  expect(activitiesOf(stateOf({ folded: new Set([a, b]) }))).toEqual(['uploaded', 'uploaded', 'late', 'idle'])
})

test('who sits out and who has gone is said so, unless its answer is in', () => {
  const records = { [a]: { presence: 'away' }, [b]: { presence: 'away' }, [d]: { presence: 'away' } } as const
  expect(activitiesOf(stateOf({ folded: new Set([a]), satOut: new Set([c]) }, records))).toEqual(['uploaded', 'gone', 'sitting-out', 'gone'])
})

test('a client that is expected back after a restart counts as at work', () => {
  expect(clientListOf(stateOf({}, { [a]: { presence: 'expected', cluster: null, ready: false } }))[0]).toEqual({
    client: a,
    presence: 'expected',
    ready: false,
    cluster: null,
    activity: 'training',
  })
})
