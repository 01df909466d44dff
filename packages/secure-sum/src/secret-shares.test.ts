import fc from 'fast-check'
import sodium from 'libsodium-wrappers'
import { expect, test } from 'vitest'
import { opensCommitment, seedCommitmentOf } from './mask-seed.ts'
import { createExchangeKeyPair, isPrivateKeyOf } from './pair-key.ts'
import { combineShares, type HeldShare, SHARE_BYTES, splitSecret } from './secret-shares.ts'

await sodium.ready

/* The oracle: GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (0x11b) by shift and add, the polynomial and Lagrange's formula as written. */
function times(left: number, right: number): number {
  let product = 0
  for (let bit = 0; bit < 8; bit += 1) if ((right >> bit) & 1) product ^= left << bit
  for (let bit = 14; bit >= 8; bit -= 1) if ((product >> bit) & 1) product ^= 0x11b << (bit - 8)
  return product
}
const INVERSES = Array.from({ length: 256 }, (_, value) => Array.from({ length: 256 }).findIndex((_, other) => times(value, other) === 1))
/** The share at `x` of the polynomials whose coefficients, for each byte, are that byte of each row. */
const shareAt = (x: number, rows: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from({ length: SHARE_BYTES }, (_, byte) => (byte === 32 ? x : rows.reduceRight((value, row) => times(value, x) ^ row[byte]!, 0)))
/** How much each share counts in the value at zero. */
const weightsOf = (shares: readonly Uint8Array[]): number[] =>
  shares.map((share) =>
    shares.filter((other) => other !== share).reduce((weight, other) => times(weight, times(other[32]!, INVERSES[other[32]! ^ share[32]!]!)), 1),
  )
function secretOf(shares: readonly Uint8Array[]): Uint8Array {
  const weights = weightsOf(shares)
  return Uint8Array.from({ length: 32 }, (_, byte) => shares.reduce((sum, share, index) => sum ^ times(weights[index]!, share[byte]!), 0))
}

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1)
const place = { federation: new Uint8Array(16), epoch: 0, round: 1, cohort: 0, purpose: 'update', identityKey: new Uint8Array(32).fill(9) } as const
const isRight = opensCommitment(sodium, place, seedCommitmentOf(sodium, place, SECRET))
const heldBy = (shares: readonly Uint8Array[]): HeldShare[] => shares.map((share, index) => ({ holder: 100 + index, share }))
const changed = ({ holder, share }: HeldShare, byte = 5): HeldShare => ({ holder, share: share.map((value, index) => (index === byte ? value ^ 0x40 : value)) })
const sizes = fc.integer({ min: 3, max: 40 }).chain((count) => fc.record({ count: fc.constant(count), threshold: fc.integer({ min: 2, max: count }) }))

test('the oracle is the field of AES: FIPS 197, section 4.2', () => {
  expect(times(0x57, 0x83)).toBe(0xc1)
  expect(times(0x57, 0x13)).toBe(0xfe)
  expect(INVERSES[0x53]).toBe(0xca)
})

test('[4.3] fixed polynomials: shares of the oracle combine to their secret', async () => {
  const rows = [SECRET, ...[0x11, 0xc3, 0xfe].map((start) => Uint8Array.from({ length: 32 }, (_, index) => (start * (index + 3)) & 0xff))]
  const shares = [1, 2, 128, 254, 255].map((x) => shareAt(x, rows))
  expect(sodium.to_hex(shares[2]!)).toBe('2c8fcadd79a09058e5367317a3f1a0d33d78969b76c6681eb6d60df76a1c1cbc80')
  expect(await combineShares(heldBy(shares.slice(1)), { threshold: 4, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [] } })
})

test('[4.3] what is split is split right: any threshold of the shares give the secret to the oracle, at 33 bytes and coordinates of their own (seed 43)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), sizes, fc.nat(), async (secret, { count, threshold }, turn) => {
      const shares = await splitSecret(secret, { count, threshold })
      expect(shares.map((share) => share.length)).toEqual(new Array(count).fill(SHARE_BYTES))
      expect(new Set(shares.map((share) => share[32])).size).toBe(count)
      const some = Array.from({ length: threshold }, (_, index) => shares[(turn + index) % count]!)
      expect(secretOf(some)).toEqual(secret)
      expect(secretOf(some.slice(1))).not.toEqual(secret)
    }),
    { seed: 43, numRuns: 15 },
  )
})

test('[3.3] any shares from the threshold up combine, in any order; one below is refused (seed 44)', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), async ({ count, threshold }, extra, turn) => {
      const held = heldBy(await splitSecret(SECRET, { count, threshold }))
      const given = Array.from({ length: threshold + (extra % (count - threshold + 1)) }, (_, index) => held[(turn + index) % count]!)
      expect(await combineShares(given, { threshold, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [] } })
      const fewer = await combineShares(held.slice(0, threshold - 1), { threshold, isRight })
      expect(fewer).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_TOO_FEW_SHARES', detail: `${threshold - 1} of ${threshold}` } })
    }),
    { seed: 44, numRuns: 30 },
  )
})

test('[5.2] one changed share, in its values or its coordinate, is named and the secret comes out all the same (seed 45)', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(32), async ({ count, threshold }, who, byte) => {
      fc.pre(count > threshold)
      const held = heldBy(await splitSecret(SECRET, { count, threshold }))
      const liar = who % count
      held[liar] = changed(held[liar]!, byte)
      expect(await combineShares(held, { threshold, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [100 + liar] } })
    }),
    { seed: 45, numRuns: 30 },
  )
})

test('[5.2] two changed shares are both named, with a margin of three or more (seed 46)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 22 }), fc.integer({ min: 3, max: 10 }), fc.nat(), fc.nat(), async (threshold, margin, who, gap) => {
      const held = heldBy(await splitSecret(SECRET, { count: threshold + margin, threshold }))
      const first = who % (held.length - 1)
      const liars = [first, first + 1 + (gap % (held.length - 1 - first))]
      for (const [index, liar] of liars.entries()) held[liar] = changed(held[liar]!, index) // different bytes, which can not cancel out by chance
      expect(await combineShares(held, { threshold, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: liars.map((liar) => 100 + liar) } })
    }),
    { seed: 46, numRuns: 25 },
  )
})

/** Two changes that cancel out in the sum over all shares but the honest first one. */
function conspire(held: HeldShare[], liars: readonly number[]): void {
  const weights = weightsOf(held.slice(1).map(({ share }) => share))
  for (const liar of liars)
    held[liar] = { ...held[liar]!, share: held[liar]!.share.map((value, byte) => value ^ (byte === 0 ? INVERSES[weights[liar - 1]!]! : 0)) }
}

test('[5.2] two holders whose changes cancel out without an honest third do not get that one named', async () => {
  const held = heldBy(await splitSecret(SECRET, { count: 9, threshold: 6 }))
  conspire(held, [2, 8])
  expect(secretOf(held.slice(1).map(({ share }) => share))).toEqual(SECRET)
  expect(await combineShares(held, { threshold: 6, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [102, 108] } })
})

test('the boundary: with one share to spare, two who knew all coordinates would get an honest third named; the secret is right all the same', async () => {
  const held = heldBy(await splitSecret(SECRET, { count: 7, threshold: 6 }))
  conspire(held, [2, 6])
  expect(await combineShares(held, { threshold: 6, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [100] } })
})

test('two changed shares of two to spare: the secret comes out, and nobody is named, for others might explain it too', async () => {
  const held = heldBy(await splitSecret(SECRET, { count: 8, threshold: 6 }))
  for (const liar of [1, 5]) held[liar] = changed(held[liar]!, liar)
  expect(await combineShares(held, { threshold: 6, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [] } })
})

test('[5.2] a changed share among exactly the threshold spoils the secret and names nobody', async () => {
  const held = heldBy(await splitSecret(SECRET, { count: 8, threshold: 6 })).slice(0, 6)
  held[2] = changed(held[2]!)
  expect(await combineShares(held, { threshold: 6, isRight })).toEqual({
    ok: false,
    failure: { code: 'SHOAL_ERR_WRONG_SHARES', detail: '6 shares, threshold 6' },
  })
})

test('the search for wrong shares ends: shares of another secret are tried without one and without two, and no more', async () => {
  const held = heldBy(await splitSecret(SECRET, { count: 34, threshold: 5 }))
  let tries = 0
  const combined = await combineShares(held, {
    threshold: 5,
    isRight: () => {
      tries += 1
      return false
    },
  })
  expect(combined.ok).toBe(false)
  expect(tries).toBe(1 + 34 + (34 * 33) / 2)
})

test('a share without the form of one is named without a search, and does not count', async () => {
  const held = heldBy(await splitSecret(SECRET, { count: 6, threshold: 4 }))
  held[0] = { holder: 100, share: new Uint8Array(32) }
  held[5] = { holder: 105, share: held[5]!.share.map((value, index) => (index === 32 ? 0 : value)) }
  expect(await combineShares(held, { threshold: 4, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [100, 105] } })
  held[1] = { holder: 101, share: new Uint8Array(0) }
  expect(await combineShares(held, { threshold: 4, isRight })).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_TOO_FEW_SHARES', detail: '3 of 4' } })
})

test('[5.2] a holder that takes the coordinate of another is named; of two equal shares neither', async () => {
  const held = heldBy(await splitSecret(SECRET, { count: 6, threshold: 4 }))
  const forged = [...held]
  forged[4] = { holder: 104, share: held[4]!.share.map((value, index) => (index === 32 ? held[1]!.share[32]! : value)) }
  expect(await combineShares(forged, { threshold: 4, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [104] } })
  const copied = [...held.slice(0, 4), { holder: 104, share: held[1]!.share.slice() }]
  expect(await combineShares(copied, { threshold: 4, isRight })).toEqual({ ok: true, value: { secret: SECRET, wrong: [] } })
})

test('[3.3] a private key is combined against its public key', async () => {
  const { publicKey, privateKey } = createExchangeKeyPair(sodium)
  const held = heldBy(await splitSecret(privateKey, { count: 16, threshold: 11 }))
  held[7] = changed(held[7]!)
  const combined = await combineShares(held.slice(0, 13), { threshold: 11, isRight: isPrivateKeyOf(sodium, publicKey) })
  expect(combined).toEqual({ ok: true, value: { secret: privateKey, wrong: [107] } })
})

test('fewer shares than the threshold say nothing: one of two, over all 256 coefficients, takes every value', () => {
  const seen = new Set(Array.from({ length: 256 }, (_, coefficient) => shareAt(77, [SECRET, new Uint8Array(32).fill(coefficient)])[0]))
  expect(seen.size).toBe(256)
})

test('a secret of another length and numbers that make no sense are mistakes of the caller', async () => {
  await expect(splitSecret(new Uint8Array(31), { count: 3, threshold: 2 })).rejects.toThrow(RangeError)
  for (const [count, threshold] of [
    [256, 2],
    [3, 1],
    [3, 4],
    [1, 1],
  ] as const)
    await expect(splitSecret(SECRET, { count, threshold })).rejects.toThrow()
})
