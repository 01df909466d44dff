import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Sqlite } from '../../apps/server/src/sqlite.ts'
import { type ForkedServer, forkServer } from './forked-server.ts'
import { fetchBytes, joinAs } from './wire-client.mjs'
import { joinMany, updateOf } from './wire-server.ts'

/** The real server in a process of its own, and a store that takes nothing for a while: because the operating system lets no file grow, or because somebody else holds the database. */

/** Whether the size that a process may let its files grow to can be changed while it runs. */
const CAN_LIMIT_FILES = spawnSync('prlimit', ['--version']).status === 0
/** No page of the database's log and no blob of these tests has room in it. */
const NO_ROOM_BYTES = 512

let running: ForkedServer | null = null
afterEach(async () => {
  await running?.close()
  running = null
})

interface Fault {
  begin(server: ForkedServer): void
  end(): void
}

const fullDisk = (): Fault => {
  let limit = (_bytes: string): void => undefined
  return {
    begin({ pid }) {
      limit = (bytes) => void execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
      limit(String(NO_ROOM_BYTES))
    },
    end: () => limit('unlimited'),
  }
}

const lockedDatabase = (): Fault => {
  let release = (): void => undefined
  return {
    begin({ directory }) {
      const other = new Sqlite(join(directory, 'shoal.sqlite'))
      other.exec('BEGIN IMMEDIATE')
      release = () => {
        other.exec('ROLLBACK')
        other.close()
      }
    },
    end: () => release(),
  }
}

const FAULTS = [
  { name: 'files can not grow', createFault: fullDisk, isPossible: CAN_LIMIT_FILES },
  { name: 'another process holds the database', createFault: lockedDatabase, isPossible: true },
].filter(({ isPossible }) => isPossible)

test.each(FAULTS)('while $name writes are refused by code or wait, nothing is lost, and everything goes on afterwards', async ({ createFault }) => {
  running = await forkServer({ logLevel: 'silent' })
  const { url, operator, federate, seen } = running
  const { id, invitation } = await federate({ cohort: { fraction: 1, min: 4, max: 4 }, stop: { rounds: 1, accuracy: null } })
  const [a, b, c, d] = await joinMany(4, url, invitation)
  const { ask, models } = await a.nextAsk()
  const { bytes } = await fetchBytes(`${url}/models/${models[0]}`)
  const before = new Float32Array(new Uint8Array(bytes).buffer)[0]
  await a.contribute(ask, updateOf(1))
  await a.inbox.next('durable')

  const fault = createFault()
  fault.begin(running)
  // Folded in memory, and no more than that is said.
  const answer = await b.contribute(ask, updateOf(2))
  expect(answer).toMatchObject({ status: 200, body: { received: 'received' } })
  expect(await operator('POST', `/api/federations/${id}/commands`, { command: 'pause-federation' })).toMatchObject({
    status: 507,
    body: { code: 'SHOAL_ERR_STORE_FAILED', retryable: true },
  })
  await expect(joinAs({ url, invitation })).rejects.toThrow('SHOAL_ERR_STORE_FAILED')
  await d.vanish()
  expect(await b.say('where', {})).toMatchObject({ ok: true, value: { received: 'received', view: { lifecycle: 'running', openAsk: { answered: 1 } } } })
  expect(b.inbox.arrived.filter(({ name }) => name === 'durable')).toEqual([])
  expect((await fetchBytes(`${url}/healthz`)).status).toBe(200)
  expect((await fetchBytes(`${url}/readyz`)).status).not.toBe(200)

  fault.end()
  await b.inbox.next('durable')
  expect((await fetchBytes(`${url}/readyz`)).status).toBe(200)
  // Who went meanwhile is not waited for: the round ends with the next answer.
  await c.contribute(ask, updateOf(6))
  const view = await seen(({ lifecycle }) => lifecycle === 'finished')
  expect(view.rounds).toMatchObject([{ outcome: 'updated', clients: 3 }])
  const after = await fetchBytes(`${url}/models/${view.models[0]}`)
  expect(new Float32Array(new Uint8Array(after.bytes).buffer)[0]).toBeCloseTo(before + 3, 5)
})
