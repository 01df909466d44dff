import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from './encoding.ts'
import { loadSodium } from './sodium.ts'

const sodium = await loadSodium()
const SEED = 20261

test(`bytes come back, and only from their one canonical text (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = toBase64(sodium, bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromBase64(sodium, text, bytes.length)).toEqual(bytes)
      expect(fromBase64(sodium, `${text}=`, bytes.length)).toBeNull()
    }),
    { seed: SEED },
  )
})

test(`garbage and other lengths give null and never throw (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      expect(fromBase64(sodium, text, 1000)).toBeNull()
    }),
    { seed: SEED },
  )
  expect(fromBase64(sodium, 'AA', 1)).toEqual(new Uint8Array(1))
  expect(fromBase64(sodium, 'AB', 1)).toBeNull()
})
