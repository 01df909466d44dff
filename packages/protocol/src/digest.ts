import { sha256 } from '@noble/hashes/sha2.js'
import { type Digest, digestSchema } from './ids.ts'

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** SHA-256 of bytes as lower-case hex. Native where the context is secure, in script on a plain-http page. */
export async function digestOf(bytes: Uint8Array): Promise<Digest> {
  const subtle = globalThis.crypto?.subtle
  return subtle ? digestSchema.parse(hexOf(new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))) : digestAtOnce(bytes)
}

/** The same in script, which is slower, for whoever can not wait. */
export const digestAtOnce = (bytes: Uint8Array): Digest => digestSchema.parse(hexOf(sha256(bytes)))
