import { createByteReader, createByteWriter, exactBytes, type RingWords } from './byte-layout.ts'
import type { Result } from './errors.ts'
import { HASH_BYTES, readHeader, SIGNATURE_BYTES, writeHeader } from './secure-sum-header.ts'
import { transcriptOf } from './transcript.ts'

/** Kind, version, cohort, id, words, ring and three empty bytes: 16, so that the words begin where a typed array can view them. */
const INPUT_HEADER_BYTES = 16

/** What the manifest says about the words of an input. */
export interface SumShape {
  readonly ring: 16 | 32
  readonly vectorLength: number
}

/** Message #5: a client's vector under all its masks. */
export interface MaskedInput {
  readonly cohort: number
  /** Place of the sender in the roster. */
  readonly id: number
  readonly words: RingWords
  /** BLAKE2b of the bytes of the words (`bytesOfWords`). */
  readonly hash: Uint8Array
  readonly signature: Uint8Array
}

/** Exact size of an input: what a server may demand before it reads a byte of one. */
export const maskedInputBytes = ({ ring, vectorLength }: SumShape): number => INPUT_HEADER_BYTES + (vectorLength * ring) / 8 + HASH_BYTES + SIGNATURE_BYTES

export function encodeMaskedInput({ cohort, id, words, hash, signature }: MaskedInput): Uint8Array {
  const ring = words instanceof Uint16Array ? 16 : 32
  const writer = writeHeader(createByteWriter(), 'input', cohort).u16(id).u32(words.length).u8(ring).zeros(3)
  return writer.words(words).bytes(hash, HASH_BYTES).bytes(signature, SIGNATURE_BYTES).finish()
}

/** The bytes that the sender signs. The transcript names the roster, and the id the place in it. */
export function inputSignedPart(transcript: Uint8Array, { id, hash }: { readonly id: number; readonly hash: Uint8Array }): Uint8Array {
  return transcriptOf('sumInput', [exactBytes(transcript, HASH_BYTES), id, exactBytes(hash, HASH_BYTES)])
}

/** `words` is a view of the frame where it is aligned. Whether the hash is theirs is for the caller to check. */
export function decodeMaskedInput(frame: Uint8Array, { ring, vectorLength, rosterSize }: SumShape & { readonly rosterSize: number }): Result<MaskedInput> {
  const reader = createByteReader(frame)
  const cohort = readHeader(reader, 'input')
  const id = reader.u16()
  if (id >= rosterSize) reader.refuse('input of nobody in the roster')
  if (reader.u32() !== vectorLength || reader.u8() !== ring) reader.refuse('not the words that the manifest asks for', 'SHOAL_ERR_SHAPE')
  reader.zeros(3)
  const words = reader.words(ring, vectorLength)
  return reader.finish({ cohort, id, words, hash: reader.bytes(HASH_BYTES), signature: reader.bytes(SIGNATURE_BYTES) })
}
