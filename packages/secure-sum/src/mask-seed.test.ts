import sodium from 'libsodium-wrappers'
import { expect, test } from 'vitest'
import { createMaskSeed, opensCommitment, type SeedPlace, seedCommitmentOf } from './mask-seed.ts'

await sodium.ready
const FEDERATION = new Uint8Array(16).fill(0xfe)
const IDENTITY = new Uint8Array(32).fill(0x1d)
const place: SeedPlace = { federation: FEDERATION, epoch: 7, round: 4, cohort: 2, purpose: 'update', identityKey: IDENTITY }
const SEED = Uint8Array.from({ length: 32 }, (_, index) => index)

test('[3.2] the commitment is BLAKE2b-256 over the domain, federation, epoch, round, cohort, purpose, identity and seed', () => {
  // Python 3: hashlib.blake2b(b'shoal/mask-seed/v1\0' + bytes([0xfe] * 16) + u32(7) + u32(4) + u32(2) + u32(1) + bytes([0x1d] * 32) + bytes(range(32)), digest_size=32)
  expect(sodium.to_hex(seedCommitmentOf(sodium, place, SEED))).toBe('d9c5fa4f879affdd481313f1615e1c7138396ff35bdbe9fabe11ead5bd931c84')
})

test('[3.2] a commitment opens with its seed at its place and with nothing else', () => {
  const commitment = seedCommitmentOf(sodium, place, SEED)
  expect(opensCommitment(sodium, place, commitment)(SEED)).toBe(true)
  const places: readonly SeedPlace[] = [
    { ...place, federation: FEDERATION.map((byte) => byte + 1) },
    { ...place, round: 5 },
    { ...place, cohort: 3 },
    { ...place, epoch: 8 },
    { ...place, purpose: 'count' },
    { ...place, identityKey: IDENTITY.map((byte) => byte + 1) },
    { ...place, round: 2, cohort: 4 },
  ]
  for (const other of places) expect(opensCommitment(sodium, other, commitment)(SEED)).toBe(false)
  for (let bit = 0; bit < 256; bit += 1) {
    const changed = SEED.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
    expect(opensCommitment(sodium, place, commitment)(changed)).toBe(false)
  }
  expect(opensCommitment(sodium, place, commitment.subarray(1))(SEED)).toBe(false)
})

test('seeds are 32 bytes and new each time', () => {
  const seeds = Array.from({ length: 20 }, () => sodium.to_hex(createMaskSeed(sodium)))
  expect(new Set(seeds).size).toBe(20)
  for (const seed of seeds) expect(seed).toHaveLength(64)
})

test('a federation, an identity or a seed of another length is a mistake of the caller', () => {
  expect(() => seedCommitmentOf(sodium, { ...place, federation: new Uint8Array(15) }, SEED)).toThrow(RangeError)
  expect(() => seedCommitmentOf(sodium, { ...place, identityKey: IDENTITY.subarray(1) }, SEED)).toThrow(RangeError)
  expect(() => seedCommitmentOf(sodium, place, SEED.subarray(1))).toThrow(RangeError)
})
