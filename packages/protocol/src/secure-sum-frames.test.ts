import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Result } from './errors.ts'
import { decodeMaskedInput, encodeMaskedInput, type MaskedInput } from './secure-sum-input.ts'
import { decodeAdvertisement, decodeRoster, encodeAdvertisement, encodeRoster, type KeyAdvertisement, type SumRoster } from './secure-sum-keys.ts'
import { decodeManifest, encodeManifest, SUM_PURPOSES, type SumManifest } from './secure-sum-manifest.ts'
import { decodeSumResult, encodeSumResult, type SumResult } from './secure-sum-result.ts'
import { decodeShares, encodeShares, type ShareDelivery } from './secure-sum-shares.ts'
import { countIn, decodeProposal, encodeProposal, idsIn, idsOutside, rosterSetOf, type SurvivorProposal } from './secure-sum-survivors.ts'
import { decodeUnmasking, encodeUnmasking, type Revealed, type Unmasking } from './secure-sum-unmask.ts'

/** One legal frame, and what its receiver does with it or with any other bytes in its place. */
interface Sample {
  readonly value: unknown
  readonly frame: Uint8Array
  readonly decode: (bytes: Uint8Array) => Result<unknown>
  /** What a decoder made of bytes, written again; null where it refused them. */
  readonly again: (bytes: Uint8Array) => Uint8Array | null
}

const samplesOf = <T>(values: fc.Arbitrary<T>, encode: (value: T) => Uint8Array, decode: (bytes: Uint8Array, like: T) => Result<T>): fc.Arbitrary<Sample> =>
  values.map((value) => ({
    value,
    frame: encode(value),
    decode: (bytes) => decode(bytes, value),
    again: (bytes) => {
      const decoded = decode(bytes, value)
      return decoded.ok ? encode(decoded.value) : null
    },
  }))

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const u32 = fc.nat(0xffff_ffff)
const ring = fc.constantFrom(16 as const, 32 as const)
const rosterSize = fc.integer({ min: 1, max: 40 })
const positive = fc.float({ min: Math.fround(1e-30), max: Math.fround(1e30), noNaN: true })
const stageMs = fc.integer({ min: 1, max: 86_400_000 })
const idsBelow = (size: number) => fc.subarray(Array.from({ length: size }, (_, id) => id))
const rosterSets = rosterSize.chain((size) => idsBelow(size).map((ids) => rosterSetOf(ids, size)))
const wordsOf = (bits: 16 | 32, length: number) =>
  bits === 16 ? fc.uint16Array({ minLength: length, maxLength: length }) : fc.uint32Array({ minLength: length, maxLength: length })

const manifests: fc.Arbitrary<SumManifest> = fc.tuple(fc.integer({ min: 3, max: 255 }), ring).chain(([cohortSize, bits]) =>
  fc.record({
    suite: fc.constantFrom(1 as const, 2 as const),
    federation: bytes(16),
    epoch: u32,
    round: u32,
    cohort: u32,
    purpose: fc.constantFrom(...SUM_PURPOSES),
    policyHash: bytes(32),
    architectureHash: bytes(32),
    modelHashes: fc.array(bytes(32), { maxLength: 4 }),
    previousManifestHash: bytes(32),
    previousCertificateHash: bytes(32),
    cohortSize: fc.constant(cohortSize),
    threshold: fc.integer({ min: Math.floor(cohortSize / 2) + 1, max: cohortSize }),
    kMin: fc.integer({ min: 3, max: cohortSize }),
    kDiff: fc.integer({ min: 1, max: cohortSize }),
    ring: fc.constant(bits),
    valueBits: fc.integer({ min: 2, max: bits - Math.ceil(Math.log2(cohortSize)) - 2 }),
    clip: positive,
    range: positive,
    vectorLength: fc.integer({ min: 4096, max: 17_825_792 }),
    blocks: fc.integer({ min: 1, max: 4096 }),
    cluster: fc.nat(0xffff),
    advertiseMs: stageMs,
    shareMs: stageMs,
    inputMs: stageMs,
    unmaskMs: stageMs,
    signature: bytes(64),
  }),
)
const advertisementsOf = (cohort: fc.Arbitrary<number>): fc.Arbitrary<KeyAdvertisement> =>
  fc.record({
    cohort,
    identityKey: bytes(32),
    maskKey: bytes(32),
    shareKey: bytes(32),
    seedCommitment: bytes(32),
    nonceCommitment: bytes(32),
    signature: bytes(64),
  })
const rosters: fc.Arbitrary<SumRoster> = fc.tuple(u32, fc.integer({ min: 0, max: 5 })).chain(([cohort, size]) =>
  fc.record({
    cohort: fc.constant(cohort),
    // The number of the key in its first bytes, so that no two are the same.
    members: fc.array(advertisementsOf(fc.constant(cohort)), { minLength: size, maxLength: size }).map((members) =>
      members.map((member, id) => {
        const ownKey = (key: Uint8Array, kind: number) => Uint8Array.of(id, kind, ...key.subarray(2))
        return { ...member, identityKey: ownKey(member.identityKey, 0), maskKey: ownKey(member.maskKey, 1), shareKey: ownKey(member.shareKey, 2) }
      }),
    ),
    credentials: idsBelow(size).chain((ids) => fc.tuple(...ids.map((id) => fc.record({ id: fc.constant(id), expiresAtSeconds: u32, signature: bytes(64) })))),
  }),
)
const deliveries: fc.Arbitrary<ShareDelivery> = fc.record({
  direction: fc.constantFrom('out' as const, 'in' as const),
  cohort: u32,
  shares: idsBelow(6).chain((ids) => fc.tuple(...ids.map((peer) => fc.record({ peer: fc.constant(peer), sealed: bytes(106) })))),
})
const inputs: fc.Arbitrary<MaskedInput> = fc
  .tuple(ring, fc.integer({ min: 0, max: 40 }))
  .chain(([bits, length]) => fc.record({ cohort: u32, id: fc.nat(39), words: wordsOf(bits, length), hash: bytes(32), signature: bytes(64) }))
const proposals: fc.Arbitrary<SurvivorProposal> = fc.tuple(rosterSets, fc.boolean()).chain(([survivors, recomputable]) => {
  const hashes = recomputable ? countIn(survivors) : 0
  return fc.record({ cohort: u32, survivors: fc.constant(survivors), inputHashes: fc.array(bytes(32), { minLength: hashes, maxLength: hashes }) })
})
const revealedOf = (of: 'seed' | 'key'): fc.Arbitrary<Revealed> =>
  fc.oneof(fc.constant({ of: 'nothing' as const }), fc.record({ of: fc.constant(of), share: bytes(33) }))
const unmaskings = rosterSets.chain((survivors) => {
  const seeds = new Set(idsIn(survivors))
  const revealed = Array.from({ length: survivors.size }, (_, id) => revealedOf(seeds.has(id) ? 'seed' : 'key'))
  return fc.record({ survivors: fc.constant(survivors), cohort: u32, revealed: fc.tuple(...revealed), nonce: bytes(32), signature: bytes(64) })
})
/** With the words that the manifest asks for: of a hashed sum more than can be recomputed. */
const results = fc.tuple(rosterSets, ring, fc.integer({ min: 1, max: 8 }), fc.boolean()).chain(([survivors, bits, length, isOpen]) => {
  const words = wordsOf(bits, length)
  const openInput = fc.record({ words, hash: bytes(32), signature: bytes(64), seed: bytes(32) })
  const signatureOf = (id: number) => fc.record({ id: fc.constant(id), signature: bytes(64), nonce: bytes(32) })
  const keyOf = (id: number) => fc.record({ id: fc.constant(id), privateKey: bytes(32) })
  const open = fc.record({
    kind: fc.constant('open' as const),
    words,
    inputs: fc.array(openInput, { minLength: countIn(survivors), maxLength: countIn(survivors) }),
    dropped: fc.subarray(idsOutside(survivors)).chain((ids) => fc.tuple(...ids.map(keyOf))),
  })
  const result: fc.Arbitrary<SumResult> = fc.record({
    cohort: u32,
    survivors: fc.constant(survivors),
    certificate: fc.subarray(idsIn(survivors)).chain((ids) => fc.tuple(...ids.map(signatureOf))),
    sum: isOpen ? open : fc.record({ kind: fc.constant('hashed' as const), hash: bytes(32) }),
  })
  return result.map((value) => ({ ...value, shape: { ring: bits, vectorLength: isOpen ? length : 5000 } }))
})

const FRAMES: readonly (readonly [string, fc.Arbitrary<Sample>])[] = [
  ['manifest', samplesOf(manifests, encodeManifest, decodeManifest)],
  ['advertisement', samplesOf(advertisementsOf(u32), encodeAdvertisement, decodeAdvertisement)],
  ['roster', samplesOf(rosters, encodeRoster, decodeRoster)],
  ['shares', samplesOf(deliveries, encodeShares, (frame, { direction }) => decodeShares(frame, { direction, rosterSize: 6 }))],
  [
    'input',
    samplesOf(inputs, encodeMaskedInput, (frame, { words }) =>
      decodeMaskedInput(frame, { ring: words instanceof Uint16Array ? 16 : 32, vectorLength: words.length, rosterSize: 40 }),
    ),
  ],
  [
    'proposal',
    samplesOf(proposals, encodeProposal, (frame, { survivors, inputHashes }) =>
      decodeProposal(frame, { rosterSize: survivors.size, recomputable: inputHashes.length > 0 }),
    ),
  ],
  [
    'unmask',
    unmaskings.chain(({ survivors, ...unmasking }) =>
      samplesOf(fc.constant<Unmasking>(unmasking), encodeUnmasking, (frame) => decodeUnmasking(frame, survivors)),
    ),
  ],
  [
    'result',
    results.chain(({ shape, ...result }) =>
      samplesOf(fc.constant<SumResult>(result), encodeSumResult, (frame) =>
        decodeSumResult(frame, { ...shape, purpose: 'moment', rosterSize: result.survivors.size }),
      ),
    ),
  ],
]

const isRefusal = (decoded: Result<unknown>): boolean =>
  !decoded.ok && ['SHOAL_ERR_MALFORMED', 'SHOAL_ERR_PROTOCOL_VERSION', 'SHOAL_ERR_SHAPE'].includes(decoded.failure.code)

test.each(FRAMES)('%s: what was written comes back, wherever in memory the frame lies (seed 11)', (_name, samples) => {
  fc.assert(
    fc.property(samples, ({ value, frame, decode }) => {
      expect(decode(frame)).toEqual({ ok: true, value })
      const inside = Buffer.concat([Uint8Array.of(1), frame, Uint8Array.of(1)]).subarray(1, -1)
      expect(decode(inside)).toEqual({ ok: true, value })
    }),
    { seed: 11, numRuns: 50 },
  )
})

test.each(FRAMES)('%s: every shorter frame and one byte more are refused (seed 12)', (_name, samples) => {
  fc.assert(
    fc.property(samples, ({ frame, decode }) => {
      for (let length = 0; length < frame.length; length += 1)
        if (!isRefusal(decode(frame.subarray(0, length)))) throw new Error(`${length} of ${frame.length} bytes`)
      expect(isRefusal(decode(Buffer.concat([frame, Uint8Array.of(0)])))).toBe(true)
    }),
    { seed: 12, numRuns: 15 },
  )
})

test.each(FRAMES)('%s: a frame with any bit changed is refused, or reads as what its bytes say and nothing else (seed 13)', (_name, samples) => {
  fc.assert(
    fc.property(samples, fc.nat(7), ({ frame, decode, again }, bit) => {
      for (let at = 0; at < frame.length; at += 1) {
        const changed = Buffer.from(frame)
        changed[at] ^= 1 << ((bit + at) % 8)
        const written = again(changed)
        if (written === null ? !isRefusal(decode(changed)) : !changed.equals(written)) throw new Error(`byte ${at} of ${frame.length}`)
      }
    }),
    { seed: 13, numRuns: 15 },
  )
})

test.each(FRAMES)('%s: no bytes make decoding throw, nor lose a byte (seed 14)', (_name, samples) => {
  fc.assert(
    fc.property(samples, fc.uint8Array({ maxLength: 600 }), fc.nat(600), ({ frame, decode, again }, noise, kept) => {
      const hostile = Buffer.concat([frame.subarray(0, kept), noise])
      const written = again(hostile)
      expect(written === null ? isRefusal(decode(hostile)) : hostile.equals(written)).toBe(true)
      expect(isRefusal(decode(noise))).toBe(true)
    }),
    { seed: 14, numRuns: 200 },
  )
})

test('sizes at 32 clients are those of the table (privacy.md 3.1)', () => {
  const filled = (length: number, value = 1) => new Uint8Array(length).fill(value)
  const ids = Array.from({ length: 32 }, (_, id) => id)
  const survivors = rosterSetOf(ids, 32)
  const member = (id: number): KeyAdvertisement => ({
    cohort: 1,
    identityKey: filled(32, 3 * id),
    maskKey: filled(32, 3 * id + 1),
    shareKey: filled(32, 3 * id + 2),
    seedCommitment: filled(32),
    nonceCommitment: filled(32),
    signature: filled(64),
  })
  expect(encodeAdvertisement(member(0))).toHaveLength(230)
  expect(encodeRoster({ cohort: 1, members: ids.map(member), credentials: [] })).toHaveLength(10 + 32 * 230)
  const shares = ids.slice(1).map((peer) => ({ peer, sealed: filled(106) }))
  expect(encodeShares({ direction: 'out', cohort: 1, shares })).toHaveLength(8 + 31 * 108)
  expect(encodeShares({ direction: 'in', cohort: 1, shares })).toHaveLength(8 + 31 * 108)
  expect(encodeProposal({ cohort: 1, survivors, inputHashes: [] })).toHaveLength(10 + 4)
  expect(encodeProposal({ cohort: 1, survivors, inputHashes: ids.map(() => filled(32)) })).toHaveLength(10 + 4 + 1024)
  const revealed = ids.map(() => ({ of: 'seed' as const, share: filled(33) }))
  expect(encodeUnmasking({ cohort: 1, revealed, nonce: filled(32), signature: filled(64) })).toHaveLength(8 + 32 * 34 + 32 + 64)
  const certificate = ids.map((id) => ({ id, signature: filled(64), nonce: filled(32) }))
  const open = ids.map(() => ({ words: new Uint32Array(64), hash: filled(32), signature: filled(64), seed: filled(32) }))
  const result = encodeSumResult({ cohort: 1, survivors, certificate, sum: { kind: 'open', words: new Uint32Array(64), inputs: open, dropped: [] } })
  expect(result).toHaveLength(11 + 4 + 32 * 98 + 64 * 4 + 32 * (64 * 4 + 128) + 2)
  expect(result.length).toBeLessThan(32 * (4 * 64 + 232) + 300)
})
