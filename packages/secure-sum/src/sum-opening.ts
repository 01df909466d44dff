import type { RingVector } from '@shoal/numeric'
import {
  failed,
  type HashedSum,
  idsIn,
  idsOutside,
  isIn,
  isRecomputable,
  type KeyAdvertisement,
  type MaskedInput,
  type OpenSum,
  type Result,
  type RosterSet,
  type SumManifest,
  succeeded,
  type Unmasking,
} from '@shoal/protocol'
import { opensCommitment } from './mask-seed.ts'
import type { MaskSuite } from './mask-stream.ts'
import { isPrivateKeyOf } from './pair-key.ts'
import { combineShares } from './secret-shares.ts'
import type { Sodium } from './sodium.ts'
import type { RevealedNonce } from './sum-beacon.ts'
import { removeMasks } from './sum-masks.ts'
import { hashOfWords, valuesOf } from './sum-rules.ts'

/** A sum that at least max(t, kMin) clients took part in and unmasked. */
export interface ReleasedSum {
  readonly survivors: RosterSet
  readonly members: readonly KeyAdvertisement[]
  /** The sum of the survivors' encoded words, modulo the ring. */
  readonly words: RingVector
  /** The same as numbers, in units of the manifest's range. */
  readonly values: Float64Array
  /** By place, for `beaconOf`. */
  readonly nonces: readonly RevealedNonce[]
  /** Places of members who handed in, or were dealt, wrong shares; they are left out of the next round. */
  readonly wrong: readonly number[]
}

/** All that the server has when the survivors have answered. */
export interface GatheredSum {
  readonly manifest: SumManifest
  readonly members: readonly KeyAdvertisement[]
  readonly transcript: Uint8Array
  readonly sharers: RosterSet
  readonly survivors: RosterSet
  /** Of the survivors' masked inputs; unmasked in place. */
  readonly sum: RingVector
  readonly inputs: ReadonlyMap<number, MaskedInput>
  readonly unmaskings: ReadonlyMap<number, Unmasking>
}

/**
 * Brings back the seeds of the survivors and the mask keys of the dropped, takes their masks out and checks the range. SHOAL_ERR_TOO_FEW_SHARES, SHOAL_ERR_WRONG_SHARES or
 * SHOAL_ERR_SUM_OUT_OF_RANGE; then no part of the sum is known.
 */
export async function openSum(
  sodium: Sodium,
  suite: MaskSuite,
  gathered: GatheredSum,
): Promise<Result<{ readonly released: ReleasedSum; readonly published: OpenSum | HashedSum }>> {
  const { manifest, members, transcript, sharers, survivors, sum, inputs, unmaskings } = gathered
  const wrong = new Set<number>()
  const secretOf = async (id: number): Promise<Result<Uint8Array>> => {
    const { identityKey, seedCommitment, maskKey } = members[id]
    const isRight = isIn(survivors, id) ? opensCommitment(sodium, { ...manifest, identityKey }, seedCommitment) : isPrivateKeyOf(sodium, maskKey)
    const shares = [...unmaskings].flatMap(([holder, { revealed }]) => {
      const entry = revealed[id]
      return entry.of === 'nothing' ? [] : [{ holder, share: entry.share }]
    })
    const combined = await combineShares(shares, { threshold: manifest.threshold, isRight })
    if (!combined.ok) return failed(combined.failure.code, `member ${id}`)
    for (const holder of combined.value.wrong) wrong.add(holder)
    return succeeded(combined.value.secret)
  }
  const seeds = new Map<number, Uint8Array>()
  const droppedKeys = new Map<number, Uint8Array>()
  const forget = (): void => {
    for (const secret of [...seeds.values(), ...droppedKeys.values()]) sodium.memzero(secret)
  }
  for (const id of idsIn(sharers)) {
    const secret = await secretOf(id)
    if (!secret.ok) {
      forget()
      return secret
    }
    ;(isIn(survivors, id) ? seeds : droppedKeys).set(id, secret.value)
  }
  const removed = await removeMasks(sodium, suite, sum, { members, transcript, blocks: manifest.blocks, survivors, seeds, droppedKeys })
  if (!removed.ok) {
    forget()
    return removed
  }
  const ids = idsIn(survivors)
  const values = valuesOf(manifest, sum, ids.length)
  if (values === null) {
    forget()
    return failed('SHOAL_ERR_SUM_OUT_OF_RANGE')
  }
  const words = sum.slice()
  const open = (): OpenSum => ({
    kind: 'open',
    words,
    inputs: ids.flatMap((id) => {
      const [input, seed] = [inputs.get(id), seeds.get(id)]
      return input === undefined || seed === undefined ? [] : [{ words: input.words, hash: input.hash, signature: input.signature, seed: seed.slice() }]
    }),
    dropped: idsOutside(survivors).flatMap((id) => {
      const privateKey = droppedKeys.get(id)
      return privateKey === undefined ? [] : [{ id, privateKey: privateKey.slice() }]
    }),
  })
  const published: OpenSum | HashedSum = isRecomputable(manifest) ? open() : { kind: 'hashed', hash: hashOfWords(sodium, words) }
  forget()
  const nonces = [...unmaskings].map(([id, { nonce }]) => ({ id, nonce })).sort((left, right) => left.id - right.id)
  return succeeded({ released: { survivors, members, words, values, nonces, wrong: [...wrong].sort((left, right) => left - right) }, published })
}
