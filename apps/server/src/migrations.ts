import { type Kysely, type Migration, type MigrationProvider, Migrator } from 'kysely'

/** What the server keeps in SQLite. Tokens of sessions stand here as hashes only: who reads the file can not act as anybody. */
export interface Tables {
  events: { federation: string; sequence: number; at: number; type: string; body: string }
  federation_secrets: { federation: string; public_key: string; private_key: Buffer; policy_text: string; policy_signature: string }
  invites: { token: string; federation: string; created_at: number; expires_at: number | null; revoked_at: number | null }
  sessions: { token_hash: string; federation: string; client: string; created_at: number }
  operator_sessions: { token_hash: string; expires_at: number }
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
}

const provider: MigrationProvider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) }

/** Brings a database to the newest form. Throws what went wrong: a server on half a schema must not start. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw error
}
