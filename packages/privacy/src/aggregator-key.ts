import { type AggregatorKey, type FederationId, failed, MAX_U32, type Result, succeeded, transcriptOf } from '@shoal/protocol'
import { fromBase64, toBase64 } from './encoding.ts'
import { isSignedBy, type SigningKeyPair, signatureOf } from './signing-key.ts'
import type { Sodium } from './sodium.ts'

/** An aggregator's key whose signature was checked: the only thing a contribution can be sealed to. `publicKey` is 32 bytes, X25519. */
export interface VerifiedAggregatorKey {
  readonly epoch: number
  readonly publicKey: Uint8Array
}

/** What opens the contributions of one epoch. Lives in the aggregator's memory only. */
export interface AggregatorSecret extends VerifiedAggregatorKey {
  readonly privateKey: Uint8Array
}

/**
 * A fresh key pair for one epoch: the signed message that clients get, and the secret that opens what they send.
 * @throws RangeError if `epoch` is not a whole number below 2^32
 */
export function createAggregatorKeys(
  sodium: Sodium,
  options: { readonly federation: FederationId; readonly epoch: number; readonly federationKeyPair: SigningKeyPair },
): { aggregatorKey: AggregatorKey; secret: AggregatorSecret } {
  const { federation, epoch, federationKeyPair } = options
  if (!isEpoch(epoch)) throw new RangeError(`epoch ${epoch} is not a whole number below 2^32`)
  const { publicKey, privateKey } = sodium.crypto_box_keypair()
  const signature = signatureOf(sodium, federationKeyPair, transcriptOf('aggregatorKey', [federation, epoch, publicKey]))
  return { aggregatorKey: { epoch, publicKey: toBase64(sodium, publicKey), signature }, secret: { epoch, publicKey, privateKey } }
}

/** The key in a form that contributions can be sealed to, or SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED. `federationKey` comes from the invite link. */
export function verifyAggregatorKey(
  sodium: Sodium,
  key: AggregatorKey,
  signer: { readonly federation: FederationId; readonly federationKey: string },
): Result<VerifiedAggregatorKey> {
  const publicKey = fromBase64(sodium, key.publicKey, sodium.crypto_box_PUBLICKEYBYTES)
  if (publicKey === null || !isEpoch(key.epoch)) return failed('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED', 'this is no key of an epoch')
  const transcript = transcriptOf('aggregatorKey', [signer.federation, key.epoch, publicKey])
  if (!isSignedBy(sodium, signer.federationKey, transcript, key.signature)) return failed('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
  return succeeded({ epoch: key.epoch, publicKey })
}

const isEpoch = (epoch: number): boolean => Number.isInteger(epoch) && epoch >= 0 && epoch <= MAX_U32
