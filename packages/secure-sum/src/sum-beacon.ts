import { transcriptOf } from '@shoal/protocol'
import type { Sodium } from './sodium.ts'

const NONCE_BYTES = 32
const HASH_BYTES = 32

/** What one survivor gave to the next beacon; it was committed to before anybody knew who would survive. */
export interface RevealedNonce {
  /** Place in the roster. */
  readonly id: number
  readonly nonce: Uint8Array
}

export const createNonce = (sodium: Sodium): Uint8Array => sodium.randombytes_buf(NONCE_BYTES)

/** What a client advertises of its nonce. */
export const nonceCommitmentOf = (sodium: Sodium, nonce: Uint8Array): Uint8Array =>
  sodium.crypto_generichash(HASH_BYTES, transcriptOf('sumNonce', [nonce]), null)

/**
 * The 32 bytes that the next cohorts are drawn from (privacy.md 3.4): BLAKE2b over the nonces, in their order, which of one sum is that of the roster. Whoever reveals last can choose between
 * two seeds by falling silent; that bias is accepted.
 */
export const beaconOf = (sodium: Sodium, nonces: readonly Pick<RevealedNonce, 'nonce'>[]): Uint8Array =>
  sodium.crypto_generichash(HASH_BYTES, transcriptOf('sumBeacon', [nonces.length, ...nonces.map(({ nonce }) => nonce)]), null)
