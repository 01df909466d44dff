import type { RingVector } from '@shoal/numeric'
import { idsIn, type KeyAdvertisement, type Result, type RosterSet, succeeded } from '@shoal/protocol'
import type { MaskSuite } from './mask-stream.ts'
import { maskSignOf, pairKeyOf } from './pair-key.ts'
import type { Sodium } from './sodium.ts'

/** One mask over all blocks of a sum, which share its words as evenly as whole numbers go. */
export async function applyToBlocks(
  suite: MaskSuite,
  words: RingVector,
  { key, sign, blocks }: { readonly key: Uint8Array; readonly sign: 1 | -1; readonly blocks: number },
): Promise<void> {
  const startOf = (block: number): number => Math.floor((block * words.length) / blocks)
  for (let block = 0; block < blocks; block += 1) await suite.apply(words.subarray(startOf(block), startOf(block + 1)), { key, block, sign })
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
  const { members, transcript, blocks, survivors, seeds, droppedKeys } = opened
  for (const key of seeds.values()) await applyToBlocks(suite, sum, { key, sign: -1, blocks })
  for (const [id, privateKey] of droppedKeys) {
    const own = { id, keyPair: { publicKey: members[id].maskKey, privateKey } }
    for (const survivor of idsIn(survivors)) {
      const key = pairKeyOf(sodium, 'masks', { own, peer: { id: survivor, publicKey: members[survivor].maskKey }, transcript })
      if (!key.ok) return key
      // What the dropped would have done undoes what the survivor did.
      await applyToBlocks(suite, sum, { key: key.value, sign: maskSignOf(id, survivor), blocks })
      sodium.memzero(key.value)
    }
  }
  return succeeded(true)
}
