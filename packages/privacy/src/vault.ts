import { failed, type Result, succeeded, transcriptOf } from '@shoal/protocol'
import type { SigningKeyPair } from './signing-key.ts'
import type { Sodium } from './sodium.ts'

/** Closes what a federation must not leave on disk in the clear, and opens it again after a restart. */
export interface Vault {
  seal(bytes: Uint8Array): Uint8Array
  /** SHOAL_ERR_STORE_FAILED where the bytes were not sealed by this vault, or were changed since. */
  open(sealed: Uint8Array): Result<Uint8Array>
}

/**
 * XChaCha20-Poly1305 under a key derived from the federation's own. It protects files that are read without the database that holds this key (a backup of the
 * blobs, a disk that is thrown away), and nothing from who has both.
 */
export function createVault(sodium: Sodium, federationKeyPair: SigningKeyPair): Vault {
  const key = sodium.crypto_generichash(
    sodium.crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    transcriptOf('vault', []),
    federationKeyPair.privateKey.subarray(0, 32),
  )
  const nonceBytes = sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
  return {
    seal(bytes) {
      const nonce = sodium.randombytes_buf(nonceBytes)
      const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(bytes, null, null, nonce, key)
      const result = new Uint8Array(nonceBytes + sealed.length)
      result.set(nonce)
      result.set(sealed, nonceBytes)
      return result
    },
    open(sealed) {
      try {
        return succeeded(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed.subarray(nonceBytes), null, sealed.subarray(0, nonceBytes), key))
      } catch {
        return failed('SHOAL_ERR_STORE_FAILED', 'sealed bytes can not be opened')
      }
    },
  }
}
