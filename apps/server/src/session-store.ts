import {
  type ClientId,
  clientIdSchema,
  type FederationId,
  federationIdSchema,
  type Result,
  type SessionToken,
  sessionTokenSchema,
  succeeded,
} from '@shoal/protocol'
import { attempted, type Database } from './database.ts'
import { createSecretToken, tokenHashOf } from './secret-token.ts'

export interface Session {
  readonly federation: FederationId
  readonly client: ClientId
}

/** Sessions of volunteers. They survive restarts; a client has one, and a new one ends the old. */
export interface SessionStore {
  /** Synchronous, because every request of a volunteer begins with it. */
  find(token: string): Session | null
  create(session: Session, at: number): Promise<Result<SessionToken>>
}

export async function openSessionStore({ db }: Database): Promise<SessionStore> {
  const rows = await db.selectFrom('sessions').select(['token_hash', 'federation', 'client']).execute()
  const byHash = new Map<string, Session>()
  const hashOf = new Map<string, string>()
  const remember = (hash: string, session: Session): void => {
    const key = `${session.federation}/${session.client}`
    const previous = hashOf.get(key)
    if (previous !== undefined) byHash.delete(previous)
    hashOf.set(key, hash)
    byHash.set(hash, session)
  }
  for (const { token_hash, federation, client } of rows)
    remember(token_hash, { federation: federationIdSchema.parse(federation), client: clientIdSchema.parse(client) })
  return {
    find: (token) => byHash.get(tokenHashOf(token)) ?? null,
    async create(session, at) {
      const token = sessionTokenSchema.parse(createSecretToken())
      const row = { token_hash: tokenHashOf(token), ...session, created_at: at }
      const written = await attempted(() => db.replaceInto('sessions').values(row).execute())
      if (!written.ok) return written
      remember(row.token_hash, session)
      return succeeded(token)
    },
  }
}
