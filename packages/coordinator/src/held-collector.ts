import { type CentreRule, centreOf, createQuantiser, firstIllegalEntry, medianOf, norm } from '@shoal/numeric'
import { type BlockId, type ClientId, type Digest, failed, type Part, type Result, succeeded } from '@shoal/protocol'
import type { BlockAnswer } from '@shoal/strategies'
import { hasTrunkBlock, parseParts } from './contribution-parts.ts'
import type { CollectorOptions } from './sum-collector.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/**
 * The updates of one sum, held until it closes: what stands in for their mean (`robust`) needs them side by side. What a checkpoint holds came since the one before it, which it names: each update is
 * written once. The bytes are single contributions; whoever writes them down seals them first.
 */
export interface HeldCollector {
  readonly spec: CollectorOptions['spec']
  /** Takes a contribution's frame, or says that the same bytes were taken before. */
  fold(client: ClientId, frame: Uint8Array, digest: string): Result<'folded' | 'duplicate'>
  has(client: ClientId): boolean
  /** Clients taken since the last `saved`: as many as one checkpoint takes. */
  unsaved(): readonly ClientId[]
  /** Size of the updates of all of them. */
  unsavedBytes(): number
  saved(clients: readonly ClientId[]): void
  /** Where clients choose: the block that this one gave its part to, besides the trunk's; null where it gave several, or none. */
  chosenBy(client: ClientId): BlockId | null
  /** What `unsaved` gave. `previous`: the checkpoint before this one. */
  checkpoint(previous: Digest | null): Uint8Array
  /** Per block weight times the centre of its updates, or withheld where fewer than `quorum(block)` clients answered. Others have their turn while `pause` lasts. */
  answer(quorum: (block: BlockId) => number, pause: () => Promise<void>): Promise<ReadonlyMap<BlockId, BlockAnswer>>
}

/** How a centre is taken of updates that are held. */
export type HeldRule = CentreRule | 'clipped'

interface Held {
  readonly digest: string
  /** Turned back where they travel in int8. */
  readonly parts: readonly Part[]
}

interface Saved {
  readonly previous: Digest | null
  readonly entries: readonly (readonly [ClientId, Held])[]
}

/** Sealing and writing more at once would hold up the thread that serves clients. */
export const HELD_BYTES_PER_CHECKPOINT = 4 * 1024 * 1024
/** Numbers that are looked at before others have their turn: some 20 ms. */
const NUMBERS_AT_ONCE = 1024 * 1024

export const createHeldCollector = (options: CollectorOptions, rule: HeldRule): HeldCollector => collectorOf(options, rule, new Map())

/** Goes on from the latest checkpoint, which leads to those before it by `load`. */
export async function restoreHeldCollector(
  options: CollectorOptions,
  rule: HeldRule,
  latest: Digest,
  load: (checkpoint: Digest) => Promise<Uint8Array>,
): Promise<Result<HeldCollector>> {
  const held = new Map<ClientId, Held>()
  for (let checkpoint: Digest | null = latest; checkpoint !== null; ) {
    const decoded = decodeValue(await load(checkpoint))
    if (!decoded.ok) return decoded
    const { previous, entries } = decoded.value as Saved
    for (const [client, one] of entries) held.set(client, one)
    checkpoint = previous
  }
  return succeeded(collectorOf(options, rule, held))
}

const bytesOfHeld = (held: Held | undefined): number => held?.parts.reduce((bytes, { vector }) => bytes + vector.byteLength, 0) ?? 0

function collectorOf({ spec, fixedPoint, blockOf, encoding }: CollectorOptions, rule: HeldRule, held: Map<ClientId, Held>): HeldCollector {
  const unsaved = new Set<ClientId>()
  let unsavedBytes = 0

  const turnedBack = ({ block, vector, weight }: Part): Part => ({
    block,
    weight,
    // A centre of rotated vectors would be another one. Else it is a copy: the frame's buffer belongs to somebody else.
    vector:
      encoding === 'int8'
        ? Float32Array.from(createQuantiser({ length: vector.length, seed: spec.ask }).restore(Float64Array.from(vector)))
        : Float32Array.from(vector),
  })

  /** Those of one checkpoint. */
  function batch(): ClientId[] {
    const clients: ClientId[] = []
    let bytes = 0
    for (const client of unsaved) {
      bytes += bytesOfHeld(held.get(client))
      if (clients.length > 0 && bytes > HELD_BYTES_PER_CHECKPOINT) break
      clients.push(client)
    }
    return clients
  }

  const ownPartsOf = (parts: readonly Part[]): readonly Part[] => (hasTrunkBlock(spec) ? parts.slice(0, -1) : parts)

  return {
    spec,
    fold(client, frame, digest) {
      const block = blockOf.get(client)
      if (block === undefined) return failed('SHOAL_ERR_NOT_IN_COHORT')
      const known = held.get(client)
      if (known !== undefined) return known.digest === digest ? succeeded('duplicate') : failed('SHOAL_ERR_DUPLICATE_DIFFERS')
      const parts = parseParts(frame, { ...fixedPoint, spec, assigned: block, encoding })
      if (!parts.ok) return parts
      // What a client may hold the server to, and have a say in, is one update.
      if (spec.place.by !== 'every' && ownPartsOf(parts.value).length > 1) return failed('SHOAL_ERR_PARTS', 'one block of each client is held')
      const kept = parts.value.map(turnedBack)
      if (kept.some(({ vector }) => firstIllegalEntry(vector, fixedPoint.maxAbs) !== -1)) return failed('SHOAL_ERR_NOT_FINITE')
      held.set(client, { digest, parts: kept })
      unsaved.add(client)
      unsavedBytes += bytesOfHeld(held.get(client))
      return succeeded('folded')
    },
    has: (client) => held.has(client),
    chosenBy(client) {
      const own = ownPartsOf(held.get(client)?.parts ?? [])
      return own.length === 1 ? own[0].block : null
    },
    unsaved: batch,
    unsavedBytes: () => unsavedBytes,
    saved(clients) {
      for (const client of clients) if (unsaved.delete(client)) unsavedBytes -= bytesOfHeld(held.get(client))
    },
    checkpoint(previous) {
      const entries = batch().flatMap((client): [ClientId, Held][] => {
        const one = held.get(client)
        return one === undefined ? [] : [[client, one]]
      })
      return encodeValue({ previous, entries } satisfies Saved)
    },
    async answer(quorum, pause) {
      // By their owners' ids: the order of arrival changes nothing.
      const parts = [...held].sort(([left], [right]) => (left < right ? -1 : 1)).flatMap(([, { parts: own }]) => own)
      const answers = new Map<BlockId, BlockAnswer>()
      for (const [block, length] of spec.vectorLengths.entries()) {
        const own = parts.filter((part) => part.block === block)
        // Where everybody is in every block, who has nothing there counts as well.
        const count = spec.place.by === 'every' ? held.size : own.length
        if (count < Math.max(1, quorum(block))) answers.set(block, { withheld: 'no-quorum' })
        else answers.set(block, { ...(await centre(own, length, pause)), count })
      }
      return answers
    },
  }

  /** Each update counts once: how many examples a client claims can not be checked. */
  async function centre(parts: readonly Part[], length: number, pause: () => Promise<void>): Promise<{ total: Float64Array; weight: number }> {
    const weight = parts.reduce((sum, part) => sum + part.weight, 0)
    const vectors = parts.map(({ vector }) => vector)
    const total = rule === 'clipped' ? await clippedMean(vectors, length, pause) : await middle(vectors, rule, length, pause)
    for (let index = 0; index < length; index += 1) total[index] *= weight
    return { total, weight }
  }
}

async function middle(vectors: readonly Float32Array[], rule: CentreRule, length: number, pause: () => Promise<void>): Promise<Float64Array> {
  const centre = new Float64Array(length)
  const step = Math.max(1, Math.floor(NUMBERS_AT_ONCE / Math.max(1, vectors.length)))
  for (let from = 0; from < length && vectors.length > 0; from += step) {
    const to = Math.min(length, from + step)
    centre.set(centreOf(vectors, rule, from, to), from)
    if (to < length) await pause()
  }
  return centre
}

/** The mean of the vectors, none of them longer than the middle one. */
async function clippedMean(vectors: readonly Float32Array[], length: number, pause: () => Promise<void>): Promise<Float64Array> {
  const mean = new Float64Array(length)
  if (vectors.length === 0) return mean
  const norms = vectors.map(norm)
  const longest = medianOf(Float64Array.from(norms))
  const apart = Math.max(1, Math.floor(NUMBERS_AT_ONCE / length))
  for (const [index, vector] of vectors.entries()) {
    const factor = norms[index] > longest ? longest / norms[index] : 1
    for (let entry = 0; entry < length; entry += 1) mean[entry] += factor * vector[entry]
    if (index % apart === apart - 1) await pause()
  }
  for (let entry = 0; entry < length; entry += 1) mean[entry] /= vectors.length
  return mean
}
