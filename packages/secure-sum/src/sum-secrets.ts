import type { RingVector } from '@shoal/numeric'
import {
  advertisementSignedPart,
  decodeShares,
  encodeShares,
  failed,
  type KeyAdvertisement,
  type Result,
  type SumManifest,
  succeeded,
  type UnsignedSumManifest,
} from '@shoal/protocol'
import { createMaskSeed, seedCommitmentOf } from './mask-seed.ts'
import type { MaskSuite } from './mask-stream.ts'
import { createExchangeKeyPair, type ExchangeKeyPair, maskSignOf, pairKeyOf } from './pair-key.ts'
import { openShares, type SharePair, sealShares } from './sealed-shares.ts'
import { splitSecret } from './secret-shares.ts'
import type { Sodium } from './sodium.ts'
import { createNonce, nonceCommitmentOf } from './sum-beacon.ts'
import { applyToBlocks } from './sum-masks.ts'
import { leastSurvivorsOf, type SigningKeyPair } from './sum-rules.ts'

/** What a client makes afresh for every sum, and what it says of it. */
export interface OwnKeys {
  readonly maskKeys: ExchangeKeyPair
  readonly shareKeys: ExchangeKeyPair
  readonly seed: Uint8Array
  readonly nonce: Uint8Array
  readonly advertisement: KeyAdvertisement
}

/** What is fixed once manifest and roster are. */
export interface AgreedSum {
  readonly manifest: SumManifest
  readonly own: OwnKeys
  readonly ownId: number
  readonly members: readonly KeyAdvertisement[]
  readonly transcript: Uint8Array
  /** Shares that this client holds, by whose secrets they are of; its own are among them. */
  readonly held: Map<number, SharePair>
}

/** Secrets of one sum, all of which are overwritten at once. */
export interface SecretStore {
  add(secret: Uint8Array): Uint8Array
  overwrite(): void
}

export function createSecretStore(sodium: Sodium): SecretStore {
  const secrets: Uint8Array[] = []
  return {
    add: (secret) => {
      secrets.push(secret)
      return secret
    },
    overwrite: () => {
      for (const secret of secrets.splice(0)) sodium.memzero(secret)
    },
  }
}

export function createOwnKeys(sodium: Sodium, manifest: UnsignedSumManifest, identity: SigningKeyPair, secrets: SecretStore): OwnKeys {
  const maskKeys = createExchangeKeyPair(sodium)
  const shareKeys = createExchangeKeyPair(sodium)
  const seed = secrets.add(createMaskSeed(sodium))
  const nonce = secrets.add(createNonce(sodium))
  secrets.add(maskKeys.privateKey)
  secrets.add(shareKeys.privateKey)
  const keys = {
    identityKey: identity.publicKey,
    maskKey: maskKeys.publicKey,
    shareKey: shareKeys.publicKey,
    seedCommitment: seedCommitmentOf(sodium, { ...manifest, identityKey: identity.publicKey }, seed),
    nonceCommitment: nonceCommitmentOf(sodium, nonce),
  }
  const signature = sodium.crypto_sign_detached(advertisementSignedPart(manifest, keys), identity.privateKey)
  return { maskKeys, shareKeys, seed, nonce, advertisement: { cohort: manifest.cohort, ...keys, signature } }
}

/** #3: shares of both secrets for all members, sealed for the others; the own pair stays. SHOAL_ERR_PEER_KEY. */
export async function dealShares(
  sodium: Sodium,
  { manifest, own, ownId, members, transcript, held }: AgreedSum,
  secrets: SecretStore,
): Promise<Result<Uint8Array>> {
  const dealing = { count: members.length, threshold: manifest.threshold }
  const seedShares = await splitSecret(own.seed, dealing)
  const keyShares = await splitSecret(own.maskKeys.privateKey, dealing)
  const shares = []
  for (const [peer, { shareKey }] of members.entries()) {
    const pair = { seedShare: secrets.add(seedShares[peer]), keyShare: secrets.add(keyShares[peer]) }
    if (peer === ownId) {
      held.set(ownId, pair)
      continue
    }
    const key = pairKeyOf(sodium, 'shares', { own: { id: ownId, keyPair: own.shareKeys }, peer: { id: peer, publicKey: shareKey }, transcript })
    if (!key.ok) return key
    shares.push({ peer, sealed: sealShares(sodium, { key: key.value, transcript, from: ownId, to: peer }, pair) })
    sodium.memzero(key.value)
    sodium.memzero(pair.seedShare)
    sodium.memzero(pair.keyShare)
  }
  return succeeded(encodeShares({ direction: 'out', cohort: manifest.cohort, shares }))
}

/** #4. SHOAL_ERR_MALFORMED, SHOAL_ERR_PEER_KEY, SHOAL_ERR_SEALED_SHARES or SHOAL_ERR_SUM_TOO_FEW. */
export function openDelivery(
  sodium: Sodium,
  { manifest, own, ownId, members, transcript, held }: AgreedSum,
  frame: Uint8Array,
  secrets: SecretStore,
): Result<true> {
  const delivery = decodeShares(frame, { direction: 'in', rosterSize: members.length })
  if (!delivery.ok) return delivery
  if (delivery.value.cohort !== manifest.cohort) return failed('SHOAL_ERR_MALFORMED', 'shares of another cohort')
  for (const { peer, sealed } of delivery.value.shares) {
    if (peer === ownId) return failed('SHOAL_ERR_MALFORMED', 'shares from this client itself')
    const pair = { own: { id: ownId, keyPair: own.shareKeys }, peer: { id: peer, publicKey: members[peer].shareKey }, transcript }
    const key = pairKeyOf(sodium, 'shares', pair)
    if (!key.ok) return key
    const opened = openShares(sodium, { key: key.value, transcript, from: peer, to: ownId }, sealed)
    sodium.memzero(key.value)
    if (!opened.ok) return opened
    secrets.add(opened.value.seedShare)
    secrets.add(opened.value.keyShare)
    held.set(peer, opened.value)
  }
  return held.size < leastSurvivorsOf(manifest) ? failed('SHOAL_ERR_SUM_TOO_FEW', `${held.size} gave shares`) : succeeded(true)
}

/** y = x + PRG(b) + the masks of all pairs whose shares arrived (privacy.md 3.2 step 5), in place; ends early once the client `hasLeft`. SHOAL_ERR_PEER_KEY. */
export async function maskWords(
  sodium: Sodium,
  suite: MaskSuite,
  { manifest, own, ownId, members, transcript, held }: AgreedSum,
  { words, hasLeft }: { readonly words: RingVector; hasLeft(): boolean },
): Promise<Result<true>> {
  const { blocks } = manifest
  await applyToBlocks(suite, words, { key: own.seed, sign: 1, blocks })
  for (const peer of held.keys()) {
    if (peer === ownId || hasLeft()) continue
    const pair = { own: { id: ownId, keyPair: own.maskKeys }, peer: { id: peer, publicKey: members[peer].maskKey }, transcript }
    const key = pairKeyOf(sodium, 'masks', pair)
    if (!key.ok) return key
    await applyToBlocks(suite, words, { key: key.value, sign: maskSignOf(ownId, peer), blocks })
    sodium.memzero(key.value)
  }
  return succeeded(true)
}
