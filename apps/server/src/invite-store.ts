import { type FederationId, federationIdSchema, type InviteToken, inviteTokenSchema, type Result, succeeded } from '@shoal/protocol'
import { attempted, type Database } from './database.ts'
import { createSecretToken } from './secret-token.ts'

export interface Invite {
  readonly token: InviteToken
  readonly federation: FederationId
  readonly createdAt: number
  /** Milliseconds since the epoch; null for an invite without an end. */
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

export interface InviteStore {
  /** The invite, if it can be used at `at`. */
  findValid(token: string, at: number): Promise<Invite | null>
  list(federation: FederationId): Promise<readonly Invite[]>
  create(invite: { federation: FederationId; expiresAt: number | null }, at: number): Promise<Result<Invite>>
  /** Whether there was one to revoke. */
  revoke(federation: FederationId, token: string, at: number): Promise<Result<boolean>>
}

export function createInviteStore({ db }: Database): InviteStore {
  return {
    async findValid(token, at) {
      const row = await db.selectFrom('invites').selectAll().where('token', '=', token).executeTakeFirst()
      if (row === undefined || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= at)) return null
      return inviteOf(row)
    },
    async list(federation) {
      const rows = await db.selectFrom('invites').selectAll().where('federation', '=', federation).orderBy('created_at').orderBy('token').execute()
      return rows.map(inviteOf)
    },
    async create({ federation, expiresAt }, at) {
      const row = { token: createSecretToken(), federation, created_at: at, expires_at: expiresAt, revoked_at: null }
      const written = await attempted(() => db.insertInto('invites').values(row).execute())
      return written.ok ? succeeded(inviteOf(row)) : written
    },
    async revoke(federation, token, at) {
      const written = await attempted(() =>
        db
          .updateTable('invites')
          .set({ revoked_at: at })
          .where('federation', '=', federation)
          .where('token', '=', token)
          .where('revoked_at', 'is', null)
          .executeTakeFirst(),
      )
      return written.ok ? succeeded(written.value.numUpdatedRows > 0n) : written
    },
  }
}

const inviteOf = (row: { token: string; federation: string; created_at: number; expires_at: number | null; revoked_at: number | null }): Invite => ({
  token: inviteTokenSchema.parse(row.token),
  federation: federationIdSchema.parse(row.federation),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
})
