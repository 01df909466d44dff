import { addInto, type RingVector, subtractFrom } from '@shoal/numeric'
import type { Result } from '@shoal/protocol'
import type { Sodium } from './sodium.ts'

/*
 * Masks: from a secret of 32 bytes, as many words as a vector has, uniform to whoever lacks the secret (privacy.md 4.1). A mask has one stream of bytes for each block of the sum, read as
 * little-endian words of the ring, so a 16-bit ring takes half the bytes. Streams are made in chunks and added straight into the vector: memory is the vector and one chunk.
 *
 * Suite 1: AES-256-CTR (NIST SP 800-38A). Counter block = u64 block of the sum, u64 counter of 16-byte blocks within it, both big-endian as CTR counts. Chunks, of any size, of 256 KiB in
 * tabs: in one call over the whole vector WebCrypto falls to a tenth of its speed.
 * Suite 2: ChaCha20 (RFC 8439) as libsodium's randombytes_buf_deterministic, which can not seek: each chunk of 64 KiB has a seed of its own,
 * crypto_kdf(crypto_kdf(key, block, 'shoalblk'), chunk, 'shoalchk').
 */
export type MaskSuiteId = 1 | 2

/** A stretch of one mask, and whether it is added or taken away. */
export interface Mask {
  /** 32 bytes: the key of a pair, or the seed of a client's own mask. */
  readonly key: Uint8Array
  /** Block of the sum, 0 to 65,535. */
  readonly block: number
  readonly sign: 1 | -1
  /** The mask's word that meets the vector's first; 0 unless a vector is masked piece by piece. */
  readonly firstWord?: number
}

/** One suite on one platform. All platforms give the same words for the same mask. */
export interface MaskSuite {
  readonly id: MaskSuiteId
  /** `target` += `sign` x mask, modulo the ring. Until it resolves, part of the vector is bare. @throws RangeError if the mask is none */
  apply(target: RingVector, mask: Mask): Promise<void>
  /** The same for many masks, where the platform does that faster than one by one. After a failure the vector holds nothing of use. */
  applyAll?(target: RingVector, masks: readonly Omit<Mask, 'firstWord'>[]): Promise<Result<true>>
}

/** A suite that needs no promise. */
export interface DirectMaskSuite extends MaskSuite {
  applyNow(target: RingVector, mask: Mask): void
}

/** The first `bytes` bytes of a chunk of one stream, aligned to four bytes. */
export type ChunkSource = (chunk: number, bytes: number) => Uint8Array

const AES_CHUNK_BYTES = 262_144
export const CHACHA_CHUNK_BYTES = 65_536
const AES_BLOCK_BYTES = 16
const KEY_BYTES = 32
const MAX_BLOCK = 0xffff

/** Suite 1 in tabs; `subtle` exists in secure contexts only. */
export function createAesMasks(subtle: SubtleCrypto): MaskSuite {
  const zeros = new Uint8Array(AES_CHUNK_BYTES)
  return {
    id: 1,
    apply: async (target, mask) => {
      checkMask(mask)
      const key = await subtle.importKey('raw', mask.key as Uint8Array<ArrayBuffer>, 'AES-CTR', false, ['encrypt'])
      for (const { chunk, bytes, skip, words } of stretchesOf(target, mask, AES_CHUNK_BYTES)) {
        const counter = aesCounterOf(mask.block, chunk * AES_CHUNK_BYTES)
        const stream = await subtle.encrypt({ name: 'AES-CTR', counter, length: 64 }, key, zeros.subarray(0, bytes))
        applyBytes(words, new Uint8Array(stream), skip, mask.sign)
      }
    },
  }
}

/** Suite 2 wherever libsodium runs. */
export const createChaChaMasks = (sodium: Sodium): DirectMaskSuite =>
  createDirectMasks(2, CHACHA_CHUNK_BYTES, (mask) => (chunk, bytes) => {
    const seed = chaChaSeedOf(sodium, mask, chunk)
    const stream = sodium.randombytes_buf_deterministic(bytes, seed)
    sodium.memzero(seed)
    return stream
  })

/** A suite of chunks that are made at once. */
export function createDirectMasks(id: MaskSuiteId, chunkBytes: number, open: (mask: Mask) => ChunkSource): DirectMaskSuite {
  const applyNow = (target: RingVector, mask: Mask): void => {
    checkMask(mask)
    const source = open(mask)
    for (const { chunk, bytes, skip, words } of stretchesOf(target, mask, chunkBytes)) applyBytes(words, source(chunk, bytes), skip, mask.sign)
  }
  return { id, applyNow, apply: async (target, mask) => applyNow(target, mask) }
}

/** The counter block of the byte at `offset`, a multiple of 16, in a stream of suite 1; 16 bytes. */
export function aesCounterOf(block: number, offset: number): Uint8Array<ArrayBuffer> {
  const counter = new Uint8Array(AES_BLOCK_BYTES)
  const view = new DataView(counter.buffer)
  view.setBigUint64(0, BigInt(block))
  view.setBigUint64(8, BigInt(offset / AES_BLOCK_BYTES))
  return counter
}

/** The seed of one chunk of suite 2, 32 bytes. */
export function chaChaSeedOf(sodium: Sodium, { key, block }: Mask, chunk: number): Uint8Array {
  const blockKey = sodium.crypto_kdf_derive_from_key(KEY_BYTES, block, 'shoalblk', key)
  const seed = sodium.crypto_kdf_derive_from_key(KEY_BYTES, chunk, 'shoalchk', blockKey)
  sodium.memzero(blockKey)
  return seed
}

/** WebCrypto would take a key of 16 bytes for AES-128, and a number that is no block for another one. */
function checkMask({ key, block, firstWord = 0 }: Mask): void {
  if (key.length !== KEY_BYTES) throw new RangeError(`a mask's key of ${key.length} bytes`)
  if (!Number.isInteger(block) || block < 0 || block > MAX_BLOCK) throw new RangeError(`no block of a sum: ${block}`)
  if (!Number.isSafeInteger(firstWord) || firstWord < 0) throw new RangeError(`no word of a mask: ${firstWord}`)
}

/** The words of `target` that one chunk covers: of its first `bytes` bytes those after `skip` words. */
interface Stretch {
  readonly chunk: number
  readonly bytes: number
  readonly skip: number
  readonly words: RingVector
}

function* stretchesOf(target: RingVector, { firstWord = 0 }: Mask, chunkBytes: number): Generator<Stretch> {
  const chunkWords = chunkBytes / target.BYTES_PER_ELEMENT
  for (let start = 0; start < target.length; ) {
    const skip = (firstWord + start) % chunkWords
    const end = Math.min(start + chunkWords - skip, target.length)
    const bytes = (skip + end - start) * target.BYTES_PER_ELEMENT
    yield { chunk: Math.floor((firstWord + start) / chunkWords), bytes, skip, words: target.subarray(start, end) }
    start = end
  }
}

function applyBytes(words: RingVector, stream: Uint8Array, skip: number, sign: 1 | -1): void {
  const offset = stream.byteOffset + skip * words.BYTES_PER_ELEMENT
  const mask = words instanceof Uint16Array ? new Uint16Array(stream.buffer, offset, words.length) : new Uint32Array(stream.buffer, offset, words.length)
  if (sign === 1) addInto(words, mask)
  else subtractFrom(words, mask)
}
