import { createCipheriv, webcrypto } from 'node:crypto'
import { emptyRingVector, type RingBits, type RingVector } from '@shoal/numeric'
import fc from 'fast-check'
import sodium from 'libsodium-wrappers'
import { expect, test } from 'vitest'
import { createAesMasks, createChaChaMasks, type Mask, type MaskSuite } from './mask-stream.ts'
import { createNodeAesMasks, createNodeChaChaMasks } from './node-mask-stream.ts'

await sodium.ready
const SUITES: readonly [string, MaskSuite][] = [
  ['suite 1, WebCrypto', createAesMasks(webcrypto.subtle as SubtleCrypto)],
  ['suite 1, Node', createNodeAesMasks()],
  ['suite 2, libsodium', createChaChaMasks(sodium)],
  ['suite 2, Node', createNodeChaChaMasks(sodium)],
]
const RINGS: readonly RingBits[] = [16, 32]
const EACH = SUITES.flatMap(([name, suite]) => RINGS.map((bits) => [name, bits, suite] as const))
const KEY = Uint8Array.from({ length: 32 }, (_, index) => index)
const OTHER_KEY = Uint8Array.from(KEY, (byte) => byte ^ (byte === 31 ? 1 : 0))
/** In 32-bit words: more than one chunk of suite 1 and several of suite 2. */
const LENGTH = 70_000

const maskOf = async (suite: MaskSuite, bits: RingBits, length: number, mask: Partial<Mask> = {}): Promise<RingVector> => {
  const words = emptyRingVector(bits, length)
  await suite.apply(words, { key: KEY, block: 0, sign: 1, ...mask })
  return words
}
const bytesOf = ({ buffer, byteOffset, byteLength }: RingVector): Buffer => Buffer.from(buffer, byteOffset, byteLength)
const fromHex = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'hex'))

/** NIST SP 800-38A, F.5.5, CTR-AES256.Encrypt, all four blocks. */
const nist = {
  key: fromHex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4'),
  counter: fromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'),
  plaintext: fromHex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710'),
  ciphertext: '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6',
}

test('[4.3] AES-256-CTR of both platforms: NIST SP 800-38A, F.5.5', async () => {
  const key = await webcrypto.subtle.importKey('raw', nist.key, 'AES-CTR', false, ['encrypt'])
  const sealed = await webcrypto.subtle.encrypt({ name: 'AES-CTR', counter: nist.counter, length: 64 }, key, nist.plaintext)
  expect(Buffer.from(sealed).toString('hex')).toBe(nist.ciphertext)
  expect(createCipheriv('aes-256-ctr', nist.key, nist.counter).update(nist.plaintext).toString('hex')).toBe(nist.ciphertext)
})

test("[4.3] libsodium's deterministic bytes: test/default/randombytes.exp, by libsodium and as ChaCha20 of Node", () => {
  const expected =
    '0d8e6cc68715648926732e7ea73250cfaf2d58422083904c841a8ba33b986111f346ba50723a68ae283524a6bded09f83be6b80595856f72' +
    'e25b86918e8b114bafb94bc8abedd73daab454576b7c5833eb0bf982a1bb4587a5c970ff0810ca3b791d7e12'
  expect(sodium.to_hex(sodium.randombytes_buf_deterministic(100, KEY))).toBe(expected)
  const start = Buffer.concat([Buffer.alloc(4), Buffer.from('LibsodiumDRG')])
  expect(createCipheriv('chacha20', KEY, start).update(Buffer.alloc(100)).toString('hex')).toBe(expected)
})

test('[4.3] ChaCha20 of Node: RFC 8439, section 2.4.2', () => {
  const text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
  const start = fromHex('01000000000000000000004a00000000')
  expect(createCipheriv('chacha20', KEY, start).update(text).toString('hex')).toBe(
    '6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b3571639d624e65152ab' +
      '8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eedf2785e42874d',
  )
})

test('[4.1] suite 1 is AES of the blocks u64 block, u64 counter, both big-endian, also past a chunk', async () => {
  const words = await maskOf(createNodeAesMasks(), 32, LENGTH, { block: 258 })
  const counters = Buffer.alloc(LENGTH * 4)
  for (let counter = 0; counter < counters.length / 16; counter += 1) {
    counters.writeBigUInt64BE(258n, counter * 16)
    counters.writeBigUInt64BE(BigInt(counter), counter * 16 + 8)
  }
  const expected = createCipheriv('aes-256-ecb', KEY, null).setAutoPadding(false).update(counters)
  expect(bytesOf(words).equals(expected)).toBe(true)
})

test('[4.1] suite 2 is ChaCha20 under seeds by crypto_kdf, one for each block and 64 KiB', async () => {
  // Python 3: seed = blake2b(b'', digest_size=32, key=key, salt=number.to_bytes(16, 'little'), person=context + 8 zero bytes), first with 258 and 'shoalblk', then with 0 or 1 and 'shoalchk'.
  const seeds = ['20b165d6538318639fe7139e24c1bf34f26803f5bed126d328db02725c302a4e', 'e6b433fa110675d606ae76a032df60025977266758d7bdf7dc5398ede8a81e44'].map(
    fromHex,
  )
  const words = await maskOf(createChaChaMasks(sodium), 32, LENGTH, { block: 258 })
  const start = Buffer.concat([Buffer.alloc(4), Buffer.from('LibsodiumDRG')])
  for (const [chunk, seed] of seeds.entries()) {
    const expected = createCipheriv('chacha20', seed, start).update(Buffer.alloc(65_536))
    expect(
      bytesOf(words)
        .subarray(chunk * 65_536, (chunk + 1) * 65_536)
        .equals(expected),
    ).toBe(true)
  }
})

test.each([
  [1, '90f2 b600 492a d09f', 'b60090f2 d09f492a 6a9af3a9 80772edd'],
  [2, '347a 9d7e d6c0 6398', '9d7e347a 6398d6c0 3e52b820 a5b7ec'],
])('our own vector: the first words of suite %i for key 00 01 .. 1f, block 0', async (id, short, long) => {
  for (const [, suite] of SUITES.filter(([, suite]) => suite.id === id)) {
    expect([...(await maskOf(suite, 16, 4))].map((word) => word.toString(16)).join(' ')).toBe(short)
    expect([...(await maskOf(suite, 32, 4))].map((word) => word.toString(16)).join(' ')).toBe(long)
  }
})

test.each(RINGS)('[5.1.2] tab and Node give the same words, over several chunks (ring %i)', async (bits) => {
  for (const id of [1, 2]) {
    const [first, second] = await Promise.all(SUITES.filter(([, suite]) => suite.id === id).map(([, suite]) => maskOf(suite, bits, LENGTH, { block: 7 })))
    expect(bytesOf(first!).equals(bytesOf(second!))).toBe(true)
  }
})

test.each(EACH)('[5.1.2] a mask put on piece by piece is the same mask: %s, ring %i (seed 41)', async (_name, bits, suite) => {
  const whole = await maskOf(suite, bits, 140_000)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 3 }), async (cuts) => {
      const pieces = emptyRingVector(bits, whole.length)
      const edges = [0, ...cuts.sort((left, right) => left - right), whole.length]
      for (const [index, start] of edges.slice(0, -1).entries())
        await suite.apply(pieces.subarray(start, edges[index + 1]), { key: KEY, block: 0, sign: 1, firstWord: start })
      expect(bytesOf(pieces).equals(bytesOf(whole))).toBe(true)
    }),
    { seed: 41, numRuns: 8 },
  )
})

test.each(EACH)('added and taken away, a mask leaves what was there: %s, ring %i', async (_name, bits, suite) => {
  const words = emptyRingVector(bits, 1000)
  for (const index of words.keys()) words[index] = index * 2_654_435
  const before = words.slice()
  await suite.apply(words, { key: KEY, block: 3, sign: 1 })
  expect(words).not.toEqual(before)
  await suite.apply(words, { key: KEY, block: 3, sign: -1 })
  expect(words).toEqual(before)
})

test.each(EACH)('another key, block or chunk gives other words: %s, ring %i', async (_name, bits, suite) => {
  const masks = [{}, { key: OTHER_KEY }, { block: 1 }, { block: 65_535 }, { firstWord: 131_072 }, { firstWord: 2 ** 33 }]
  const words = await Promise.all(masks.map((mask) => maskOf(suite, bits, 64, mask)))
  expect(new Set(words.map((mask) => bytesOf(mask).toString('hex'))).size).toBe(masks.length)
})

test.each(EACH)('[5.2] a vector of zeros under a mask is uniform: chi-square of its bytes within [170, 350]: %s, ring %i', async (_name, bits, suite) => {
  const bytes = bytesOf(await maskOf(suite, bits, LENGTH))
  const counts = new Float64Array(256)
  for (const byte of bytes) counts[byte] += 1
  const expected = bytes.length / 256
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  expect(chiSquare).toBeGreaterThan(170)
  expect(chiSquare).toBeLessThan(350)
})

test.each(SUITES)('what is no mask is refused, and the vector stays as it was: %s', async (_name, suite) => {
  const wrong = [
    { key: KEY.subarray(0, 16) },
    { key: new Uint8Array(33) },
    { block: -1 },
    { block: 65_536 },
    { block: 0.5 },
    { firstWord: -1 },
    { firstWord: 1.5 },
  ]
  for (const mask of wrong) {
    const words = new Uint32Array(4)
    await expect(suite.apply(words, { key: KEY, block: 0, sign: 1, ...mask })).rejects.toThrow(RangeError)
    expect(words).toEqual(new Uint32Array(4))
  }
})

test('an empty vector takes a mask', async () => {
  for (const [, suite] of SUITES) expect(await maskOf(suite, 16, 0)).toEqual(new Uint16Array(0))
})
