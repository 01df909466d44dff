import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { federationIdSchema } from '@shoal/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { openInviteStore } from './invite-store.ts'
import { openOperatorAccess } from './operator-access.ts'
import { tokenHashOf } from './secret-token.ts'
import { Sqlite } from './sqlite.ts'

const FEDERATION = federationIdSchema.parse('fed-0123456789abcdef')

/** What a server before there were people left behind, table for table. */
const FIRST = `
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
INSERT INTO kysely_migration VALUES ('0001-first', '2026-11-21T00:00:00.000Z');
INSERT INTO kysely_migration_lock VALUES ('migration_lock', 0);
CREATE TABLE "events" ("federation" text not null, "sequence" integer not null, "at" integer not null, "type" text not null, "body" text not null, constraint "events_key" primary key ("federation", "sequence"));
CREATE TABLE "federation_secrets" ("federation" text primary key, "public_key" text not null, "private_key" blob not null, "policy_text" text not null, "policy_signature" text not null);
CREATE TABLE "invites" ("token" text primary key, "federation" text not null, "created_at" integer not null, "expires_at" integer, "revoked_at" integer);
CREATE TABLE "sessions" ("token_hash" text primary key, "federation" text not null, "client" text not null, "created_at" integer not null, constraint "sessions_client" unique ("federation", "client"));
CREATE TABLE "operator_sessions" ("token_hash" text primary key, "expires_at" integer not null);
CREATE TABLE "meta" ("key" text primary key, "value" integer not null);
`
const INVITE = 'A'.repeat(43)

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-migrations-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function leaveOldDatabase(rows: string): void {
  const old = new Sqlite(join(directory, 'shoal.sqlite'))
  old.exec(FIRST + rows)
  old.close()
}

test('a database from before there were people is brought up: who was signed in is the admin, invites have no limit', async () => {
  leaveOldDatabase(`
    INSERT INTO operator_sessions VALUES ('${tokenHashOf('a session')}', 1000);
    INSERT INTO invites VALUES ('${INVITE}', '${FEDERATION}', 5, NULL, NULL);
    INSERT INTO sessions VALUES ('a hash', '${FEDERATION}', 'cl-0123456789abcdef', 6);
  `)
  const database = await openDatabase(directory)
  const access = await openOperatorAccess(database, { operatorToken: null, loginsPerName: 3, passwordCost: 2 ** 10 })
  expect(access.identify({ session: 'a session', bearer: null }, 999)).toEqual({
    who: 'admin',
    role: 'admin',
    person: { name: 'admin', hasPassword: false },
    expiresAt: 1000,
  })
  expect(access.identify({ session: 'a session', bearer: null }, 1000)).toBeNull()
  expect(await (await openInviteStore(database)).list(FEDERATION)).toEqual([
    { token: INVITE, federation: FEDERATION, createdAt: 5, expiresAt: null, revokedAt: null, maxUses: null, uses: 0 },
  ])
  expect(await database.db.selectFrom('sessions').selectAll().execute()).toHaveLength(1)
  await database.close()
})

test('where nobody was signed in nobody is let in by it, and a second start changes nothing', async () => {
  leaveOldDatabase('')
  for (const _start of [1, 2]) {
    const database = await openDatabase(directory)
    expect(await database.db.selectFrom('people').selectAll().execute()).toEqual([])
    await database.close()
  }
})
