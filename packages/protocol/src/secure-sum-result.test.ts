import { expect, test } from 'vitest'
import { decodeSumResult, encodeSumResult, type OpenSum, type SumResult } from './secure-sum-result.ts'
import { rosterSetOf } from './secure-sum-survivors.ts'

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const inputOf = (value: number) => ({ words: Uint16Array.of(value, value), hash: filled(32, value), signature: filled(64, value), seed: filled(32, value) })
const OPEN: OpenSum = { kind: 'open', words: Uint16Array.of(3, 3), inputs: [inputOf(1), inputOf(2)], dropped: [{ id: 1, privateKey: filled(32, 7) }] }
const RESULT: SumResult = {
  cohort: 1,
  survivors: rosterSetOf([0, 2], 4),
  certificate: [
    { id: 0, signature: filled(64, 8), nonce: filled(32, 6) },
    { id: 2, signature: filled(64, 9), nonce: filled(32, 7) },
  ],
  sum: OPEN,
}
const SMALL = { ring: 16, vectorLength: 2, purpose: 'count', rosterSize: 4 } as const
const HASHED: SumResult = { ...RESULT, sum: { kind: 'hashed', hash: filled(32, 5) } }

test('a recomputable sum must come with its inputs, and no other may', () => {
  expect(decodeSumResult(encodeSumResult(RESULT), SMALL)).toEqual({ ok: true, value: RESULT })
  expect(decodeSumResult(encodeSumResult(HASHED), SMALL)).toMatchObject({ ok: false, failure: { detail: 'a recomputable sum without its inputs' } })
  expect(decodeSumResult(encodeSumResult(HASHED), { ...SMALL, purpose: 'update' })).toEqual({ ok: true, value: HASHED })
  expect(decodeSumResult(encodeSumResult(RESULT), { ...SMALL, purpose: 'update' }).ok).toBe(false)
  expect(decodeSumResult(encodeSumResult(HASHED), { ...SMALL, vectorLength: 5000 }).ok).toBe(true)
})

const BAD_RESULTS: readonly (readonly [string, SumResult])[] = [
  ["a survivor's private key", { ...RESULT, sum: { ...OPEN, dropped: [{ id: 2, privateKey: filled(32, 7) }] } }],
  ['a private key of nobody', { ...RESULT, sum: { ...OPEN, dropped: [{ id: 4, privateKey: filled(32, 7) }] } }],
  ['one private key twice', { ...RESULT, sum: { ...OPEN, dropped: [...OPEN.dropped, ...OPEN.dropped] } }],
  ['a signature of one who is no survivor', { ...RESULT, certificate: [{ id: 1, signature: filled(64, 8), nonce: filled(32, 6) }] }],
  ['one signature twice', { ...RESULT, certificate: [RESULT.certificate[0]!, RESULT.certificate[0]!] }],
]

test.each(BAD_RESULTS)('a result with %s is refused', (_name, result) => {
  expect(decodeSumResult(encodeSumResult(result), SMALL)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
})

test('an input is written for each survivor, as long as the sum', () => {
  expect(() => encodeSumResult({ ...RESULT, sum: { ...OPEN, inputs: [inputOf(1)] } })).toThrow(RangeError)
  expect(() => encodeSumResult({ ...RESULT, sum: { ...OPEN, words: Uint16Array.of(3) } })).toThrow(RangeError)
})
