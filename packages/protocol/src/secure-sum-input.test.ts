import { expect, test } from 'vitest'
import { bytesOfWords } from './byte-layout.ts'
import { decodeMaskedInput, encodeMaskedInput, inputSignedPart, type MaskedInput, maskedInputBytes } from './secure-sum-input.ts'
import { DOMAINS } from './transcript.ts'

const INPUT: MaskedInput = {
  cohort: 0x01020304,
  id: 5,
  words: Uint16Array.of(0x0102, 0xfffe, 7),
  hash: new Uint8Array(32).fill(8),
  signature: new Uint8Array(64).fill(9),
}
const EXPECTED = { ring: 16, vectorLength: 3, rosterSize: 6 } as const

test('the words begin at 16, so that they are viewed and not copied', () => {
  const frame = encodeMaskedInput(INPUT)
  expect([...frame.subarray(0, 22)]).toEqual([5, 1, 4, 3, 2, 1, 5, 0, 3, 0, 0, 0, 16, 0, 0, 0, 2, 1, 0xfe, 0xff, 7, 0])
  const decoded = decodeMaskedInput(frame, EXPECTED)
  if (!decoded.ok) throw new Error(decoded.failure.detail)
  expect(decoded.value).toEqual(INPUT)
  expect(decoded.value.words.buffer).toBe(frame.buffer)
})

test.each([
  [16, 1_000_000],
  [32, 1],
  [32, 4097],
] as const)('a ring of %i and %i words give the size that is known beforehand', (ring, vectorLength) => {
  const words = ring === 16 ? new Uint16Array(vectorLength) : new Uint32Array(vectorLength)
  expect(encodeMaskedInput({ ...INPUT, words })).toHaveLength(maskedInputBytes({ ring, vectorLength }))
  expect(maskedInputBytes({ ring, vectorLength })).toBe((vectorLength * ring) / 8 + 96 + 16)
})

test('words of another number or ring, or of nobody, are refused', () => {
  const frame = encodeMaskedInput(INPUT)
  expect(decodeMaskedInput(frame, { ...EXPECTED, vectorLength: 4 })).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SHAPE' } })
  expect(decodeMaskedInput(frame, { ...EXPECTED, ring: 32 })).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SHAPE' } })
  expect(decodeMaskedInput(frame, { ...EXPECTED, rosterSize: 5 }).ok).toBe(false)
})

test('the sender signs transcript, place and hash of the words', () => {
  const transcript = new Uint8Array(32).fill(1)
  expect([...inputSignedPart(transcript, INPUT).subarray(DOMAINS.sumInput.length)]).toEqual([...transcript, 5, 0, 0, 0, ...INPUT.hash])
  expect([...bytesOfWords(INPUT.words)]).toEqual([2, 1, 0xfe, 0xff, 7, 0])
})
