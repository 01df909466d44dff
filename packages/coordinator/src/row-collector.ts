import { type BlockId, type ClientId, type Digest, failed, type Result, succeeded } from '@shoal/protocol'
import type { Row, RowsAnswer } from '@shoal/strategies'
import { parseRows } from './contribution-parts.ts'
import type { RowsAskSpec } from './federation-event.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/**
 * The rows of one ask, kept as they come. A checkpoint holds those that came since the one before it and names that one: a cohort's rows are written once,
 * not once for every checkpoint. The bytes are single contributions; whoever writes them down seals them first.
 */
export interface RowCollector {
  readonly spec: RowsAskSpec
  /** Takes a contribution's frame, or says that the same bytes were taken before. */
  fold(client: ClientId, frame: Uint8Array, digest: string): Result<'folded' | 'duplicate'>
  has(client: ClientId): boolean
  /** Clients taken since the last `saved`. */
  unsaved(): readonly ClientId[]
  saved(clients: readonly ClientId[]): void
  /** `previous`: the checkpoint before this one. */
  checkpoint(previous: Digest | null): Uint8Array
  /** Rows in the order of their owners' ids, so that the order of arrival changes nothing. */
  answer(): { readonly answer: RowsAnswer; readonly owners: readonly ClientId[] }
}

interface Held {
  readonly digest: string
  readonly rows: readonly Float32Array[]
}

interface Saved {
  readonly previous: Digest | null
  readonly entries: readonly (readonly [ClientId, Held])[]
}

export function createRowCollector(spec: RowsAskSpec, blockOf: ReadonlyMap<ClientId, BlockId | null>): RowCollector {
  return collectorOf(spec, blockOf, new Map())
}

/** Goes on from the latest checkpoint, which leads to those before it by `load`. */
export async function restoreRowCollector(
  spec: RowsAskSpec,
  blockOf: ReadonlyMap<ClientId, BlockId | null>,
  latest: Digest,
  load: (checkpoint: Digest) => Promise<Uint8Array>,
): Promise<Result<RowCollector>> {
  const held = new Map<ClientId, Held>()
  for (let checkpoint: Digest | null = latest; checkpoint !== null; ) {
    const decoded = decodeValue(await load(checkpoint))
    if (!decoded.ok) return decoded
    const { previous, entries } = decoded.value as Saved
    for (const [client, rows] of entries) held.set(client, rows)
    checkpoint = previous
  }
  return succeeded(collectorOf(spec, blockOf, held))
}

function collectorOf(spec: RowsAskSpec, blockOf: ReadonlyMap<ClientId, BlockId | null>, held: Map<ClientId, Held>): RowCollector {
  const unsaved = new Set<ClientId>()
  return {
    spec,
    fold(client, frame, digest) {
      if (!blockOf.has(client)) return failed('SHOAL_ERR_NOT_IN_COHORT')
      const known = held.get(client)
      if (known !== undefined) return known.digest === digest ? succeeded('duplicate') : failed('SHOAL_ERR_DUPLICATE_DIFFERS')
      const rows = parseRows(frame, spec)
      if (!rows.ok) return rows
      held.set(client, { digest, rows: rows.value })
      unsaved.add(client)
      return succeeded('folded')
    },
    has: (client) => held.has(client),
    unsaved: () => [...unsaved],
    saved(clients) {
      for (const client of clients) unsaved.delete(client)
    },
    checkpoint: (previous) => encodeValue({ previous, entries: [...held].filter(([client]) => unsaved.has(client)) } satisfies Saved),
    answer() {
      const rows = [...held]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .flatMap(([owner, { rows: vectors }]) => vectors.map((vector) => ({ vector, block: blockOf.get(owner) ?? 0, owner }) satisfies Row))
      return { answer: { kind: 'rows', ask: spec.ask, rows }, owners: rows.map(({ owner }) => owner) }
    },
  }
}
