import { createCipheriv } from 'node:crypto'
import { aesCounterOf, CHACHA_CHUNK_BYTES, chaChaSeedOf, createDirectMasks, type DirectMaskSuite } from './mask-stream.ts'
import type { Sodium } from './sodium.ts'

/** Smaller than in tabs: no call has to cross threads, and what comes out is still in the cache when it is added. Vectors that are cut at multiples of it cost no byte more. */
export const NODE_CHUNK_BYTES = CHACHA_CHUNK_BYTES

/** Suite 1 by Node's native AES. */
export function createNodeAesMasks(): DirectMaskSuite {
  const zeros = new Uint8Array(NODE_CHUNK_BYTES)
  return createDirectMasks(
    1,
    NODE_CHUNK_BYTES,
    ({ key, block }) =>
      (chunk, bytes) =>
        createCipheriv('aes-256-ctr', key, aesCounterOf(block, chunk * NODE_CHUNK_BYTES)).update(zeros.subarray(0, bytes)),
  )
}

/** Suite 2 by Node's native ChaCha20; libsodium derives the seeds of the chunks. */
export function createNodeChaChaMasks(sodium: Sodium): DirectMaskSuite {
  const zeros = new Uint8Array(NODE_CHUNK_BYTES)
  return createDirectMasks(2, NODE_CHUNK_BYTES, (mask) => (chunk, bytes) => {
    const seed = chaChaSeedOf(sodium, mask, chunk)
    const stream = createCipheriv('chacha20', seed, DETERMINISTIC_START).update(zeros.subarray(0, bytes))
    sodium.memzero(seed)
    return stream
  })
}

/** OpenSSL's form of counter 0 and the nonce of libsodium's randombytes_buf_deterministic: u32 counter, then 12 bytes. */
const DETERMINISTIC_START = new Uint8Array([0, 0, 0, 0, ...new TextEncoder().encode('LibsodiumDRG')])
