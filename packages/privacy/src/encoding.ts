import type { Sodium } from './sodium.ts'

/** URL-safe base64 without padding: how keys, signatures and hashes travel in messages and links. */
export const toBase64 = (sodium: Sodium, bytes: Uint8Array): string => sodium.to_base64(bytes, sodium.base64_variants.URLSAFE_NO_PADDING)

/** The bytes of canonical URL-safe base64, or null where the text is none or holds another number of bytes than `length`. */
export function fromBase64(sodium: Sodium, text: string, length: number): Uint8Array | null {
  try {
    const bytes = sodium.from_base64(text, sodium.base64_variants.URLSAFE_NO_PADDING)
    return bytes.length === length ? bytes : null
  } catch {
    return null
  }
}
