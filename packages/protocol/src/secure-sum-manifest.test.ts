import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_SUM_BLOCKS, MAX_SUM_MODELS, MAX_SUM_STAGE_MS, MAX_SUM_WORDS } from './limits.ts'
import {
  decodeManifest,
  encodeManifest,
  isRecomputable,
  manifestFault,
  manifestSignedPart,
  purposeNumber,
  SUM_PURPOSES,
  type SumManifest,
} from './secure-sum-manifest.ts'
import { DOMAINS } from './transcript.ts'

const MANIFEST: SumManifest = {
  suite: 1,
  federation: new Uint8Array(16).fill(1),
  epoch: 2,
  round: 0x01020304,
  cohort: 5,
  purpose: 'hist',
  policyHash: new Uint8Array(32).fill(10),
  architectureHash: new Uint8Array(32).fill(11),
  modelHashes: [new Uint8Array(32).fill(12), new Uint8Array(32).fill(13)],
  previousManifestHash: new Uint8Array(32).fill(14),
  previousCertificateHash: new Uint8Array(32).fill(15),
  cohortSize: 32,
  threshold: 22,
  kMin: 8,
  kDiff: 3,
  ring: 16,
  valueBits: 9,
  clip: 2,
  range: 0.25,
  vectorLength: 1000,
  blocks: 4,
  cluster: 0x0706,
  advertiseMs: 1000,
  shareMs: 2000,
  inputMs: 3000,
  unmaskMs: 4000,
  signature: new Uint8Array(64).fill(16),
}

test('the layout is that of the table: 270 bytes and 32 for each model, each field at its place', () => {
  const frame = encodeManifest(MANIFEST)
  expect(frame).toHaveLength(270 + 2 * 32)
  expect([...frame.subarray(0, 3)]).toEqual([0, 1, 1])
  const view = new DataView(frame.buffer)
  expect([view.getUint32(19, true), view.getUint32(23, true), view.getUint32(27, true), frame[31]]).toEqual([2, 0x01020304, 5, 3])
  expect([frame[32], frame[64], view.getUint16(96, true), frame[98], frame[130], frame[162], frame[194]]).toEqual([10, 11, 2, 12, 13, 14, 15])
  expect([226, 228, 230, 232, 234].map((at) => view.getUint16(at, true))).toEqual([32, 31, 22, 8, 3])
  expect([frame[236], frame[237], view.getFloat32(238, true), view.getFloat32(242, true)]).toEqual([16, 9, 2, 0.25])
  expect([view.getUint32(246, true), view.getUint16(250, true), view.getUint16(252, true)]).toEqual([1000, 4, 0x0706])
  expect([254, 258, 262, 266].map((at) => view.getUint32(at, true))).toEqual([1000, 2000, 3000, 4000])
  expect([...frame.subarray(270)]).toEqual(new Array(64).fill(16))
})

test('what is signed is the frame without its signature, under a domain of its own', () => {
  const frame = encodeManifest(MANIFEST)
  const domain = Buffer.from(DOMAINS.sumManifest)
  expect(Buffer.from(manifestSignedPart(MANIFEST))).toEqual(Buffer.concat([domain, frame.subarray(0, -64)]))
})

const FAULTS: readonly (readonly [string, Partial<SumManifest>])[] = [
  ['unknown suite', { suite: 3 as 1 }],
  ['unknown purpose', { purpose: 'gram' as 'hist' }],
  ['a ring has 16 or 32 bits', { ring: 8 as 16 }],
  ['cohort too small or too large', { cohortSize: 2, threshold: 2 }],
  ['cohort too small or too large', { cohortSize: 256, threshold: 200 }],
  ['threshold is not between half of the cohort and all of it', { threshold: 16 }],
  ['threshold is not between half of the cohort and all of it', { threshold: 33 }],
  ['kMin is below 3 or above the cohort', { kMin: 2 }],
  ['kMin is below 3 or above the cohort', { kMin: 33 }],
  ['kDiff is below 1 or above the cohort', { kDiff: 0 }],
  ['the ring has no room for values of so many bits', { valueBits: 10 }],
  ['the ring has no room for values of so many bits', { valueBits: 1 }],
  ['clip and range are above 0', { clip: 0 }],
  ['clip and range are above 0', { range: Number.POSITIVE_INFINITY }],
  ['clip and range are above 0', { range: Number.NaN }],
  ['vector empty or too long', { vectorLength: 0 }],
  ['vector empty or too long', { vectorLength: MAX_SUM_WORDS + 1 }],
  ['no blocks or too many', { blocks: 0 }],
  ['no blocks or too many', { blocks: 1001 }],
  ['no blocks or too many', { blocks: MAX_SUM_BLOCKS + 1, vectorLength: 10_000 }],
  ['too many models', { modelHashes: new Array(MAX_SUM_MODELS + 1).fill(new Uint8Array(32)) }],
  ['a stage without time or with too much', { shareMs: 0 }],
  ['a stage without time or with too much', { unmaskMs: MAX_SUM_STAGE_MS + 1 }],
]

test.each(FAULTS)('a manifest is neither written nor read: %s (%o)', (fault, change) => {
  const manifest = { ...MANIFEST, ...change }
  expect(manifestFault(manifest)).toBe(fault)
  expect(() => encodeManifest(manifest)).toThrow(fault)
})

const BAD_FIELDS: readonly (readonly [string, number, readonly number[]])[] = [
  ['suite 3', 2, [3]],
  ['purpose 0', 31, [0]],
  ['purpose 10', 31, [10]],
  ['cohort of 2', 226, [2, 0, 1, 0, 2, 0]],
  ['degree 30: a ring graph', 228, [30, 0]],
  ['threshold 16 of 32', 230, [16, 0]],
  ['kMin 2', 232, [2, 0]],
  ['ring 24', 236, [24]],
  ['valueBits 10', 237, [10]],
  ['clip NaN', 238, [0, 0, 0xc0, 0x7f]],
  ['range -1', 242, [0, 0, 0x80, 0xbf]],
  ['vector of nothing', 246, [0, 0, 0, 0]],
  ['0 blocks', 250, [0, 0]],
  ['no time to mask', 262, [0, 0, 0, 0]],
]

test.each(BAD_FIELDS)('a manifest with %s is refused', (_name, at, bytes) => {
  const frame = encodeManifest(MANIFEST)
  frame.set(bytes, at)
  expect(decodeManifest(frame)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
})

test('another version of the frames is told apart from garbage', () => {
  const frame = encodeManifest(MANIFEST)
  frame[1] = 2
  expect(decodeManifest(frame)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_PROTOCOL_VERSION' } })
})

test('the sum of all largest values always leaves three quarters of the ring free (seed 6)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 255 }),
      fc.constantFrom(16 as const, 32 as const),
      fc.integer({ min: 0, max: 255 }),
      (cohortSize, ring, valueBits) => {
        const fault = manifestFault({ ...MANIFEST, cohortSize, threshold: cohortSize, kMin: 3, ring, valueBits })
        const most = cohortSize * (2 ** (valueBits - 1) - 1)
        if (fault === null) expect(most).toBeLessThan(2 ** (ring - 3))
        else expect(valueBits < 2 || valueBits > ring - Math.ceil(Math.log2(cohortSize)) - 2).toBe(true)
      },
    ),
    { seed: 6, numRuns: 500 },
  )
})

test('the numbers of the purposes are those of the table, and only small sums other than updates and rows are recomputable', () => {
  expect(SUM_PURPOSES.map(purposeNumber)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  const recomputable = (vectorLength: number) => SUM_PURPOSES.filter((purpose) => isRecomputable({ purpose, vectorLength }))
  expect(recomputable(4096)).toEqual(['count', 'hist', 'moment', 'power', 'lloyd', 'reserve', 'metric'])
  expect(recomputable(4097)).toEqual([])
})
