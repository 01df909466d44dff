import { type Result, succeeded } from '@shoal/protocol'
import { attempted, type Database } from './database.ts'
import { createSecretToken, isSameSecret, tokenHashOf } from './secret-token.ts'

const SESSION_MS = 30 * 24 * 3600 * 1000

/** Who may command: holders of a session that began with a one-time token, and programs with the API token. */
export interface OperatorSessions {
  /** A token that logs in once. It replaces the one before, and is gone after a restart. */
  issueOneTimeToken(): string
  /** A session for the one-time token; null if it is not the one, or was used before. */
  login(oneTimeToken: string, at: number): Promise<Result<string | null>>
  isValid(credentials: { readonly session: string | null; readonly bearer: string | null }, at: number): boolean
}

export async function openOperatorSessions({ db }: Database, apiToken: string | null): Promise<OperatorSessions> {
  const rows = await db.selectFrom('operator_sessions').selectAll().execute()
  const expiries = new Map(rows.map(({ token_hash, expires_at }) => [token_hash, expires_at]))
  let oneTimeToken: string | null = null
  return {
    issueOneTimeToken() {
      oneTimeToken = createSecretToken()
      return oneTimeToken
    },
    async login(token, at) {
      if (oneTimeToken === null || !isSameSecret(token, oneTimeToken)) return succeeded(null)
      oneTimeToken = null
      const session = createSecretToken()
      const row = { token_hash: tokenHashOf(session), expires_at: at + SESSION_MS }
      const written = await attempted(() => db.insertInto('operator_sessions').values(row).execute())
      if (!written.ok) return written
      expiries.set(row.token_hash, row.expires_at)
      return succeeded(session)
    },
    isValid({ session, bearer }, at) {
      if (bearer !== null && apiToken !== null && isSameSecret(bearer, apiToken)) return true
      return session !== null && (expiries.get(tokenHashOf(session)) ?? 0) > at
    },
  }
}
