import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { fetchBytes, joinAs, readInvite } from '../faults/wire-client.mjs'
import { federationRequest, OPERATOR_TOKEN, updateOf } from '../faults/wire-server.ts'

const SERVER = fileURLToPath(new URL('../faults/server-process.mjs', import.meta.url))
const CROWD_PROGRAM = fileURLToPath(new URL('./silent-crowd.mjs', import.meta.url))
const CROWD = 10_000
/** Files that each process may open. */
const DESCRIPTORS = 32_000
/** Long enough that the first of a crowd are still there when the last come. */
const PATIENCE_MS = 60_000

const running: ChildProcess[] = []
let directory = ''
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** A Node program that may open many files, which talks to us. */
function startProgram(path: string, args: readonly string[]): ChildProcess {
  const child = spawn('sh', ['-c', `ulimit -n ${DESCRIPTORS} 2>/dev/null; exec "$0" --expose-gc "$@"`, process.execPath, path, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  running.push(child)
  return child
}

async function rssOf(server: ChildProcess): Promise<number> {
  server.send('collect')
  const [{ memory }] = (await once(server, 'message')) as [{ memory: NodeJS.MemoryUsage }]
  return memory.rss
}

/** A round of three good volunteers, from their joins to its end. */
async function completeRound(url: string, seed: string): Promise<void> {
  const call = (method: string, path: string, body?: unknown) =>
    fetchBytes(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const { body: view } = await call('POST', '/api/federations', federationRequest({ seed, stop: { rounds: 1, accuracy: null } }))
  const { body: invite } = await call('POST', `/api/federations/${view.id}/invites`)
  await call('POST', `/api/federations/${view.id}/commands`, { command: 'start-federation' })
  const invitation = await readInvite(url, `${url}${new URL(invite.url).pathname}${new URL(invite.url).hash}`)
  const volunteers = await Promise.all([0, 1, 2].map(() => joinAs({ url, invitation })))
  const asks = await Promise.all(volunteers.map((volunteer) => volunteer.nextAsk()))
  const statuses = await Promise.all(volunteers.map(async (volunteer, index) => (await volunteer.contribute(asks[index].ask, updateOf(1))).status))
  expect(statuses).toEqual([200, 200, 200])
  let finished = view
  while (finished.lifecycle !== 'finished') finished = (await call('GET', `/api/federations/${view.id}`)).body
  expect(finished.rounds).toMatchObject([{ outcome: 'updated', clients: 3 }])
  await Promise.all(volunteers.map((volunteer) => volunteer.vanish()))
}

test.each(['connections', 'sockets'])('10,000 %s that never speak: rounds go on, all are closed, and memory is what it was', async (kind) => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-crowd-'))
  const options = { limits: { headersTimeoutMs: PATIENCE_MS, joinTimeoutMs: PATIENCE_MS } }
  const server = startProgram(SERVER, [directory, OPERATOR_TOKEN, JSON.stringify(options)])
  const [{ port }] = (await once(server, 'message')) as [{ port: number }]
  const url = `http://127.0.0.1:${port}`

  /** From the first connection to the last one's end; a round is completed while most of them are there. */
  async function storm(name: string): Promise<void> {
    const crowd = startProgram(CROWD_PROGRAM, [url, String(CROWD), kind])
    const [{ open }] = (await once(crowd, 'message')) as [{ open: number }]
    expect(open).toBeGreaterThan(0.9 * CROWD)
    const closed = once(crowd, 'message')
    await completeRound(url, `${kind} ${name} during`)
    expect((await closed)[0]).toBe('closed')
    await completeRound(url, `${kind} ${name} after`)
  }

  // The first storm grows what stays: pools, compiled code, the heap's own size.
  await storm('first')
  const before = await rssOf(server)
  await storm('second')
  const after = await rssOf(server)
  console.log(`10,000 ${kind}: RSS ${(before / 1e6).toFixed(0)} MB before, ${(after / 1e6).toFixed(0)} MB after`)
  expect(after).toBeLessThan(before * 1.1)
})
