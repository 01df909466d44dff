import { createDecipheriv, type DecipherGCM } from 'node:crypto'
import type { DecryptAes256Gcm } from './sealed-envelope.ts'

const TAG_BYTES = 16
/** Measured: in pieces of this size 400 kB are opened in half the time that they take at once, for which Node allocates as much again each time. */
const PIECE_BYTES = 65_536

/** AES-256-GCM by the server's native code. The result is a buffer of its own, not a slice of Node's pool, so typed arrays can view it. */
export const decryptAes256Gcm: DecryptAes256Gcm = (key, nonce, additionalData, ciphertextWithTag) => {
  const { decipher, ciphertext } = decipherOf(key, nonce, additionalData, ciphertextWithTag)
  const plaintext = decipher.update(ciphertext)
  return isGenuine(decipher) ? plaintext : null
}

/** The same for one who opens much, one after the other: the result is a view of a buffer that the next call overwrites. */
export function createAes256GcmDecryption(): DecryptAes256Gcm {
  let buffer = new Uint8Array()
  return (key, nonce, additionalData, ciphertextWithTag) => {
    const { decipher, ciphertext } = decipherOf(key, nonce, additionalData, ciphertextWithTag)
    if (buffer.length < ciphertext.length) buffer = new Uint8Array(ciphertext.length)
    for (let start = 0; start < ciphertext.length; start += PIECE_BYTES) buffer.set(decipher.update(ciphertext.subarray(start, start + PIECE_BYTES)), start)
    return isGenuine(decipher) ? buffer.subarray(0, ciphertext.length) : null
  }
}

function decipherOf(
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  ciphertextWithTag: Uint8Array,
): { readonly decipher: DecipherGCM; readonly ciphertext: Uint8Array } {
  const tagStart = ciphertextWithTag.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(additionalData)
  decipher.setAuthTag(ciphertextWithTag.subarray(tagStart))
  return { decipher, ciphertext: ciphertextWithTag.subarray(0, tagStart) }
}

function isGenuine(decipher: DecipherGCM): boolean {
  try {
    decipher.final()
    return true
  } catch {
    return false
  }
}
