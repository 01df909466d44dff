import {
  askIdOf,
  CLIENT_EVENTS,
  type ClientEvent,
  digestSchema,
  failed,
  federationIdSchema,
  inviteTokenSchema,
  joinedSchema,
  SERVER_EVENTS,
  type ServerEvent,
  sessionTokenSchema,
  standingSchema,
  succeeded,
} from '@shoal/protocol'
import { sizeOfJson } from './contribution-decoders.ts'
import { createDecoder, type Decoder } from './decoder.ts'
import { mutateJson } from './json-mutator.ts'

type BodyOf<Name extends ClientEvent['name']> = Extract<ClientEvent, { name: Name }>['body']

const ASK = askIdOf(0, 0)
const SAMPLES_OF_A_KIND = 8

/** A right message of each event of a client: an event without one does not compile. */
export const CLIENT_SAMPLES: { readonly [Name in ClientEvent['name']]: BodyOf<Name> } = {
  join: {
    protocol: 1,
    federation: federationIdSchema.parse('fed-00000000'),
    invite: inviteTokenSchema.parse('0123456789abcdef'),
    session: sessionTokenSchema.parse('s'.repeat(43)),
    identity: 'i'.repeat(43),
    proof: 'p'.repeat(86),
    policyHash: 'h'.repeat(43),
  },
  where: {},
  ready: { ready: true },
  'sit-out': { ask: ASK, code: 'SHOAL_ERR_MEMORY_LOST' },
  placed: { partition: 0, cluster: 0 },
  'enter-sum': { ask: ASK, block: null, suites: [1, 2] },
  'sum-frame': { ask: ASK, frame: new Uint8Array([1, 1, 0, 0, 0, 0]) },
  leave: {},
}

const SERVER_SAMPLES: Partial<{ readonly [Name in ServerEvent['name']]: unknown }> = {
  admission: {
    federation: 'fed-00000000',
    partition: 1,
    cluster: null,
    procedure: 'adopt',
    args: {},
    models: [digestSchema.parse('0'.repeat(64))],
    vectors: [],
    seed: 'seed',
  },
  'ask-closed': { ask: ASK, code: null },
  'sum-result': { ask: ASK, cohort: 0, result: '0'.repeat(64) },
  superseded: {},
}

type Schema = { safeParse(value: unknown): { readonly success: true; readonly data: unknown } | { readonly success: false } }

/** A schema reads what it gave once more, to the same. */
function schemaDecoder(name: string, schema: Schema, samples: readonly unknown[], donors: readonly unknown[]): Decoder {
  return createDecoder<unknown, unknown>({
    name,
    samples,
    mutate: (sample, _donors, rng) => mutateJson(sample, rng, donors),
    decode(value) {
      const parsed = schema.safeParse(value)
      return parsed.success ? succeeded(parsed.data) : failed('SHOAL_ERR_MALFORMED')
    },
    encode: (value) => value,
    sizeOf: sizeOfJson,
  })
}

const SERVER_NAMES = Object.keys(SERVER_EVENTS) as ServerEvent['name'][]

/** Right messages of every kind that a server sends: recorded ones, and a sample of those that were not. A kind without either is an error. */
export function serverSamples(events: readonly ServerEvent[]): readonly ServerEvent[] {
  return SERVER_NAMES.flatMap((name) => {
    const recorded = events.filter((event) => event.name === name).slice(0, SAMPLES_OF_A_KIND)
    const samples = [...recorded, ...(name in SERVER_SAMPLES ? [{ name, body: SERVER_SAMPLES[name] } as ServerEvent] : [])]
    if (samples.length === 0) throw new Error(`there is no valid "${name}" to change`)
    return samples
  })
}

/** Every message in both directions. */
export function messageDecoders(events: readonly ServerEvent[], standing: unknown): Decoder[] {
  const fromServer = serverSamples(events)
  const donors = [...Object.values(CLIENT_SAMPLES), ...fromServer.map(({ body }) => body)]
  const joined = { session: 's'.repeat(43), standing }
  const bodiesOf = (name: string): unknown[] => fromServer.filter((event) => event.name === name).map(({ body }) => body)
  return [
    ...SERVER_NAMES.map((name) => schemaDecoder(`server: ${name}`, SERVER_EVENTS[name], bodiesOf(name), donors)),
    ...Object.entries(CLIENT_EVENTS).map(([name, schema]) => schemaDecoder(`client: ${name}`, schema, [CLIENT_SAMPLES[name as ClientEvent['name']]], donors)),
    schemaDecoder('standing', standingSchema, [standing], donors),
    schemaDecoder('answer to join', joinedSchema, [joined], donors),
  ]
}
