import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askIdOf, federationIdSchema } from '@shoal/protocol'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from './database.ts'
import { openTrafficLedger } from './traffic.ts'

const [FIRST, SECOND] = ['fed-0123456789abcdef', 'fed-fedcba9876543210'].map((id) => federationIdSchema.parse(id))

let directory = ''
let database: Database
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-traffic-'))
  database = await openDatabase(directory)
})
afterEach(async () => {
  await database.close()
  rmSync(directory, { recursive: true })
})

test('bytes are counted by federation and round, and counted on after a restart', async () => {
  const before = await openTrafficLedger(database)
  before.up(FIRST, askIdOf(2, 1), 10)
  before.up(FIRST, askIdOf(2, 3), 5)
  before.down(FIRST, 0, 7)
  before.down(SECOND, 2, 1)
  await before.flush()
  before.up(FIRST, askIdOf(0, 0), 100)
  const after = await openTrafficLedger(database)
  after.up(FIRST, askIdOf(2, 1), 1)
  expect(after.of(FIRST)).toEqual([
    { round: 0, bytesUp: 0, bytesDown: 7 },
    { round: 2, bytesUp: 16, bytesDown: 0 },
  ])
  await after.flush()
  expect((await openTrafficLedger(database)).of(SECOND)).toEqual([{ round: 2, bytesUp: 0, bytesDown: 1 }])
})

test('more rounds at once than a statement takes are written whole', async () => {
  const ledger = await openTrafficLedger(database)
  for (let round = 0; round < 12_000; round += 1) ledger.down(FIRST, round, round)
  await ledger.flush()
  expect((await openTrafficLedger(database)).of(FIRST)).toEqual(ledger.of(FIRST))
})

test('what could not be written is written the next time', async () => {
  const ledger = await openTrafficLedger(database)
  ledger.down(FIRST, 1, 5)
  await sql`CREATE TRIGGER full BEFORE INSERT ON traffic BEGIN SELECT RAISE(ABORT, 'full'); END`.execute(database.db)
  await ledger.flush()
  await sql`DROP TRIGGER full`.execute(database.db)
  await ledger.flush()
  expect((await openTrafficLedger(database)).of(FIRST)).toEqual([{ round: 1, bytesUp: 0, bytesDown: 5 }])
})
