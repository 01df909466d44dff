import {
  type ClientId,
  clientIdSchema,
  type FederationId,
  failed,
  federationIdSchema,
  type Result,
  type SessionToken,
  sessionTokenSchema,
  succeeded,
} from '@shoal/protocol'
import { attempted, type Database, inTransaction } from './database.ts'
import { countUse } from './invite-store.ts'
import { createSecretToken, tokenHashOf } from './secret-token.ts'

export interface Session {
  readonly federation: FederationId
  readonly client: ClientId
}

/** Sessions of volunteers. They survive restarts; a client has one, and a new one ends the old. */
export interface SessionStore {
  /** Synchronous, because every request of a volunteer begins with it. */
  find(token: string): Session | null
  /** For a client that came by `invite`, or null. A client that never had a session here is counted with the invite; SHOAL_ERR_INVITE_EXHAUSTED where there is no room for it. */
  create(session: Session, at: number, invite: string | null): Promise<Result<SessionToken>>
}

export async function openSessionStore(database: Database): Promise<SessionStore> {
  const { db } = database
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
    async create(session, at, invite) {
      const token = sessionTokenSchema.parse(createSecretToken())
      const row = { token_hash: tokenHashOf(token), ...session, created_at: at }
      // At once or not at all: of many that come together an invite lets in as many as it says.
      const written = await attempted(() =>
        inTransaction(database, async (transaction) => {
          const { federation, client } = session
          const known = transaction.selectFrom('sessions').select('created_at').where('federation', '=', federation).where('client', '=', client)
          if (invite !== null && (await known.executeTakeFirst()) === undefined && !(await countUse(transaction, invite))) return false
          await transaction.replaceInto('sessions').values(row).execute()
          return true
        }),
      )
      if (!written.ok) return written
      if (!written.value) return failed('SHOAL_ERR_INVITE_EXHAUSTED')
      remember(row.token_hash, session)
      return succeeded(token)
    },
  }
}
