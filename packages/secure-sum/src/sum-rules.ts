import { createRingCode, decodeRing, type RingCode, type RingVector } from '@shoal/numeric'
import { bytesOfWords, failed, type Result, succeeded, sumTranscriptPart, type UnsignedSumManifest } from '@shoal/protocol'
import type { Sodium } from './sodium.ts'

const HASH_BYTES = 32

/** Ed25519 as libsodium makes it: 32 bytes, and 64 of which the last 32 are the public key. */
export interface SigningKeyPair {
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

/** No sum over fewer is proposed, unmasked or released. */
export const leastSurvivorsOf = ({ threshold, kMin }: UnsignedSumManifest): number => Math.max(threshold, kMin)

/** t of privacy.md 3.4: with 2t - g > g / 3 no two sets of survivors can both be unmasked. */
export const leastThresholdOf = (cohortSize: number): number => Math.floor((2 * cohortSize) / 3) + 1

/** What a manifest that has a legal form may still get wrong, null if nothing: values leave the ring its room, and the threshold is that of a complete graph. */
export function ruleFault({ ring, cohortSize, valueBits, threshold }: UnsignedSumManifest): string | null {
  if (threshold < leastThresholdOf(cohortSize)) return `threshold ${threshold} of ${cohortSize}`
  return valueBits <= createRingCode(ring, cohortSize).valueBits ? null : `values of ${valueBits} bits`
}

/**
 * The code by which a sum over so many survivors is read: what more clients could have given is no legal sum. Where values leave room for noise the bound is what every legal sum keeps to, a
 * quarter of the ring.
 */
function readingCodeOf({ ring, cohortSize, valueBits }: UnsignedSumManifest, survivors: number): RingCode {
  const largest = 2 ** (valueBits - 1) - 1
  const isNoisy = valueBits < createRingCode(ring, cohortSize).valueBits
  return { bits: ring, clients: isNoisy ? 2 ** (ring - FREE_BITS - 1) / largest : survivors, valueBits, largest }
}

/** Bits of the ring that every legal sum leaves free (privacy.md 3.5). */
const FREE_BITS = 2

/** Tables of reservations and rows hold words that use the whole ring; they have detectors of their own (`anonymous-rows.ts`). */
const isTable = ({ purpose }: UnsignedSumManifest): boolean => purpose === 'reserve' || purpose === 'rows'

/** What the words of a sum over so many survivors stand for, in units of the range; a table's words stand for themselves. Null where they are no sum of legal values. */
export function valuesOf(manifest: UnsignedSumManifest, words: RingVector, survivors: number): Float64Array | null {
  return isTable(manifest) ? Float64Array.from(words) : decodeRing(words, { code: readingCodeOf(manifest, survivors), range: manifest.range })
}

/** T of privacy.md 3.2 step 3, 32 bytes. */
export const sumTranscriptOf = (sodium: Sodium, manifestFrame: Uint8Array, rosterFrame: Uint8Array): Uint8Array =>
  sodium.crypto_generichash(HASH_BYTES, sumTranscriptPart(manifestFrame, rosterFrame), null)

/** The hash that an input carries, and of a large sum the one that is published. */
export const hashOfWords = (sodium: Sodium, words: RingVector): Uint8Array => sodium.crypto_generichash(HASH_BYTES, bytesOfWords(words), null)

/** SHOAL_ERR_IDENTITY_UNPROVEN, with `of` as its detail, unless `key` signed `part`. */
export const signedBy = (
  sodium: Sodium,
  key: Uint8Array,
  signed: { readonly part: Uint8Array; readonly signature: Uint8Array; readonly of: string },
): Result<true> => (sodium.crypto_sign_verify_detached(signed.signature, signed.part, key) ? succeeded(true) : failed('SHOAL_ERR_IDENTITY_UNPROVEN', signed.of))

export const isSameBytes = (left: Uint8Array, right: Uint8Array): boolean => left.length === right.length && left.every((byte, index) => byte === right[index])
