import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FederationView } from '@shoal/protocol'
import type { ServerOptions } from '@shoal/server'
import { connect, fetchBytes, readInvite } from './wire-client.mjs'
import { federationRequest, OPERATOR_TOKEN } from './wire-server.ts'

const PROGRAM = fileURLToPath(new URL('./server-process.mjs', import.meta.url))

/** The built server in a process of its own, on a data directory that goes with it: what can be done to a process and its files can be done to it. */
export interface ForkedServer {
  readonly url: string
  readonly directory: string
  readonly pid: number
  operator(method: string, path: string, body?: unknown): ReturnType<typeof fetchBytes>
  federate(overrides?: Record<string, unknown>): Promise<{ id: string; invitation: Awaited<ReturnType<typeof readInvite>> }>
  /** The first view from now on that passes. */
  seen(passes: (view: FederationView) => boolean): Promise<FederationView>
  close(): Promise<void>
}

export async function forkServer(options: ServerOptions = {}): Promise<ForkedServer> {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-forked-'))
  const child: ChildProcess = fork(PROGRAM, [directory, OPERATOR_TOKEN, JSON.stringify(options)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [{ port }] = await once(child, 'message')
  const url = `http://127.0.0.1:${port}`
  const operator: ForkedServer['operator'] = (method, path, body) =>
    fetchBytes(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    url,
    directory,
    pid: child.pid ?? 0,
    operator,
    async federate(overrides) {
      const { id } = (await operator('POST', '/api/federations', federationRequest(overrides))).body
      const invite = (await operator('POST', `/api/federations/${id}/invites`)).body
      await operator('POST', `/api/federations/${id}/commands`, { command: 'start-federation' })
      return { id, invitation: await readInvite(url, invite.url) }
    },
    async seen(passes) {
      const watcher = connect(url, '/operator', { auth: { token: OPERATOR_TOKEN } })
      const view = await watcher.inbox.next('view', passes)
      watcher.socket.disconnect()
      return view
    },
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        const dead = once(child, 'exit')
        child.kill('SIGKILL')
        await dead
      }
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
