import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FederationView } from '@shoal/protocol'
import { connect, fetchBytes, readInvite } from '../faults/wire-client.mjs'
import { federationRequest, OPERATOR_TOKEN } from '../faults/wire-server.ts'
import { type AttackedServer, UNLIMITED } from './hostile-server.ts'

const PROGRAM = fileURLToPath(new URL('../faults/server-process.mjs', import.meta.url))

export interface ForkedServer extends AttackedServer {
  readonly port: number
  /** Bytes in use after a collection: the heap, what hangs on it, and the whole process. */
  memory(): Promise<{ readonly heap: number; readonly external: number; readonly rss: number }>
  isAlive(): boolean
  close(): Promise<void>
}

/** The built server as a process of its own, whose memory is nobody else's. */
export async function startForkedServer(): Promise<ForkedServer> {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-hostile-'))
  const options = JSON.stringify({ limits: UNLIMITED, logLevel: 'silent' })
  const child = fork(PROGRAM, [directory, OPERATOR_TOKEN, options], { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const url = `http://127.0.0.1:${port}`
  const watcher = connect(url, '/operator', { auth: { token: OPERATOR_TOKEN } })
  const operator: ForkedServer['operator'] = (method, path, body) =>
    fetchBytes(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    port,
    url,
    operator,
    async federate(overrides) {
      const { body } = await operator('POST', '/api/federations', federationRequest(overrides))
      const invite = await operator('POST', `/api/federations/${body.id}/invites`)
      await operator('POST', `/api/federations/${body.id}/commands`, { command: 'start-federation' })
      return { id: body.id, invitation: await readInvite(url, invite.body.url) }
    },
    async seen(id, passes) {
      const { body } = await operator('GET', `/api/federations/${id}`)
      return passes(body) ? body : watcher.inbox.next('view', (view: FederationView) => view.id === id && passes(view))
    },
    async memory() {
      const told = once(child, 'message')
      child.send('collect')
      const [{ memory }] = (await told) as [{ memory: NodeJS.MemoryUsage }]
      return { heap: memory.heapUsed, external: memory.external, rss: memory.rss }
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async close() {
      watcher.socket.disconnect()
      const dead = once(child, 'exit')
      child.send('close')
      await dead
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
