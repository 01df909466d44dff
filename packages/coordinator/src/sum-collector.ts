import { decodeSum, type FixedPoint, firstIllegalEntry, foldInto } from '@shoal/numeric'
import {
  type BlockId,
  type ClientId,
  contributionHeaderSchema,
  decodeFrame,
  failed,
  float32Of,
  MAX_PARTS_PER_CONTRIBUTION,
  type Part,
  type Result,
  succeeded,
} from '@shoal/protocol'
import type { BlockAnswer } from '@shoal/strategies'
import type { SumAskSpec } from './federation-event.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/**
 * The accumulator of one sum: an integer vector for each block, and the ledger of who is in it. A contribution is checked whole before the first entry is added,
 * is added at most once, and is not kept. The only mutable thing of the coordinator; its owner is the federation's host.
 */
export interface SumCollector {
  readonly spec: SumAskSpec
  /** Folds a contribution's frame, or says that the same bytes were folded before. */
  fold(client: ClientId, frame: Uint8Array, digest: string): Result<'folded' | 'duplicate'>
  has(client: ClientId): boolean
  /** Clients folded since the last `saved`. */
  unsaved(): readonly ClientId[]
  saved(clients: readonly ClientId[]): void
  /** Sums and ledger as one blob; `restoreSumCollector` goes on from it. */
  checkpoint(): Uint8Array
  /** Per block the exact weighted sum, or withheld where fewer than `quorum(block)` clients answered. */
  answer(quorum: (block: BlockId) => number): ReadonlyMap<BlockId, BlockAnswer>
}

export interface CollectorOptions {
  readonly spec: SumAskSpec
  readonly fixedPoint: FixedPoint
  /** Block of each client that was asked; null where the client declares its blocks. */
  readonly blockOf: ReadonlyMap<ClientId, BlockId | null>
}

interface BlockAccumulator {
  readonly sums: Float64Array
  weight: number
  count: number
}

interface Saved {
  readonly blocks: readonly { readonly sums: Float64Array; readonly weight: number; readonly count: number }[]
  readonly ledger: readonly (readonly [ClientId, string])[]
}

export function createSumCollector(options: CollectorOptions): SumCollector {
  return collectorFrom(
    options,
    options.spec.vectorLengths.map((length) => ({ sums: new Float64Array(length), weight: 0, count: 0 })),
    new Map(),
  )
}

/** Goes on from a checkpoint; whoever is in its ledger is durable. */
export function restoreSumCollector(options: CollectorOptions, checkpoint: Uint8Array): Result<SumCollector> {
  const decoded = decodeValue(checkpoint)
  if (!decoded.ok) return decoded
  const { blocks, ledger } = decoded.value as Saved
  return succeeded(
    collectorFrom(
      options,
      blocks.map((block) => ({ ...block })),
      new Map(ledger),
    ),
  )
}

function collectorFrom({ spec, fixedPoint, blockOf }: CollectorOptions, blocks: BlockAccumulator[], ledger: Map<ClientId, string>): SumCollector {
  const unsaved = new Set<ClientId>()
  return {
    spec,
    fold(client, frame, digest) {
      const block = blockOf.get(client)
      if (block === undefined) return failed('SHOAL_ERR_NOT_IN_COHORT')
      const known = ledger.get(client)
      if (known !== undefined) return known === digest ? succeeded('duplicate') : failed('SHOAL_ERR_DUPLICATE_DIFFERS')
      const parts = parseParts(frame, spec, block, fixedPoint)
      if (!parts.ok) return parts
      for (const part of parts.value) {
        const accumulator = blocks[part.block]
        foldInto(accumulator.sums, part.vector, part.weight, fixedPoint)
        accumulator.weight += part.weight
        accumulator.count += 1
      }
      ledger.set(client, digest)
      unsaved.add(client)
      return succeeded('folded')
    },
    has: (client) => ledger.has(client),
    unsaved: () => [...unsaved],
    saved(clients) {
      for (const client of clients) unsaved.delete(client)
    },
    checkpoint: () => encodeValue({ blocks, ledger: [...ledger] } satisfies Saved),
    answer: (quorum) =>
      new Map(
        blocks.map(({ sums, weight, count }, block): [BlockId, BlockAnswer] => [
          block,
          count < Math.max(1, quorum(block)) ? { withheld: 'no-quorum' } : { total: decodeSum(sums, fixedPoint), weight, count },
        ]),
      ),
  }
}

/** Checks everything that can be wrong with a contribution before any of it is used. */
function parseParts(frame: Uint8Array, spec: SumAskSpec, assigned: BlockId | null, { maxAbs, maxWeight }: FixedPoint): Result<readonly Part[]> {
  const decoded = decodeFrame(frame)
  if (!decoded.ok) return decoded
  const header = contributionHeaderSchema.safeParse(decoded.value.header)
  if (!header.success) return failed('SHOAL_ERR_MALFORMED', 'contribution header')
  const { parts } = header.data
  if (parts.length === 0 || parts.length > MAX_PARTS_PER_CONTRIBUTION) return failed('SHOAL_ERR_PARTS', `${parts.length} parts`)
  if (assigned !== null && (parts.length !== 1 || parts[0][0] !== assigned)) return failed('SHOAL_ERR_PARTS', `block ${assigned} was asked for`)
  if (new Set(parts.map(([block]) => block)).size !== parts.length) return failed('SHOAL_ERR_PARTS', 'a block occurs twice')
  const entries = float32Of(decoded.value.body)
  if (!entries.ok) return entries
  const result: Part[] = []
  let offset = 0
  for (const [block, length, weight] of parts) {
    if (block < 0 || block >= spec.vectorLengths.length) return failed('SHOAL_ERR_PARTS', `there is no block ${block}`)
    if (length !== spec.vectorLengths[block]) return failed('SHOAL_ERR_SHAPE', `${length} entries instead of ${spec.vectorLengths[block]}`)
    if (!Number.isInteger(weight) || weight < 1 || weight > maxWeight) return failed('SHOAL_ERR_WEIGHT')
    const vector = entries.value.subarray(offset, offset + length)
    if (vector.length !== length) return failed('SHOAL_ERR_SHAPE', 'the body ends before its parts')
    if (firstIllegalEntry(vector, maxAbs) !== -1) return failed('SHOAL_ERR_NOT_FINITE')
    result.push({ block, vector, weight })
    offset += length
  }
  return offset === entries.value.length ? succeeded(result) : failed('SHOAL_ERR_SHAPE', 'the body goes on after its parts')
}
