import { sql } from 'kysely'
import type { Database } from './database.ts'

/** Counts this start of the server, from 1: the epoch of its aggregator keys. */
export async function countStart({ db }: Database): Promise<number> {
  const { value } = await db
    .insertInto('meta')
    .values({ key: 'starts', value: 1 })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<number>`value + 1` }))
    .returning('value')
    .executeTakeFirstOrThrow()
  return value
}
