import fc from 'fast-check'
import sodium from 'libsodium-wrappers'
import { expect, test } from 'vitest'
import { createExchangeKeyPair, type ExchangeKeyPair, isPrivateKeyOf, maskSignOf, type Pair, pairKeyOf } from './pair-key.ts'

await sodium.ready
const { from_hex: fromHex, to_hex: toHex } = sodium
const T = new Uint8Array(32).fill(7)

/** RFC 7748, section 6.1. */
const alice: ExchangeKeyPair = {
  privateKey: fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
  publicKey: fromHex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'),
}
const bob: ExchangeKeyPair = {
  privateKey: fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'),
  publicKey: fromHex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'),
}
const ALICE = 300
const BOB = 5
const SECRET = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'

const fromAlice: Pair = { own: { id: ALICE, keyPair: alice }, peer: { id: BOB, publicKey: bob.publicKey }, transcript: T }
const fromBob: Pair = { own: { id: BOB, keyPair: bob }, peer: { id: ALICE, publicKey: alice.publicKey }, transcript: T }
const keyOf = (pair: Pair, purpose: 'masks' | 'shares' = 'masks'): string => {
  const key = pairKeyOf(sodium, purpose, pair)
  return key.ok ? toHex(key.value) : key.failure.code
}

test('[4.3] X25519: RFC 7748, section 6.1', () => {
  expect(toHex(sodium.crypto_scalarmult_base(alice.privateKey))).toBe(toHex(alice.publicKey))
  expect(toHex(sodium.crypto_scalarmult_base(bob.privateKey))).toBe(toHex(bob.publicKey))
  expect(toHex(sodium.crypto_scalarmult(alice.privateKey, bob.publicKey))).toBe(SECRET)
})

test('[4.3] BLAKE2b-512: RFC 7693, appendix A', () => {
  expect(toHex(sodium.crypto_generichash(64, 'abc', null))).toBe(
    'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
  )
})

test.each([
  ['masks', '0bc196a5918078ae9563d6d5d9ffffd6a8ca8e21b053c85e28dd61f7d2f68001'],
  ['shares', '47b56d0932bdb6e5a75fbae3a8bf7922b43c445558035c7b74c1fbc961c5fb96'],
] as const)(
  '[3.2] the key for %s is BLAKE2b under the X25519 secret over the domain, both ids, both public keys and T, the lower id first',
  (purpose, expected) => {
    // Python 3: hashlib.blake2b(domain + u32(5) + u32(300) + bob + alice + T, digest_size=32, key=secret), with the domains mask-pair and share-pair.
    expect(keyOf(fromAlice, purpose)).toBe(expected)
    expect(keyOf(fromBob, purpose)).toBe(expected)
  },
)

test('two clients get the same key from either side, whoever they are (seed 47)', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const ids = fc.uniqueArray(fc.nat(0xffff), { minLength: 2, maxLength: 2 })
  fc.assert(
    fc.property(ids, bytes, bytes, bytes, ([left, right], leftSeed, rightSeed, transcript) => {
      const [leftPair, rightPair] = [sodium.crypto_box_seed_keypair(leftSeed), sodium.crypto_box_seed_keypair(rightSeed)]
      const fromLeft = keyOf({ own: { id: left!, keyPair: leftPair }, peer: { id: right!, publicKey: rightPair.publicKey }, transcript })
      expect(fromLeft).toMatch(/^[0-9a-f]{64}$/)
      expect(keyOf({ own: { id: right!, keyPair: rightPair }, peer: { id: left!, publicKey: leftPair.publicKey }, transcript })).toBe(fromLeft)
    }),
    { seed: 47, numRuns: 30 },
  )
})

test('key pairs are new each time, and fit together', () => {
  const pairs = Array.from({ length: 10 }, () => createExchangeKeyPair(sodium))
  expect(new Set(pairs.map(({ publicKey }) => toHex(publicKey))).size).toBe(10)
  for (const { publicKey, privateKey } of pairs) expect(sodium.crypto_scalarmult_base(privateKey)).toEqual(publicKey)
})

test('[3.2] another transcript, id, key or purpose gives another key', () => {
  const otherT = T.slice()
  otherT[31] = 8
  const { publicKey } = createExchangeKeyPair(sodium)
  const keys = [
    keyOf(fromAlice),
    keyOf(fromAlice, 'shares'),
    keyOf({ ...fromAlice, transcript: otherT }),
    keyOf({ ...fromAlice, own: { id: ALICE + 1, keyPair: alice } }),
    keyOf({ ...fromAlice, peer: { id: BOB + 1, publicKey: bob.publicKey } }),
    keyOf({ ...fromAlice, peer: { id: BOB, publicKey } }),
    // The same secret with another public key beside it: X25519 ignores the top bit, the hash does not.
    keyOf({ ...fromAlice, peer: { id: BOB, publicKey: bob.publicKey.map((byte, index) => (index === 31 ? byte ^ 0x80 : byte)) } }),
    keyOf({ ...fromAlice, own: { id: BOB, keyPair: alice }, peer: { id: ALICE, publicKey: bob.publicKey } }),
  ]
  expect(new Set(keys).size).toBe(keys.length)
})

test.each([
  ['0', '0000000000000000000000000000000000000000000000000000000000000000'],
  ['1', '0100000000000000000000000000000000000000000000000000000000000000'],
  ['of order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
  ['of order 8, the other', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
  ['p - 1', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['p + 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
])('[3.2] a peer whose point is %s is refused: its secret is zero with everybody', (_name, point) => {
  expect(pairKeyOf(sodium, 'masks', { ...fromAlice, peer: { id: BOB, publicKey: fromHex(point) } })).toEqual({
    ok: false,
    failure: { code: 'SHOAL_ERR_PEER_KEY', detail: 'client 5' },
  })
})

test('a public key of another length is refused, and a pair with itself is a mistake', () => {
  for (const length of [0, 31, 33]) expect(keyOf({ ...fromAlice, peer: { id: BOB, publicKey: new Uint8Array(length).fill(9) } })).toBe('SHOAL_ERR_PEER_KEY')
  expect(() => keyOf({ ...fromAlice, peer: { id: ALICE, publicKey: bob.publicKey } })).toThrow(RangeError)
})

test('the lower id adds, the higher takes away', () => {
  expect([maskSignOf(3, 4), maskSignOf(4, 3), maskSignOf(0, 65_535), maskSignOf(10, 9)]).toEqual([1, -1, 1, -1])
})

test('a private key is told by its public key, but for the five bits that X25519 ignores', () => {
  const isAlices = isPrivateKeyOf(sodium, alice.publicKey)
  expect(isAlices(alice.privateKey)).toBe(true)
  expect(isAlices(bob.privateKey)).toBe(false)
  const passing = Array.from({ length: 256 }, (_, bit) => alice.privateKey.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)))
    .map((changed, bit) => (isAlices(changed) ? bit : -1))
    .filter((bit) => bit >= 0)
  expect(passing).toEqual([0, 1, 2, 254, 255])
  expect(isPrivateKeyOf(sodium, alice.publicKey.subarray(1))(alice.privateKey)).toBe(false)
})
