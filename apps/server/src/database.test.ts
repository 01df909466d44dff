import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clientIdSchema, federationIdSchema } from '@shoal/protocol'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from './database.ts'
import { createEventStore } from './event-store.ts'
import { openInviteStore } from './invite-store.ts'
import { openSessionStore } from './session-store.ts'
import { countStart } from './start-counter.ts'

const FEDERATION = federationIdSchema.parse('fed-0123456789abcdef')
const CLIENT = clientIdSchema.parse('cl-0123456789abcdef')

let directory = ''
let database: Database
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-database-'))
  database = await openDatabase(directory)
})
afterEach(async () => {
  await database.close()
  rmSync(directory, { recursive: true })
})
const reopen = async (): Promise<void> => {
  await database.close()
  database = await openDatabase(directory)
}

test('a second server on the same data directory is refused with a clear message', async () => {
  await expect(openDatabase(directory)).rejects.toThrow(`another server is running on ${directory}`)
  await reopen()
})

test('writes wait for the disk', async () => {
  const { rows } = await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(database.db)
  const journal = await sql<{ journal_mode: string }>`PRAGMA journal_mode`.execute(database.db)
  expect([rows[0].synchronous, journal.rows[0].journal_mode]).toEqual([2, 'wal'])
})

test('a full disk is a failure by code, and what was there stays readable', async () => {
  await database.close()
  database = await openDatabase(directory, { maxPages: 40 })
  const store = createEventStore(database)
  const event = { type: 'federation-paused', at: 1, reason: 'x'.repeat(3000) } as const
  let sequence = 0
  while ((await store.append(FEDERATION, sequence, [event])).ok) sequence += 1
  expect(await store.append(FEDERATION, sequence, [event])).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_STORE_FAILED', detail: 'SQLITE_FULL' } })
  expect(await store.load(FEDERATION)).toHaveLength(sequence)
})

test('more events at once than a statement takes are appended whole', async () => {
  const events = Array.from({ length: 12_000 }, (_, at) => ({ type: 'federation-started', at }) as const)
  const store = createEventStore(database)
  expect(await store.append(FEDERATION, 0, events)).toMatchObject({ ok: true })
  expect(await store.load(FEDERATION)).toEqual(events)
})

test('starts are counted over restarts', async () => {
  expect(await countStart(database)).toBe(1)
  await reopen()
  expect(await countStart(database)).toBe(2)
})

test('a session survives a restart; its token is not on disk; a new one of the same client ends it', async () => {
  const first = await (await openSessionStore(database)).create({ federation: FEDERATION, client: CLIENT }, 1, null)
  if (!first.ok) throw new Error(first.failure.code)
  const rows = await database.db.selectFrom('sessions').selectAll().execute()
  expect(JSON.stringify(rows)).not.toContain(first.value)
  await reopen()
  const sessions = await openSessionStore(database)
  expect(sessions.find(first.value)).toEqual({ federation: FEDERATION, client: CLIENT })
  expect(sessions.find('A'.repeat(43))).toBeNull()
  const second = await sessions.create({ federation: FEDERATION, client: CLIENT }, 2, null)
  if (!second.ok) throw new Error(second.failure.code)
  expect([sessions.find(first.value), sessions.find(second.value)?.client]).toEqual([null, CLIENT])
  expect(await database.db.selectFrom('sessions').selectAll().execute()).toHaveLength(1)
})

test('an invite works until it expires or is revoked', async () => {
  const invites = await openInviteStore(database)
  const create = async (expiresAt: number | null): Promise<string> => {
    const made = await invites.create({ federation: FEDERATION, expiresAt, maxUses: null }, 1)
    if (!made.ok) throw new Error(made.failure.code)
    return made.value.token
  }
  const [endless, short] = [await create(null), await create(100)]
  expect([await invites.findValid(short, 99), await invites.findValid(short, 100)]).toMatchObject([{ federation: FEDERATION }, null])
  expect(await invites.revoke(FEDERATION, endless, 5)).toEqual({ ok: true, value: true })
  expect(await invites.revoke(FEDERATION, endless, 6)).toEqual({ ok: true, value: false })
  expect(await invites.findValid(endless, 7)).toBeNull()
  expect(await invites.list(FEDERATION)).toHaveLength(2)
})
