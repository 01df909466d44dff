import { fromBase64, toBase64 } from './encoding.ts'
import type { Sodium } from './sodium.ts'

/** An Ed25519 key pair: a federation's, or the identity of one browser profile in one federation. */
export interface SigningKeyPair {
  /** 32 bytes as URL-safe base64 (43 characters): the form that messages and invite links carry. */
  readonly publicKey: string
  /** libsodium's 64-byte form: seed, then public key. */
  readonly privateKey: Uint8Array
}

export function createSigningKeyPair(sodium: Sodium): SigningKeyPair {
  const { publicKey, privateKey } = sodium.crypto_sign_keypair()
  return { publicKey: toBase64(sodium, publicKey), privateKey }
}

/** The signature over `message` as URL-safe base64 (86 characters). */
export const signatureOf = (sodium: Sodium, keyPair: SigningKeyPair, message: Uint8Array): string =>
  toBase64(sodium, sodium.crypto_sign_detached(message, keyPair.privateKey))

/** Whether `signature` over `message` is by `publicKey`. Anything ill-formed is no signature: never throws on text from outside. */
export function isSignedBy(sodium: Sodium, publicKey: string, message: Uint8Array, signature: string): boolean {
  const key = fromBase64(sodium, publicKey, sodium.crypto_sign_PUBLICKEYBYTES)
  const bytes = fromBase64(sodium, signature, sodium.crypto_sign_BYTES)
  return key !== null && bytes !== null && sodium.crypto_sign_verify_detached(bytes, message, key)
}
