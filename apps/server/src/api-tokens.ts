import { randomUUID } from 'node:crypto'
import { type ApiTokenList, type Result, type Role, succeeded } from '@shoal/protocol'
import { attempted, type Database } from './database.ts'
import { createSecretToken, tokenHashOf } from './secret-token.ts'

/** A use is written down this long after the one before: a program that asks every second writes nothing every second. */
const USE_WRITTEN_AFTER_MS = 60_000

type ApiToken = ApiTokenList[number]

/** Tokens of programs, each with a role. The secret is known to its holder alone. */
export interface ApiTokens {
  /** The token of this secret, if it can be used at `at`; that counts as a use of it. */
  use(secret: string, at: number): ApiToken | null
  list(): ApiTokenList
  create(wanted: { readonly name: string; readonly role: Role; readonly expiresAt: number | null }, at: number): Promise<Result<ApiToken & { secret: string }>>
  /** Whether there was one to revoke. */
  revoke(id: string): Promise<Result<boolean>>
}

export async function openApiTokens({ db }: Database): Promise<ApiTokens> {
  const rows = await db.selectFrom('api_tokens').selectAll().orderBy('created_at').orderBy('id').execute()
  const byHash = new Map<string, ApiToken>()
  const writtenAt = new Map<string, number>()
  for (const { token_hash, id, name, role, created_at, expires_at, last_used_at } of rows)
    byHash.set(token_hash, { id, name, role, createdAt: created_at, expiresAt: expires_at, lastUsedAt: last_used_at })
  return {
    use(secret, at) {
      const hash = tokenHashOf(secret)
      const token = byHash.get(hash)
      if (token === undefined || (token.expiresAt !== null && token.expiresAt <= at)) return null
      const used = { ...token, lastUsedAt: at }
      byHash.set(hash, used)
      if (at - (writtenAt.get(token.id) ?? 0) >= USE_WRITTEN_AFTER_MS) {
        writtenAt.set(token.id, at)
        // When it was last used is good to know and nothing to fail for.
        void attempted(() => db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', token.id).execute())
      }
      return used
    },
    list: () => [...byHash.values()],
    async create({ name, role, expiresAt }, at) {
      const secret = `shoal_${createSecretToken()}`
      const token: ApiToken = { id: randomUUID(), name, role, createdAt: at, expiresAt, lastUsedAt: null }
      const row = { id: token.id, name, role, token_hash: tokenHashOf(secret), created_at: at, expires_at: expiresAt, last_used_at: null }
      const written = await attempted(() => db.insertInto('api_tokens').values(row).execute())
      if (!written.ok) return written
      byHash.set(row.token_hash, token)
      return succeeded({ ...token, secret })
    },
    async revoke(id) {
      const written = await attempted(() => db.deleteFrom('api_tokens').where('id', '=', id).execute())
      if (!written.ok) return written
      const found = [...byHash].find(([, token]) => token.id === id)
      if (found !== undefined) byHash.delete(found[0])
      return succeeded(found !== undefined)
    },
  }
}
