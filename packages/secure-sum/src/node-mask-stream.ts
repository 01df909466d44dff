import { createCipheriv } from 'node:crypto'
import { AES_CHUNK_BYTES, aesCounterOf, CHACHA_CHUNK_BYTES, chaChaSeedOf, createDirectMasks, type DirectMaskSuite } from './mask-stream.ts'
import type { Sodium } from './sodium.ts'

/** Suite 1 by Node's native AES. */
export function createNodeAesMasks(): DirectMaskSuite {
  const zeros = new Uint8Array(AES_CHUNK_BYTES)
  return createDirectMasks(
    1,
    AES_CHUNK_BYTES,
    ({ key, block }) =>
      (chunk, bytes) =>
        createCipheriv('aes-256-ctr', key, aesCounterOf(block, chunk)).update(zeros.subarray(0, bytes)),
  )
}

/** Suite 2 by Node's native ChaCha20; libsodium derives the seeds of the chunks. */
export function createNodeChaChaMasks(sodium: Sodium): DirectMaskSuite {
  const zeros = new Uint8Array(CHACHA_CHUNK_BYTES)
  return createDirectMasks(2, CHACHA_CHUNK_BYTES, (mask) => (chunk, bytes) => {
    const seed = chaChaSeedOf(sodium, mask, chunk)
    const stream = createCipheriv('chacha20', seed, DETERMINISTIC_START).update(zeros.subarray(0, bytes))
    sodium.memzero(seed)
    return stream
  })
}

/** OpenSSL's form of counter 0 and the nonce of libsodium's randombytes_buf_deterministic: u32 counter, then 12 bytes. */
const DETERMINISTIC_START = new Uint8Array([0, 0, 0, 0, ...new TextEncoder().encode('LibsodiumDRG')])
