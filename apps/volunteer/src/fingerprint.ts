import { blake2b } from '@noble/hashes/blake2.js'

const DOMAIN = 'shoal/fingerprint/v1\0'
const GROUPS = 12
const DIGITS = 5

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * The same 60 digits as `fingerprintOf` of @shoal/privacy (privacy.md 6.2), without libsodium: a volunteer compares them before agreeing, and libsodium loads only afterwards.
 * @param federationKey URL-safe base64
 */
export function fingerprintOf(federationKey: string): string {
  const key = encode(federationKey)
  const transcript = new Uint8Array([...encode(DOMAIN), key.length, 0, 0, 0, ...key])
  const hash = blake2b(transcript, { dkLen: 64 })
  const groups = Array.from({ length: GROUPS }, (_, group) => {
    const value = hash.subarray(group * 5, (group + 1) * 5).reduce((sum, byte) => sum * 256 + byte, 0)
    return String(value % 10 ** DIGITS).padStart(DIGITS, '0')
  })
  return groups.join(' ')
}

/** Names the exact text that a volunteer was shown: the policy hash of @shoal/privacy, as URL-safe base64. */
export const textHashOf = (text: string): string =>
  btoa(String.fromCharCode(...blake2b(encode(text), { dkLen: 32 })))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
