import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { failed, type Result, ShoalError, succeeded } from '@shoal/protocol'
import { Kysely, SqliteDialect, type Transaction } from 'kysely'
import { createGroupCommit, type GroupCommit } from './group-commit.ts'
import { migrate, type Tables } from './migrations.ts'
import { Sqlite } from './sqlite.ts'

export interface Database {
  readonly db: Kysely<Tables>
  readonly commits: GroupCommit<Transaction<Tables>>
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Pages of 4096 bytes beyond which every write fails as on a full disk. */
  readonly maxPages?: number
}

/** How long a write waits, and everything else with it, for somebody who holds the database. */
const BUSY_TIMEOUT_MS = 100

/**
 * Opens the database of a data directory, alone: a second process (or a second server in this one) is refused. The operating system holds the lock, so a killed
 * server leaves none behind. Throws ShoalError SHOAL_ERR_CONFIG if the directory is taken.
 */
export async function openDatabase(directory: string, options: DatabaseOptions = {}): Promise<Database> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lock = new Sqlite(join(directory, 'lock.sqlite'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch {
    lock.close()
    throw new ShoalError({ code: 'SHOAL_ERR_CONFIG', detail: `another server is running on ${directory}` })
  }
  const sqlite = new Sqlite(join(directory, 'shoal.sqlite'))
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) })
  const close = async (): Promise<void> => {
    await db.destroy()
    lock.close()
  }
  try {
    sqlite.pragma('journal_mode = WAL')
    // FULL syncs the log on every commit: what was acknowledged survives a power cut, not only a killed process.
    sqlite.pragma('synchronous = FULL')
    await migrate(db)
    // Nobody but us writes here. Where somebody does all the same, the thread must not stand still: what is refused meanwhile is tried again.
    sqlite.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
    if (options.maxPages !== undefined) sqlite.pragma(`max_page_count = ${options.maxPages}`)
  } catch (error) {
    await close()
    throw error
  }
  return { db, commits: createGroupCommit((work) => transacted(db, work)), close }
}

/** Runs one piece of work on the database; what SQLite refuses (full disk, input/output error, a broken constraint) comes back as SHOAL_ERR_STORE_FAILED. */
export async function attempted<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return succeeded(await work())
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) return failed('SHOAL_ERR_STORE_FAILED', error.code)
    throw error
  }
}

/** All of `work` or nothing, in one commit with what else is written in this turn of the event loop. It may run twice: all that it does is done by `transaction`. */
export const inTransaction = <T>({ commits }: Database, work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> => commits.run(work)

/** A rollback that SQLite has already done itself, as it does on a full disk, is no error of its own: the first one is what went wrong. */
async function transacted<T>(db: Kysely<Tables>, work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
  const transaction = await db.startTransaction().execute()
  try {
    const value = await work(transaction)
    await transaction.commit().execute()
    return value
  } catch (error) {
    await transaction
      .rollback()
      .execute()
      .catch(() => undefined)
    throw error
  }
}
