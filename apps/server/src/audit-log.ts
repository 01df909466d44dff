import type { AuditList, ErrorCode } from '@shoal/protocol'
import { attempted, type Database } from './database.ts'

const ENTRIES_AT_ONCE = 200

export interface Deed {
  readonly at: number
  readonly who: string
  readonly what: string
  readonly target: string
  readonly refusal: ErrorCode | null
}

/** Who did what on the operator's side. Entries are never changed and hold no secret. */
export interface AuditLog {
  /** What can not be written down is reported and holds nobody up: on a full disk people must still be able to stop things. */
  record(deed: Deed): Promise<void>
  /** Newest first, from before the entry `before`; at most 200. */
  list(before: number | null): Promise<AuditList>
}

export function createAuditLog({ db }: Database, onError: (error: unknown) => void): AuditLog {
  return {
    async record(deed) {
      const written = await attempted(() => db.insertInto('audit').values(deed).execute())
      if (!written.ok) onError(written.failure)
    },
    list: (before) =>
      db
        .selectFrom('audit')
        .selectAll()
        .where('id', '<', before ?? Number.MAX_SAFE_INTEGER)
        .orderBy('id', 'desc')
        .limit(ENTRIES_AT_ONCE)
        .execute(),
  }
}
