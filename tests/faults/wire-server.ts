import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FederationId, FederationView } from '@shoal/protocol'
import { buildServer, type ServerOptions, type ShoalServer } from '@shoal/server'
import { connect, fetchBytes, joinAs, readInvite } from './wire-client.mjs'

export const OPERATOR_TOKEN = 'a-token-for-tests-only'
/** Parameters of the small convolutional network that these tests use; nobody trains it. */
export const PARAMETERS = 6186

/** A configuration as an operator posts it. `overrides` replaces whole fields. */
export const federationRequest = (overrides: Record<string, unknown> = {}) => ({
  name: 'Digits',
  description: 'Handwritten digits.',
  operator: 'Test operator',
  seed: 'wire',
  strategy: { name: 'fedavg', options: {} },
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture: 'cnn-6186' },
  data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
  train: { steps: 1, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: 3, max: 1000 },
  quorum: { fraction: 0.5, min: 1 },
  deadlineMs: 60_000,
  computeDeadlineMs: 60_000,
  maxWeight: 1000,
  evaluation: { onClients: false, testSet: null },
  stop: { rounds: 100, accuracy: null },
  ...overrides,
})

export interface TestServer {
  readonly server: ShoalServer
  readonly url: string
  readonly directory: string
  operator(method: string, path: string, body?: unknown): ReturnType<typeof fetchBytes>
  /** A federation that runs, and the link to it. */
  federate(overrides?: Record<string, unknown>): Promise<{ id: FederationId; invitation: Awaited<ReturnType<typeof readInvite>> }>
  /** The first view of a federation, now or later, that passes. */
  seen(id: FederationId, passes: (view: FederationView) => boolean): Promise<FederationView>
  restart(options?: ServerOptions): Promise<TestServer>
  close(): Promise<void>
}

/** A server on a free port over a data directory of its own, which goes with it. */
export async function startTestServer(options: ServerOptions = {}, directory = mkdtempSync(join(tmpdir(), 'shoal-wire-'))): Promise<TestServer> {
  const server = await buildServer({
    dataDirectory: directory,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'warn',
    federations: 'none',
    operatorToken: OPERATOR_TOKEN,
    ...options,
  })
  const { port } = await server.listen()
  const url = `http://127.0.0.1:${port}`
  const operator: TestServer['operator'] = (method, path, body) =>
    fetchBytes(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const watcher = connect(url, '/operator', { auth: { token: OPERATOR_TOKEN } })
  return {
    server,
    url,
    directory,
    operator,
    async federate(overrides) {
      const { id } = await accepted(operator('POST', '/api/federations', federationRequest(overrides)))
      const invite = await accepted(operator('POST', `/api/federations/${id}/invites`))
      await accepted(operator('POST', `/api/federations/${id}/commands`, { command: 'start-federation' }))
      return { id, invitation: await readInvite(url, invite.url) }
    },
    async seen(id, passes) {
      const now = server.federation(id)?.view()
      if (now !== undefined && passes(now)) return now
      return watcher.inbox.next('view', (view: FederationView) => view.id === id && passes(view))
    },
    async restart(changed = {}) {
      watcher.socket.disconnect()
      await server.close()
      return startTestServer({ ...options, ...changed }, directory)
    },
    async close() {
      watcher.socket.disconnect()
      await server.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** As many volunteers as wanted, all ready. */
export const joinMany = (count: number, url: string, invitation: Awaited<ReturnType<typeof readInvite>>) =>
  Promise.all(Array.from({ length: count }, () => joinAs({ url, invitation })))

/** An update whose entries are all `value`. */
export const updateOf = (value: number): Float32Array => new Float32Array(PARAMETERS).fill(value)

async function accepted(answering: ReturnType<typeof fetchBytes>) {
  const { status, body } = await answering
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}
