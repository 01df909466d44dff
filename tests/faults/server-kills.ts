import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { connect, fetchBytes, joinAs, readInvite } from './wire-client.mjs'
import { federationRequest, joinMany, OPERATOR_TOKEN, updateOf } from './wire-server.ts'

const PROGRAM = fileURLToPath(new URL('./server-process.mjs', import.meta.url))

let child: ChildProcess | null = null
let directory = ''

async function start(): Promise<string> {
  child = fork(PROGRAM, [directory, OPERATOR_TOKEN], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [{ port }] = await once(child, 'message')
  return `http://127.0.0.1:${port}`
}

async function kill(): Promise<void> {
  const dead = once(child!, 'exit')
  child?.kill('SIGKILL')
  await dead
}

const operator = async (url: string, method: string, path: string, body?: unknown) => {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  return (await fetchBytes(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).body
}

type Volunteers = Awaited<ReturnType<typeof joinMany>>

/** What has come to the server by the time at which it is killed. */
const MOMENTS = {
  'before anyone answered': async () => undefined,
  'while one contribution is durable': ([a], ask) => a.contribute(ask, updateOf(1)).then(() => a.inbox.next('durable')),
  'while one contribution is only in memory': ([a], ask) => a.contribute(ask, updateOf(1)),
  'while two are durable and a third is half sent': async ([a, b, c], ask) => {
    await Promise.all([a.contribute(ask, updateOf(1)), b.contribute(ask, updateOf(2))])
    await Promise.all([a.inbox.next('durable'), b.inbox.next('durable')])
    void c.put(ask, new Uint8Array(100), { 'content-length': '20000' }).catch(() => undefined)
  },
  'right after the last contribution': ([a, b, c], ask) =>
    Promise.all([a.contribute(ask, updateOf(1)), b.contribute(ask, updateOf(2)), c.contribute(ask, updateOf(3))]),
} satisfies Record<string, (volunteers: Volunteers, ask: string) => Promise<unknown>>

/** A suite: the server of a federation is killed at these moments, and started again. */
export function describeServerKills(moments: readonly (keyof typeof MOMENTS)[]): void {
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) await kill()
    rmSync(directory, { recursive: true, force: true })
  })

  test.each(moments)('a server that is killed %s goes on from its log: nothing durable is asked for twice, nothing is folded twice', async (moment) => {
    directory = mkdtempSync(join(tmpdir(), 'shoal-kill-'))
    const first = await start()
    const { id } = await operator(first, 'POST', '/api/federations', federationRequest({ stop: { rounds: 1, accuracy: null } }))
    const invite = await operator(first, 'POST', `/api/federations/${id}/invites`)
    await operator(first, 'POST', `/api/federations/${id}/commands`, { command: 'start-federation' })
    const invitation = await readInvite(first, invite.url)
    const volunteers = await joinMany(3, first, invitation)
    const { ask, models } = await volunteers[0].nextAsk()
    const { bytes } = await fetchBytes(`${first}/models/${models[0]}`)
    const before = new Float32Array(new Uint8Array(bytes).buffer)[0]
    await MOMENTS[moment](volunteers, ask)
    await kill()

    const second = await start()
    const watcher = connect(second, '/operator', { auth: { token: OPERATOR_TOKEN } })
    const returned = await Promise.all(volunteers.map(({ identity, session }) => joinAs({ url: second, invitation, identity, session })))
    expect(returned.map(({ client }) => client)).toEqual(volunteers.map(({ client }) => client))
    for (const [index, volunteer] of returned.entries()) {
      const reply = await volunteer.say('where', {})
      if (!reply.ok) throw new Error(reply.failure.code)
      const { standing } = { standing: reply.value }
      if (standing.ask === null || standing.received === 'durable') continue
      expect(standing).toMatchObject({ ask: { ask }, received: 'nothing' })
      const answer = await volunteer.contribute(ask, updateOf(index + 1))
      expect(answer.status).toBe(200)
    }
    const view = await watcher.inbox.next('view', ({ lifecycle }: { lifecycle: string }) => lifecycle === 'finished')
    expect(view.rounds).toMatchObject([{ outcome: 'updated', clients: 3 }])
    const after = await fetchBytes(`${second}/models/${view.models[0]}`)
    expect(new Float32Array(new Uint8Array(after.bytes).buffer)[0]).toBeCloseTo(before + 2, 5)
    watcher.socket.disconnect()
  })
}
