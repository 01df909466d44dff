import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { federationIdSchema } from '@shoal/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildServer } from './application.ts'
import { openDatabase } from './database.ts'
import { createEventStore } from './event-store.ts'

const FEDERATION = federationIdSchema.parse('fed-0123456789abcdef')

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-health-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const options = (): { dataDirectory: string; logLevel: 'silent'; federations: string } => ({
  dataDirectory: directory,
  logLevel: 'silent',
  federations: 'none',
})

test('a server that can do its work says so; one that is closing refuses, alive or not', async () => {
  const server = await buildServer(options())
  const answers = await Promise.all(Array.from({ length: 3 }, () => server.app.inject('/readyz')))
  for (const answer of answers) expect([answer.statusCode, answer.json()]).toEqual([200, { ok: true, federations: 0, reasons: [] }])
  expect((await server.app.inject('/healthz')).json()).toEqual({ ok: true })
  const closing = server.close()
  const late = await server.app.inject('/readyz')
  expect([late.statusCode, late.json().code]).toEqual([503, 'SHOAL_ERR_SHUTTING_DOWN'])
  await closing
})

test('a full disk makes it alive and not ready, with the reason', async () => {
  const database = await openDatabase(directory)
  const store = createEventStore(database)
  for (let sequence = 0; sequence < 30; sequence += 1) {
    await store.append(FEDERATION, sequence, [{ type: 'federation-paused', at: 1, reason: 'x'.repeat(3000) }])
  }
  await database.db.deleteFrom('events').where('sequence', '=', 0).execute()
  await database.close()
  const server = await buildServer({ ...options(), limits: { maxDatabasePages: 60 } })
  const ready = await server.app.inject('/readyz')
  expect(ready.statusCode).toBe(503)
  expect(ready.json()).toMatchObject({ ok: false, reasons: ['the database can not be written: SQLITE_FULL'] })
  expect((await server.app.inject('/healthz')).statusCode).toBe(200)
  await server.close()
})

test('a federation that could not be brought back makes it not ready', async () => {
  const database = await openDatabase(directory)
  await createEventStore(database).append(FEDERATION, 0, [{ type: 'federation-paused', at: 1, reason: 'no beginning' }])
  await database.close()
  const server = await buildServer(options())
  const ready = await server.app.inject('/readyz')
  expect([ready.statusCode, ready.json().reasons]).toEqual([503, ['1 federations could not be recovered']])
  await server.close()
})
