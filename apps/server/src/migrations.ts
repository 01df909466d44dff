import type { Role } from '@shoal/protocol'
import { type Generated, type Kysely, type Migration, type MigrationProvider, Migrator, sql } from 'kysely'

/** What the server keeps in SQLite. Passwords and tokens of sessions and programs stand here as hashes only: who reads the file can not act as anybody. */
export interface Tables {
  events: { federation: string; sequence: number; at: number; type: string; body: string }
  federation_secrets: { federation: string; public_key: string; private_key: Buffer; policy_text: string; policy_signature: string }
  invites: {
    token: string
    federation: string
    created_at: number
    expires_at: number | null
    revoked_at: number | null
    max_uses: number | null
    uses: Generated<number>
  }
  sessions: { token_hash: string; federation: string; client: string; created_at: number }
  operator_sessions: { token_hash: string; expires_at: number; person: string }
  people: { name: string; role: Role; password: string | null; created_at: number }
  api_tokens: { id: string; name: string; role: Role; token_hash: string; created_at: number; expires_at: number | null; last_used_at: number | null }
  audit: { id: Generated<number>; at: number; who: string; what: string; target: string; refusal: string | null }
  traffic: { federation: string; round: number; bytes_up: number; bytes_down: number }
  probes: { body: Buffer }
  meta: { key: string; value: number }
}

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('events')
        .addColumn('federation', 'text', (column) => column.notNull())
        .addColumn('sequence', 'integer', (column) => column.notNull())
        .addColumn('at', 'integer', (column) => column.notNull())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('events_key', ['federation', 'sequence'])
        .execute()
      await db.schema
        .createTable('federation_secrets')
        .addColumn('federation', 'text', (column) => column.primaryKey())
        .addColumn('public_key', 'text', (column) => column.notNull())
        .addColumn('private_key', 'blob', (column) => column.notNull())
        .addColumn('policy_text', 'text', (column) => column.notNull())
        .addColumn('policy_signature', 'text', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('invites')
        .addColumn('token', 'text', (column) => column.primaryKey())
        .addColumn('federation', 'text', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('expires_at', 'integer')
        .addColumn('revoked_at', 'integer')
        .execute()
      await db.schema
        .createTable('sessions')
        .addColumn('token_hash', 'text', (column) => column.primaryKey())
        .addColumn('federation', 'text', (column) => column.notNull())
        .addColumn('client', 'text', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addUniqueConstraint('sessions_client', ['federation', 'client'])
        .execute()
      await db.schema
        .createTable('operator_sessions')
        .addColumn('token_hash', 'text', (column) => column.primaryKey())
        .addColumn('expires_at', 'integer', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('meta')
        .addColumn('key', 'text', (column) => column.primaryKey())
        .addColumn('value', 'integer', (column) => column.notNull())
        .execute()
    },
  },
  '0002-access': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('people')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('password', 'text')
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .execute()
      // Who was signed in before there were people could do everything.
      await db.schema
        .alterTable('operator_sessions')
        .addColumn('person', 'text', (column) => column.notNull().defaultTo('admin'))
        .execute()
      await sql`INSERT INTO people (name, role, password, created_at) SELECT 'admin', 'admin', NULL, 0 WHERE EXISTS (SELECT 1 FROM operator_sessions)`.execute(
        db,
      )
      await db.schema
        .createTable('api_tokens')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('token_hash', 'text', (column) => column.notNull().unique())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('expires_at', 'integer')
        .addColumn('last_used_at', 'integer')
        .execute()
      await db.schema
        .createTable('audit')
        .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('at', 'integer', (column) => column.notNull())
        .addColumn('who', 'text', (column) => column.notNull())
        .addColumn('what', 'text', (column) => column.notNull())
        .addColumn('target', 'text', (column) => column.notNull())
        .addColumn('refusal', 'text')
        .execute()
      await db.schema.alterTable('invites').addColumn('max_uses', 'integer').execute()
      await db.schema
        .alterTable('invites')
        .addColumn('uses', 'integer', (column) => column.notNull().defaultTo(0))
        .execute()
      await db.schema
        .createTable('traffic')
        .addColumn('federation', 'text', (column) => column.notNull())
        .addColumn('round', 'integer', (column) => column.notNull())
        .addColumn('bytes_up', 'integer', (column) => column.notNull())
        .addColumn('bytes_down', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('traffic_key', ['federation', 'round'])
        .execute()
      await db.schema.createTable('probes').addColumn('body', 'blob').execute()
    },
  },
}

const provider: MigrationProvider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) }

/** Brings a database to the newest form. Throws what went wrong: a server on half a schema must not start. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw error
}
