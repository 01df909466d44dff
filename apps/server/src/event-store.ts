import type { EventStore, FederationEvent } from '@shoal/coordinator'
import { type FederationId, failed, federationIdSchema, succeeded } from '@shoal/protocol'
import type { Transaction } from 'kysely'
import { attempted, type Database, inTransaction } from './database.ts'
import type { Tables } from './migrations.ts'

/** SQLite takes 32,766 values in a statement, five a row. */
const ROWS_OF_A_STATEMENT = 5000

/** The event log in SQLite: one row an event, one transaction an append. */
export function createEventStore(database: Database): EventStore {
  const { db } = database
  /** Sequence numbers that come next, as far as they are known: nobody else writes to this database. */
  const nexts = new Map<FederationId, number>()

  async function nextOf(transaction: Transaction<Tables>, federation: FederationId): Promise<number> {
    const known = nexts.get(federation)
    if (known !== undefined) return known
    const { last } = await transaction
      .selectFrom('events')
      .select(({ fn }) => fn.max<number | null>('sequence').as('last'))
      .where('federation', '=', federation)
      .executeTakeFirstOrThrow()
    return last === null ? 0 : last + 1
  }

  return {
    async federations() {
      const rows = await db.selectFrom('events').select('federation').where('sequence', '=', 0).orderBy('at').orderBy('federation').execute()
      return rows.map(({ federation }) => federationIdSchema.parse(federation))
    },
    async append(federation, firstSequence, events) {
      if (events.length === 0) return succeeded(undefined)
      const written = await attempted(() =>
        inTransaction(database, async (transaction) => {
          const next = await nextOf(transaction, federation)
          if (next !== firstSequence) return failed('SHOAL_ERR_STORE_FAILED', `event ${next} is the next one, not ${firstSequence}`)
          const rows = events.map((event, index) => ({
            federation,
            sequence: firstSequence + index,
            at: event.at,
            type: event.type,
            body: JSON.stringify(event),
          }))
          for (let start = 0; start < rows.length; start += ROWS_OF_A_STATEMENT) {
            await transaction
              .insertInto('events')
              .values(rows.slice(start, start + ROWS_OF_A_STATEMENT))
              .execute()
          }
          return succeeded(undefined)
        }),
      )
      if (!written.ok) {
        // Written or not: the database knows.
        nexts.delete(federation)
        return written
      }
      if (written.value.ok) nexts.set(federation, firstSequence + events.length)
      return written.value
    },
    async load(federation) {
      const rows = await db.selectFrom('events').select('body').where('federation', '=', federation).orderBy('sequence').execute()
      return rows.map(({ body }) => JSON.parse(body) as FederationEvent)
    },
    async read(federation, first, count) {
      const rows = await db
        .selectFrom('events')
        .select('body')
        .where('federation', '=', federation)
        .where('sequence', '>=', first)
        .orderBy('sequence')
        .limit(count)
        .execute()
      return rows.map(({ body }) => JSON.parse(body) as FederationEvent)
    },
  }
}
