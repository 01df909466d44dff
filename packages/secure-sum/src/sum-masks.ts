import type { RingVector } from '@shoal/numeric'
import { idsIn, type KeyAdvertisement, type Result, type RosterSet, succeeded } from '@shoal/protocol'
import type { Mask, MaskSuite } from './mask-stream.ts'
import { maskSignOf, pairKeyOf } from './pair-key.ts'
import type { Sodium } from './sodium.ts'

/** A mask of a whole sum: one stretch of it for each block. */
type WholeMask = Pick<Mask, 'key' | 'sign'>

/** The words of each block of a sum; blocks share the words as evenly as whole numbers go. */
function* blocksOf(words: RingVector, blocks: number): Generator<readonly [block: number, words: RingVector]> {
  const startOf = (block: number): number => Math.floor((block * words.length) / blocks)
  for (let block = 0; block < blocks; block += 1) yield [block, words.subarray(startOf(block), startOf(block + 1))]
}

/** One mask over all blocks of a sum. */
export async function applyToBlocks(suite: MaskSuite, words: RingVector, { blocks, ...mask }: WholeMask & { readonly blocks: number }): Promise<void> {
  for (const [block, part] of blocksOf(words, blocks)) await suite.apply(part, { ...mask, block })
}

async function applyAllToBlocks(suite: MaskSuite, words: RingVector, masks: readonly WholeMask[], blocks: number): Promise<Result<true>> {
  if (suite.applyAll === undefined) {
    for (const mask of masks) await applyToBlocks(suite, words, { ...mask, blocks })
    return succeeded(true)
  }
  for (const [block, part] of blocksOf(words, blocks)) {
    const applied = await suite.applyAll(
      part,
      masks.map((mask) => ({ ...mask, block })),
    )
    if (!applied.ok) return applied
  }
  return succeeded(true)
}

/** What opens a sum: whose inputs it is made of, and the secrets of all who shared theirs. */
export interface OpenedSecrets {
  readonly members: readonly KeyAdvertisement[]
  readonly transcript: Uint8Array
  readonly blocks: number
  readonly survivors: RosterSet
  /** Of every survivor, by its place. */
  readonly seeds: ReadonlyMap<number, Uint8Array>
  /** Private mask keys of those who gave shares but no input, by place. */
  readonly droppedKeys: ReadonlyMap<number, Uint8Array>
}

/** Takes the survivors' own masks, and what they share with the dropped, out of the sum of their inputs, in place (privacy.md 3.3). */
export async function removeMasks(sodium: Sodium, suite: MaskSuite, sum: RingVector, opened: OpenedSecrets): Promise<Result<true>> {
  const pairs: WholeMask[] = []
  try {
    const found = addPairMasks(sodium, opened, pairs)
    if (!found.ok) return found
    const own = [...opened.seeds.values()].map((key) => ({ key, sign: -1 }) as const)
    return await applyAllToBlocks(suite, sum, [...own, ...pairs], opened.blocks)
  } finally {
    for (const { key } of pairs) sodium.memzero(key)
  }
}

function addPairMasks(sodium: Sodium, { members, transcript, survivors, droppedKeys }: OpenedSecrets, pairs: WholeMask[]): Result<true> {
  for (const [id, privateKey] of droppedKeys) {
    const own = { id, keyPair: { publicKey: members[id].maskKey, privateKey } }
    for (const survivor of idsIn(survivors)) {
      const key = pairKeyOf(sodium, 'masks', { own, peer: { id: survivor, publicKey: members[survivor].maskKey }, transcript })
      if (!key.ok) return key
      // What the dropped would have done undoes what the survivor did.
      pairs.push({ key: key.value, sign: maskSignOf(id, survivor) })
    }
  }
  return succeeded(true)
}
