import { failed, type Result, succeeded, transcriptOf } from '@shoal/protocol'
import { SHARE_BYTES } from './secret-shares.ts'
import type { Sodium } from './sodium.ts'

const NONCE_BYTES = 24
const TAG_BYTES = 16
/** What one peer's shares take on the wire beside the receiver's id: nonce 24, two shares 33 each, tag 16. */
export const SEALED_SHARES_BYTES = NONCE_BYTES + 2 * SHARE_BYTES + TAG_BYTES

/** What one peer holds of one client's secrets; it may reveal one of them and never both. */
export interface SharePair {
  /** Of the seed of the client's own mask, revealed if the client's vector is in the sum. */
  readonly seedShare: Uint8Array
  /** Of the private key of its masks, revealed if it is not. */
  readonly keyShare: Uint8Array
}

/** Who hands shares to whom, under which agreement; all of it is authenticated. */
export interface Handover {
  /** The pair's key for shares. */
  readonly key: Uint8Array
  /** T, 32 bytes. */
  readonly transcript: Uint8Array
  readonly from: number
  readonly to: number
}

/** Two shares for the eyes of one peer: a random nonce, then XChaCha20-Poly1305 of both. The coordinator relays it and can neither read nor redirect it. */
export function sealShares(sodium: Sodium, handover: Handover, { seedShare, keyShare }: SharePair): Uint8Array {
  if (seedShare.length !== SHARE_BYTES || keyShare.length !== SHARE_BYTES) throw new RangeError(`shares of ${seedShare.length} and ${keyShare.length} bytes`)
  const both = new Uint8Array(2 * SHARE_BYTES)
  both.set(seedShare)
  both.set(keyShare, SHARE_BYTES)
  const nonce = sodium.randombytes_buf(NONCE_BYTES)
  const ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(both, additionalDataOf(handover), null, nonce, handover.key)
  sodium.memzero(both)
  const sealed = new Uint8Array(SEALED_SHARES_BYTES)
  sealed.set(nonce)
  sealed.set(ciphertext, NONCE_BYTES)
  return sealed
}

/** SHOAL_ERR_SEALED_SHARES where transcript, sender, receiver or a byte differ from what was sealed: whoever sees it was shown another roster or manifest, or a forgery, and stops. */
export function openShares(sodium: Sodium, handover: Handover, sealed: Uint8Array): Result<SharePair> {
  if (sealed.length !== SEALED_SHARES_BYTES) return failed('SHOAL_ERR_SEALED_SHARES', `from client ${handover.from}, ${sealed.length} bytes`)
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES)
    const both = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed.subarray(NONCE_BYTES), additionalDataOf(handover), nonce, handover.key)
    return succeeded({ seedShare: both.slice(0, SHARE_BYTES), keyShare: both.slice(SHARE_BYTES) })
  } catch {
    return failed('SHOAL_ERR_SEALED_SHARES', `from client ${handover.from}`)
  }
}

const additionalDataOf = ({ transcript, from, to }: Handover): Uint8Array => transcriptOf('sealedShares', [transcript, from, to])
