import { type FederationId, federationIdSchema, type InviteToken, inviteTokenSchema, type Result, succeeded } from '@shoal/protocol'
import type { Selectable, Transaction } from 'kysely'
import { attempted, type Database } from './database.ts'
import type { Tables } from './migrations.ts'
import { createSecretToken, tokenHashOf } from './secret-token.ts'

export interface Invite {
  readonly token: InviteToken
  readonly federation: FederationId
  readonly createdAt: number
  /** Milliseconds since the epoch; null for an invite without an end. */
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** Clients that it lets in; null for any number. */
  readonly maxUses: number | null
  /** Clients that came in by it for the first time. */
  readonly uses: number
}

export const isExhausted = ({ maxUses, uses }: Invite): boolean => maxUses !== null && uses >= maxUses

export interface InviteStore {
  /** The invite, if it holds at `at`. It may be exhausted: those whom it let in before may still come back by it. */
  findValid(token: string, at: number): Promise<Invite | null>
  list(federation: FederationId): Promise<readonly Invite[]>
  create(invite: { readonly federation: FederationId; readonly expiresAt: number | null; readonly maxUses: number | null }, at: number): Promise<Result<Invite>>
  /** Whether there was one to revoke. */
  revoke(federation: FederationId, token: string, at: number): Promise<Result<boolean>>
}

export async function openInviteStore({ db }: Database): Promise<InviteStore> {
  const rows = await db.selectFrom('invites').select('token').execute()
  // Guesses are looked up by their hashes, so that the time it takes says nothing about how near they come; operators see the tokens themselves, so they are kept.
  const byHash = new Map(rows.map(({ token }) => [tokenHashOf(token), token]))
  return {
    async findValid(guess, at) {
      const token = byHash.get(tokenHashOf(guess))
      if (token === undefined) return null
      const row = await db.selectFrom('invites').selectAll().where('token', '=', token).executeTakeFirst()
      if (row === undefined || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= at)) return null
      return inviteOf(row)
    },
    async list(federation) {
      const rows = await db.selectFrom('invites').selectAll().where('federation', '=', federation).orderBy('created_at').orderBy('token').execute()
      return rows.map(inviteOf)
    },
    async create({ federation, expiresAt, maxUses }, at) {
      const row = { token: createSecretToken(), federation, created_at: at, expires_at: expiresAt, revoked_at: null, max_uses: maxUses, uses: 0 }
      const written = await attempted(() => db.insertInto('invites').values(row).execute())
      if (!written.ok) return written
      byHash.set(tokenHashOf(row.token), row.token)
      return succeeded(inviteOf(row))
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

/** Counts one more client that this invite lets in; false where it has let in all that it may. */
export async function countUse(transaction: Transaction<Tables>, token: string): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('invites')
    .set(({ eb }) => ({ uses: eb('uses', '+', 1) }))
    .where('token', '=', token)
    .where(({ eb, or, ref }) => or([eb('max_uses', 'is', null), eb('uses', '<', ref('max_uses'))]))
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

const inviteOf = (row: Selectable<Tables['invites']>): Invite => ({
  token: inviteTokenSchema.parse(row.token),
  federation: federationIdSchema.parse(row.federation),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  maxUses: row.max_uses,
  uses: row.uses,
})
