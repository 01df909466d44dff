import { createSyntheticImages, encodeLabelledImages } from '@shoal/data'
import type { FederationId, FederationView } from '@shoal/protocol'
import { expect } from 'vitest'
import { sha256Of } from '../faults/wire-client.mjs'
import { federationRequest, joinMany, OPERATOR_TOKEN, startTestServer, type TestServer, updateOf } from '../faults/wire-server.ts'
import type { Knowledge } from './hostile-requests.ts'

/** No limit of rates: what is tested is what happens to the requests that are let through. */
export const UNLIMITED = {
  requestsPerSession: 1e9,
  requestsPerAddress: 1e9,
  loginsPerAddress: 1e9,
  loginsPerName: 1e9,
  socketsPerAddress: 1e9,
  guessesPerAddress: 1e9,
  joinsPerInvite: 1e9,
  filesPerAddress: 1e9,
  messagesPerSocket: 1e9,
  passwordCost: 2,
} as const

/** The longest deadline there is: none passes while attacks last. */
export const DAY_MS = 86_400_000

/** What is needed of a server: one in this process, or one of its own. */
export type AttackedServer = Pick<TestServer, 'url' | 'operator' | 'federate' | 'seen'>

export interface Prey {
  readonly knowledge: Knowledge
  /** Federations whose lives attackers with an operator's rights may end. */
  readonly federations: readonly FederationId[]
  /** One that is in the middle of a round: its volunteers have been asked. */
  readonly open: { readonly id: FederationId; readonly volunteers: Awaited<ReturnType<typeof joinMany>> }
}

export interface HostileServer extends Prey {
  readonly running: TestServer
  close(): Promise<void>
}

export async function startHostileServer(): Promise<HostileServer> {
  const running = await startTestServer({ limits: UNLIMITED, logLevel: 'silent' })
  return { running, ...(await preyOn(running)), close: () => running.close() }
}

/** On a server: federations at every stage of their lives, people of each role, and everything that an attacker may have learnt. */
export async function preyOn(running: AttackedServer): Promise<Prey> {
  const { operator, url } = running
  const made = async (overrides: Record<string, unknown>, ...commands: readonly string[]): Promise<FederationId> => {
    const { body, status } = await operator('POST', '/api/federations', federationRequest({ deadlineMs: DAY_MS, ...overrides }))
    expect([status, body.code]).toEqual([201, undefined])
    for (const command of commands) expect((await operator('POST', `/api/federations/${body.id}/commands`, { command })).status).toBe(200)
    return body.id
  }
  const set = encodeLabelledImages(createSyntheticImages(10, 'set'))
  const federations = [
    await made({ seed: 'new' }),
    await made({ seed: 'tested', evaluation: { onClients: false, testSet: sha256Of(set) } }),
    await made({ seed: 'running' }, 'start-federation'),
    await made({ seed: 'paused' }, 'start-federation', 'pause-federation'),
    await made({ seed: 'finished' }, 'start-federation', 'finish-federation'),
    await made({ seed: 'masked', privacy: { level: 'masked', view: 'sums' }, cohort: { fraction: 1, min: 3, max: 16 } }, 'start-federation'),
  ]
  const { id, invitation } = await running.federate({ seed: 'open', deadlineMs: DAY_MS })
  const volunteers = await joinMany(3, url, invitation)
  const asks = await Promise.all(volunteers.map((volunteer) => volunteer.nextAsk()))
  // For the ask after this one: rightly sealed, and nothing that could be taken now.
  const sealed = await volunteers[0].seal('0.1', volunteers[0].frameOf(updateOf(1)))

  const tokens = await Promise.all(
    ['viewer', 'operator', 'admin'].map(async (role) => (await operator('POST', '/api/operator/tokens', { name: role, role, expiresAt: null })).body),
  )
  for (const [name, role] of [
    ['ada', 'admin'],
    ['bob', 'viewer'],
  ])
    expect((await operator('POST', '/api/operator/people', { name, role, password: 'long enough a password' })).status).toBe(204)
  const login = await operator('POST', '/api/operator/login', { name: 'ada', password: 'long enough a password' })
  const cookie = String(login.headers['set-cookie']).split(';')[0]
  const invites = await Promise.all(
    federations.slice(0, 3).map(async (federation) => (await operator('POST', `/api/federations/${federation}/invites`)).body.token),
  )
  const exported = async (file: string) => operator('GET', `/api/federations/${id}/export/models/0/${file}`)
  const model = { modelJson: (await exported('model.json')).body, weights: (await exported('weights.bin')).bytes.toString('base64') }

  const models = (await operator('GET', '/api/federations')).body.flatMap((view: FederationView) => view.models)
  const knowledge: Knowledge = {
    federations,
    invites: [...invites, invitation.invite],
    digests: [...models, '0'.repeat(64)],
    asks: [asks[0].ask, '0.1', '1.0', '999999999.9999'],
    people: ['ada', 'bob'],
    tokens: tokens.map((token) => token.id),
    operators: [{ authorization: `Bearer ${OPERATOR_TOKEN}` }, { cookie }, ...tokens.map(({ secret }) => ({ authorization: `Bearer ${secret}` }))],
    volunteers: volunteers.map(({ session }) => ({ authorization: `Bearer ${session}` })),
    bodies: {
      'POST /api/federations': [
        federationRequest(),
        federationRequest({ privacy: { level: 'masked', view: 'sums' } }),
        federationRequest({ strategy: { name: 'ifca', options: { clusters: 2 } } }),
        federationRequest({ strategy: { name: 'cfl', options: {} } }),
      ],
      'POST /api/models': [model],
      'POST /api/operator/login': [{ token: 'guess' }, { name: 'ada', password: 'a wrong password' }],
    },
    uploads: [sealed, set, new Uint8Array(16)],
  }
  return { knowledge, federations, open: { id, volunteers } }
}

/** What the server is for, after whatever it went through: three good volunteers finish a round, and their model is the old one and exactly the mean of their updates. */
export async function expectGoodRound(running: AttackedServer): Promise<void> {
  const { id, invitation } = await running.federate({ seed: `good ${performance.now()}` })
  const modelOf = async (): Promise<Float32Array> => {
    const { bytes, status } = await running.operator('GET', `/api/federations/${id}/export/models/0/weights.bin`)
    expect(status).toBe(200)
    return new Float32Array(Uint8Array.from(bytes).buffer)
  }
  const start = await modelOf()
  const volunteers = await joinMany(3, running.url, invitation)
  await Promise.all(
    volunteers.map(async (volunteer, index) => {
      const { ask } = await volunteer.nextAsk()
      expect((await volunteer.contribute(ask, updateOf(0.25 * (index + 1)))).status).toBe(200)
    }),
  )
  await running.seen(id, ({ round }) => round > 0)
  expect(await modelOf()).toEqual(start.map((entry) => entry + 0.5))
  expect((await running.operator('POST', `/api/federations/${id}/commands`, { command: 'finish-federation' })).status).toBe(200)
  for (const volunteer of volunteers) await volunteer.vanish()
}
