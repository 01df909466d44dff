import { failed, type Result, succeeded, transcriptOf } from '@shoal/protocol'
import type { SecretCheck } from './secret-shares.ts'
import type { Sodium } from './sodium.ts'

/** X25519, 32 bytes each; a client makes two for every sum, one for masks and one for shares, and forgets both with it. */
export interface ExchangeKeyPair {
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

/** Two clients of one roster, seen from `own`. */
export interface Pair {
  readonly own: { readonly id: number; readonly keyPair: ExchangeKeyPair }
  readonly peer: { readonly id: number; readonly publicKey: Uint8Array }
  /** T, the hash over manifest and roster, 32 bytes. */
  readonly transcript: Uint8Array
}

/** What a pair's key is for; each has its own key pairs and its own domain. */
const DOMAIN_OF = { masks: 'maskPair', shares: 'sharePair' } as const

const KEY_BYTES = 32

export function createExchangeKeyPair(sodium: Sodium): ExchangeKeyPair {
  const { publicKey, privateKey } = sodium.crypto_box_keypair()
  return { publicKey, privateKey }
}

/**
 * The 32 bytes that two clients share and nobody else: BLAKE2b under their X25519 secret over who they are, both public keys and T (privacy.md 3.2 step 5). Both get the same, unless
 * they were shown different manifests or rosters. SHOAL_ERR_PEER_KEY where the peer's key is no point, or one of the few whose secret is zero with every private key.
 * @throws RangeError for a pair of one client with itself
 */
export function pairKeyOf(sodium: Sodium, purpose: keyof typeof DOMAIN_OF, { own, peer, transcript }: Pair): Result<Uint8Array> {
  if (own.id === peer.id) throw new RangeError(`client ${own.id} is no pair with itself`)
  const secret = sharedSecretOf(sodium, own.keyPair.privateKey, peer.publicKey)
  if (secret === null) return failed('SHOAL_ERR_PEER_KEY', `client ${peer.id}`)
  const sides = [{ id: own.id, publicKey: own.keyPair.publicKey }, peer].sort((left, right) => left.id - right.id)
  const fields = [...sides.map(({ id }) => id), ...sides.map(({ publicKey }) => publicKey), transcript]
  const key = sodium.crypto_generichash(KEY_BYTES, transcriptOf(DOMAIN_OF[purpose], fields), secret)
  sodium.memzero(secret)
  return succeeded(key)
}

/** The lower id adds the pair's mask and the higher takes it away, so that it is gone from their sum. */
export const maskSignOf = (ownId: number, peerId: number): 1 | -1 => (ownId < peerId ? 1 : -1)

/** Whether a secret is the private key of `publicKey`: as good as that key where it is not the same, since X25519 ignores five bits. */
export const isPrivateKeyOf =
  (sodium: Sodium, publicKey: Uint8Array): SecretCheck =>
  (secret) =>
    publicKey.length === KEY_BYTES && sodium.memcmp(sodium.crypto_scalarmult_base(secret), publicKey)

/** libsodium throws where the secret is all zero, which says that the peer's point is of small order. */
function sharedSecretOf(sodium: Sodium, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
  try {
    return sodium.crypto_scalarmult(privateKey, publicKey)
  } catch {
    return null
  }
}
