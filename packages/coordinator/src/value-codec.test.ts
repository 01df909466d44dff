import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeValue, encodeValue } from './value-codec.ts'

const vectors = fc.oneof(fc.float32Array({ maxLength: 9 }), fc.float64Array({ maxLength: 9 }))
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    vectors,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('value'), { maxKeys: 3 }),
  ),
})).value

test('plain data with vectors comes back, bit for bit, also from a slice of a larger Buffer (seed 5)', () => {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = encodeValue(value)
      const plain = structuredClone(value)
      expect(decodeValue(bytes)).toEqual({ ok: true, value: plain })
      const pool = Buffer.alloc(bytes.length + 16)
      pool.set(bytes, 8)
      expect(decodeValue(pool.subarray(8, 8 + bytes.length))).toEqual({ ok: true, value: plain })
      expect(encodeValue(plain)).toEqual(bytes)
    }),
    { seed: 5, numRuns: 300 },
  )
})

test('a decoded vector is a copy: the bytes may be reused', () => {
  const bytes = encodeValue({ model: Float32Array.of(1, 2, 3) })
  const decoded = decodeValue(bytes)
  bytes.fill(0)
  expect(decoded).toEqual({ ok: true, value: { model: Float32Array.of(1, 2, 3) } })
})

test('a blob that is cut short or names a vector outside itself is refused', () => {
  const bytes = encodeValue({ model: Float64Array.of(1, 2, 3) })
  expect(decodeValue(bytes.subarray(0, bytes.length - 8))).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
  expect(decodeValue(bytes.subarray(0, 3))).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
})
