import { type AskId, type BlockId, type ClientId, type Digest, failed, type Result, succeeded } from '@shoal/protocol'
import type { Row, RowsAnswer } from '@shoal/strategies'
import { parseRows } from './contribution-parts.ts'
import type { RowsAskSpec } from './federation-event.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/**
 * The rows of one ask, kept as they come. A checkpoint holds those that came since the one before it and names that one: each row is written once, and the last checkpoint
 * leads to the whole answer. Thousands of rows are therefore never encoded at once, on the thread that serves clients. The bytes are single contributions; whoever writes
 * them down seals them first.
 */
export interface RowCollector {
  readonly spec: RowsAskSpec
  /** Takes a contribution's frame, or says that the same bytes were taken before. */
  fold(client: ClientId, frame: Uint8Array, digest: string): Result<'folded' | 'duplicate'>
  has(client: ClientId): boolean
  /** Clients taken since the last `saved`. */
  unsaved(): readonly ClientId[]
  /** Size of their rows. */
  unsavedBytes(): number
  saved(clients: readonly ClientId[]): void
  /** `previous`: the checkpoint before this one. */
  checkpoint(previous: Digest | null): Uint8Array
  /** Whose each row of the answer is, by handle. */
  owners(): readonly ClientId[]
}

interface Held {
  readonly digest: string
  readonly block: BlockId
  readonly rows: readonly Float32Array[]
}

interface Saved {
  readonly previous: Digest | null
  readonly entries: readonly (readonly [ClientId, Held])[]
}

type Load = (checkpoint: Digest) => Promise<Uint8Array>

export function createRowCollector(spec: RowsAskSpec, blockOf: ReadonlyMap<ClientId, BlockId | null>): RowCollector {
  return collectorOf(spec, blockOf, new Map())
}

/** Goes on from the latest checkpoint, which leads to those before it by `load`. */
export async function restoreRowCollector(
  spec: RowsAskSpec,
  blockOf: ReadonlyMap<ClientId, BlockId | null>,
  latest: Digest,
  load: Load,
): Promise<Result<RowCollector>> {
  const held = await heldSince(latest, load)
  return held.ok ? succeeded(collectorOf(spec, blockOf, held.value)) : held
}

/** The answer that the last checkpoint leads to. Rows are in the order of their owners' ids, so that the order of arrival changes nothing. */
export async function rowsAnswerOf(ask: AskId, latest: Digest, load: Load): Promise<Result<RowsAnswer>> {
  const held = await heldSince(latest, load)
  if (!held.ok) return held
  const rows = inOrder(held.value).flatMap(([owner, { rows: vectors, block }]) => vectors.map((vector): Row => ({ vector, block, owner })))
  return succeeded({ kind: 'rows', ask, rows })
}

async function heldSince(latest: Digest, load: Load): Promise<Result<Map<ClientId, Held>>> {
  const held = new Map<ClientId, Held>()
  for (let checkpoint: Digest | null = latest; checkpoint !== null; ) {
    const decoded = decodeValue(await load(checkpoint))
    if (!decoded.ok) return decoded
    const { previous, entries } = decoded.value as Saved
    for (const [client, rows] of entries) held.set(client, rows)
    checkpoint = previous
  }
  return succeeded(held)
}

const bytesOfRows = (held: Held | undefined): number => held?.rows.reduce((bytes, row) => bytes + row.byteLength, 0) ?? 0

const inOrder = (held: ReadonlyMap<ClientId, Held>): [ClientId, Held][] => [...held].sort(([left], [right]) => (left < right ? -1 : 1))

function collectorOf(spec: RowsAskSpec, blockOf: ReadonlyMap<ClientId, BlockId | null>, held: Map<ClientId, Held>): RowCollector {
  const unsaved = new Set<ClientId>()
  let unsavedBytes = 0
  return {
    spec,
    fold(client, frame, digest) {
      if (!blockOf.has(client)) return failed('SHOAL_ERR_NOT_IN_COHORT')
      const known = held.get(client)
      if (known !== undefined) return known.digest === digest ? succeeded('duplicate') : failed('SHOAL_ERR_DUPLICATE_DIFFERS')
      const rows = parseRows(frame, spec)
      if (!rows.ok) return rows
      held.set(client, { digest, block: blockOf.get(client) ?? 0, rows: rows.value })
      unsaved.add(client)
      unsavedBytes += bytesOfRows(held.get(client))
      return succeeded('folded')
    },
    has: (client) => held.has(client),
    unsaved: () => [...unsaved],
    unsavedBytes: () => unsavedBytes,
    saved(clients) {
      for (const client of clients) if (unsaved.delete(client)) unsavedBytes -= bytesOfRows(held.get(client))
    },
    checkpoint: (previous) => encodeValue({ previous, entries: [...held].filter(([client]) => unsaved.has(client)) } satisfies Saved),
    owners: () => inOrder(held).flatMap(([owner, { rows }]) => rows.map(() => owner)),
  }
}
