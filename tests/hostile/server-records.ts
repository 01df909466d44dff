import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FederationState } from '@shoal/coordinator'
import type { FederationId } from '@shoal/protocol'
import type { ShoalServer } from '@shoal/server'
import { Sqlite } from '../../apps/server/src/sqlite.ts'

/** What a server knew and had written at some moment. */
export interface Records {
  /** Changes with every write to the database, whatever it was. */
  readonly writes: number
  /** Everything that is written down, line by line, but for two: the log of who tried what, and the bytes that came. A refused request leaves its name in the first and its size in the second. */
  readonly lines: readonly string[]
  /** What the machines hold: the same objects until an event is taken. */
  readonly states: readonly (FederationState | undefined)[]
}

export interface ServerRecords {
  now(): Records
  /** The records now; throws where they are others than `before` although nothing may have changed. */
  next(before: Records, isRefused: boolean): Records
  close(): void
}

/** Each as one column of text. */
const QUERIES = [
  'SELECT federation || count(*) || max(sequence) FROM events GROUP BY federation ORDER BY federation',
  'SELECT federation || public_key FROM federation_secrets ORDER BY federation',
  'SELECT json_array(token, federation, expires_at, revoked_at, max_uses, uses) FROM invites ORDER BY token',
  'SELECT token_hash || federation || client FROM sessions ORDER BY token_hash',
  'SELECT token_hash || person FROM operator_sessions ORDER BY token_hash',
  'SELECT json_array(name, role, password) FROM people ORDER BY name',
  'SELECT json_array(id, name, role, token_hash, expires_at) FROM api_tokens ORDER BY id',
]

export function recordsOf(server: ShoalServer, directory: string, federations: readonly FederationId[]): ServerRecords {
  const sqlite = new Sqlite(join(directory, 'shoal.sqlite'), { readonly: true })
  const statements = QUERIES.map((query) => sqlite.prepare(query).pluck())
  const filesIn = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      // What an accepted request began writes blobs of its federation for a while; whether they belong there its events say.
      .filter((name) => !name.includes('.sqlite') && !name.startsWith('blobs/'))
      .sort()
  const linesNow = (): string[] => [...statements.flatMap((statement) => statement.all().map(String)), ...filesIn(directory)]
  const now = (before?: Records): Records => {
    const writes = Number(sqlite.pragma('data_version', { simple: true }))
    return {
      writes,
      lines: before?.writes === writes ? before.lines : linesNow(),
      states: federations.map((id) => server.federation(id)?.state()),
    }
  }
  return {
    now,
    next(before, isRefused) {
      const after = now(before)
      if (isRefused && after.lines.join('\n') !== before.lines.join('\n')) {
        const gone = before.lines.filter((line) => !after.lines.includes(line))
        const come = after.lines.filter((line) => !before.lines.includes(line))
        throw new Error(`it was refused, and something was written: ${JSON.stringify({ gone, come })}`)
      }
      if (isRefused && after.states.some((state, index) => state !== before.states[index])) throw new Error('it was refused, and a federation is another')
      return after
    },
    close: () => sqlite.close(),
  }
}
