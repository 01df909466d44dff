import { createDecipheriv } from 'node:crypto'
import type { DecryptAes256Gcm } from './sealed-envelope.ts'

const TAG_BYTES = 16

/** AES-256-GCM by the server's native code. The result is a buffer of its own, not a slice of Node's pool, so typed arrays can view it. */
export const decryptAes256Gcm: DecryptAes256Gcm = (key, nonce, additionalData, ciphertextWithTag) => {
  const tagStart = ciphertextWithTag.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(additionalData)
  decipher.setAuthTag(ciphertextWithTag.subarray(tagStart))
  const plaintext = decipher.update(ciphertextWithTag.subarray(0, tagStart))
  try {
    decipher.final()
    return plaintext
  } catch {
    return null
  }
}
