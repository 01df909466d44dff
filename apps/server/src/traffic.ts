import { type AskId, type FederationId, federationIdSchema, type TrafficList } from '@shoal/protocol'
import { attempted, type Database } from './database.ts'

/** SQLite takes 32,766 values in a statement, four a row. */
const ROWS_OF_A_STATEMENT = 5000

/** Bulk bytes per federation and round: `bytesUp` of contribution bodies, whether they were accepted or not; `bytesDown` of model bodies. */
export interface TrafficLedger {
  up(federation: FederationId, ask: AskId, bytes: number): void
  down(federation: FederationId, round: number, bytes: number): void
  /** By round, ascending. */
  of(federation: FederationId): TrafficList
  /** Writes down what was counted since the last time. A killed server forgets that much; what can not be written now is tried again with the next. */
  flush(): Promise<void>
}

interface Entry {
  bytesUp: number
  bytesDown: number
}

/** Counts on from where the database stands. */
export async function openTrafficLedger({ db }: Database): Promise<TrafficLedger> {
  const ledger = new Map<FederationId, Map<number, Entry>>()
  let unwritten = new Map<Entry, { readonly federation: FederationId; readonly round: number }>()

  const entryOf = (federation: FederationId, round: number): Entry => {
    const rounds = ledger.get(federation) ?? new Map<number, Entry>()
    ledger.set(federation, rounds)
    const entry = rounds.get(round) ?? { bytesUp: 0, bytesDown: 0 }
    rounds.set(round, entry)
    return entry
  }
  const count = (federation: FederationId, round: number, bytesUp: number, bytesDown: number): void => {
    const entry = entryOf(federation, round)
    entry.bytesUp += bytesUp
    entry.bytesDown += bytesDown
    unwritten.set(entry, { federation, round })
  }

  for (const { federation, round, bytes_up, bytes_down } of await db.selectFrom('traffic').selectAll().execute()) {
    Object.assign(entryOf(federationIdSchema.parse(federation), round), { bytesUp: bytes_up, bytesDown: bytes_down })
  }
  return {
    up: (federation, ask, bytes) => count(federation, Number(ask.split('.')[0]), bytes, 0),
    down: (federation, round, bytes) => count(federation, round, 0, bytes),
    of: (federation) => [...(ledger.get(federation) ?? [])].map(([round, entry]) => ({ round, ...entry })).sort((a, b) => a.round - b.round),
    async flush() {
      while (unwritten.size > 0) {
        const batch = [...unwritten].slice(0, ROWS_OF_A_STATEMENT)
        for (const [entry] of batch) unwritten.delete(entry)
        const rows = batch.map(([{ bytesUp, bytesDown }, of]) => ({ ...of, bytes_up: bytesUp, bytes_down: bytesDown }))
        const written = await attempted(() => db.replaceInto('traffic').values(rows).execute())
        if (written.ok) continue
        unwritten = new Map([...batch, ...unwritten])
        return
      }
    },
  }
}
