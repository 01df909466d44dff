import { type Result, succeeded } from '@shoal/protocol'
import { attempted, type Database } from './database.ts'
import { createSecretToken, tokenHashOf } from './secret-token.ts'

const SESSION_MS = 30 * 24 * 3600 * 1000

export interface OperatorSession {
  readonly person: string
  readonly expiresAt: number
}

/** Sessions of people on the operator's side. They survive restarts. */
export interface OperatorSessions {
  /** Synchronous, because every request of the operator's side begins with it. */
  find(token: string, at: number): OperatorSession | null
  /** Its token, for the cookie. */
  create(person: string, at: number): Promise<Result<string>>
  end(token: string): Promise<Result<void>>
  /** Ends all sessions of a person, but for that of the token `kept`. */
  endAllOf(person: string, kept: string | null): Promise<Result<void>>
}

export async function openOperatorSessions({ db }: Database): Promise<OperatorSessions> {
  const rows = await db.selectFrom('operator_sessions').selectAll().execute()
  const sessions = new Map<string, OperatorSession>(rows.map(({ token_hash, person, expires_at }) => [token_hash, { person, expiresAt: expires_at }]))

  async function endHashes(hashes: readonly string[]): Promise<Result<void>> {
    if (hashes.length === 0) return succeeded(undefined)
    // Ended here first: whatever becomes of the writing, nobody acts by it any more in this life of the server.
    for (const hash of hashes) sessions.delete(hash)
    const written = await attempted(() => db.deleteFrom('operator_sessions').where('token_hash', 'in', hashes).execute())
    return written.ok ? succeeded(undefined) : written
  }

  return {
    find(token, at) {
      const session = sessions.get(tokenHashOf(token))
      return session !== undefined && session.expiresAt > at ? session : null
    },
    async create(person, at) {
      const expired = [...sessions].flatMap(([hash, { expiresAt }]) => (expiresAt <= at ? [hash] : []))
      const cleared = await endHashes(expired)
      if (!cleared.ok) return cleared
      const token = createSecretToken()
      const row = { token_hash: tokenHashOf(token), person, expires_at: at + SESSION_MS }
      const written = await attempted(() => db.insertInto('operator_sessions').values(row).execute())
      if (!written.ok) return written
      sessions.set(row.token_hash, { person, expiresAt: row.expires_at })
      return succeeded(token)
    },
    end: (token) => endHashes([tokenHashOf(token)].filter((hash) => sessions.has(hash))),
    endAllOf(person, kept) {
      const spared = kept === null ? null : tokenHashOf(kept)
      return endHashes([...sessions].flatMap(([hash, session]) => (session.person === person && hash !== spared ? [hash] : [])))
    },
  }
}
