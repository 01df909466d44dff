/** BLAKE2b as RFC 7693 has it, with the salt and personalisation of its parameter block, which libsodium's crypto_kdf uses. Slow and plain: it is here to be compared with. */

const MASK = (1n << 64n) - 1n
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
]
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
]
const COLUMNS_AND_DIAGONALS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
]
const rotateRight = (word, bits) => ((word >> bits) | (word << (64n - bits))) & MASK

function compress(state, block, length, isLast) {
  const words = Array.from({ length: 16 }, (_, index) => block.readBigUInt64LE(8 * index))
  const v = [...state, ...IV]
  v[12] ^= BigInt(length)
  if (isLast) v[14] ^= MASK
  for (let round = 0; round < 12; round += 1) {
    const order = SIGMA[round % 10]
    for (const [index, [a, b, c, d]] of COLUMNS_AND_DIAGONALS.entries()) {
      v[a] = (v[a] + v[b] + words[order[2 * index]]) & MASK
      v[d] = rotateRight(v[d] ^ v[a], 32n)
      v[c] = (v[c] + v[d]) & MASK
      v[b] = rotateRight(v[b] ^ v[c], 24n)
      v[a] = (v[a] + v[b] + words[order[2 * index + 1]]) & MASK
      v[d] = rotateRight(v[d] ^ v[a], 16n)
      v[c] = (v[c] + v[d]) & MASK
      v[b] = rotateRight(v[b] ^ v[c], 63n)
    }
  }
  return state.map((word, index) => word ^ v[index] ^ v[index + 8])
}

/** 32 bytes. */
export function blake2b(message, { key = Buffer.alloc(0), salt = Buffer.alloc(16), personal = Buffer.alloc(16) } = {}) {
  const parameters = Buffer.concat([Buffer.of(32, key.length, 1, 1), Buffer.alloc(28), salt, personal])
  let state = IV.map((word, index) => word ^ parameters.readBigUInt64LE(8 * index))
  const keyBlock = key.length > 0 ? Buffer.concat([key, Buffer.alloc(128 - key.length)]) : Buffer.alloc(0)
  const input = Buffer.concat([keyBlock, message])
  let offset = 0
  for (; input.length - offset > 128; offset += 128) state = compress(state, input.subarray(offset, offset + 128), offset + 128, false)
  const last = Buffer.alloc(128)
  input.copy(last, 0, offset)
  state = compress(state, last, input.length, true)
  const digest = Buffer.alloc(64)
  for (const [index, word] of state.entries()) digest.writeBigUInt64LE(word, 8 * index)
  return digest.subarray(0, 32)
}
