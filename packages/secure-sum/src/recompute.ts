import { addInto, emptyRingVector } from '@shoal/numeric'
import {
  failed,
  idsIn,
  idsOutside,
  inputSignedPart,
  isIn,
  type KeyAdvertisement,
  type OpenSum,
  type Result,
  type RosterSet,
  type SumManifest,
  succeeded,
} from '@shoal/protocol'
import { opensCommitment } from './mask-seed.ts'
import type { MaskSuite } from './mask-stream.ts'
import { isPrivateKeyOf } from './pair-key.ts'
import type { Sodium } from './sodium.ts'
import { removeMasks } from './sum-masks.ts'
import { hashOfWords, isSameBytes, signedBy, valuesOf } from './sum-rules.ts'

/** What was agreed on before a published sum is taken again. */
export interface SumRecord {
  readonly manifest: SumManifest
  readonly members: readonly KeyAdvertisement[]
  /** T, 32 bytes. */
  readonly transcript: Uint8Array
  /** Members whose shares were delivered: each of them is a survivor or was dropped. */
  readonly sharers: RosterSet
  readonly survivors: RosterSet
}

/**
 * Takes a recomputable sum again from its signed inputs (privacy.md 3.7) and gives its values, in units of the manifest's range; counts that come from here are no word of the server's.
 * SHOAL_ERR_IDENTITY_UNPROVEN for an input that its client did not sign, SHOAL_ERR_SUM_OUT_OF_RANGE, or SHOAL_ERR_SUM_RESULT for all else that does not fit.
 */
export async function recomputeSum(sodium: Sodium, suite: MaskSuite, record: SumRecord, open: OpenSum): Promise<Result<Float64Array>> {
  const { manifest, members, transcript, sharers, survivors } = record
  const places = idsIn(survivors)
  const sum = emptyRingVector(manifest.ring, manifest.vectorLength)
  const seeds = new Map<number, Uint8Array>()
  for (const [index, id] of places.entries()) {
    const { words, hash, signature, seed } = open.inputs[index]
    const { identityKey, seedCommitment } = members[id]
    if (!isSameBytes(hashOfWords(sodium, words), hash)) return failed('SHOAL_ERR_SUM_RESULT', `input of member ${id}`)
    const signed = signedBy(sodium, identityKey, { part: inputSignedPart(transcript, { id, hash }), signature, of: `input of member ${id}` })
    if (!signed.ok) return signed
    if (!opensCommitment(sodium, { ...manifest, identityKey }, seedCommitment)(seed)) return failed('SHOAL_ERR_SUM_RESULT', `seed of member ${id}`)
    seeds.set(id, seed)
    addInto(sum, words)
  }
  const dropped = idsOutside(survivors).filter((id) => isIn(sharers, id))
  if (open.dropped.length !== dropped.length) return failed('SHOAL_ERR_SUM_RESULT', 'not the keys of those who dropped out')
  const droppedKeys = new Map<number, Uint8Array>()
  for (const [index, { id, privateKey }] of open.dropped.entries()) {
    if (id !== dropped[index] || !isPrivateKeyOf(sodium, members[id].maskKey)(privateKey)) return failed('SHOAL_ERR_SUM_RESULT', `mask key of member ${id}`)
    droppedKeys.set(id, privateKey)
  }
  const removed = await removeMasks(sodium, suite, sum, { members, transcript, blocks: manifest.blocks, survivors, seeds, droppedKeys })
  if (!removed.ok) return removed
  if (sum.some((word, index) => word !== open.words[index])) return failed('SHOAL_ERR_SUM_RESULT', 'another sum')
  const values = valuesOf(manifest, sum, places.length)
  return values === null ? failed('SHOAL_ERR_SUM_OUT_OF_RANGE') : succeeded(values)
}
