import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf, decodeFrame, encodeFrame, float32Of } from './frame.ts'

test('header and body come back, the body aligned to 8 (seed 3)', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.uint8Array({ maxLength: 64 }), (header, body) => {
      const frame = encodeFrame(header, body)
      const decoded = decodeFrame(frame)
      if (!decoded.ok) throw new Error(decoded.failure.code)
      expect(decoded.value.header).toEqual(JSON.parse(JSON.stringify(header)))
      expect(decoded.value.body).toEqual(body)
      expect((decoded.value.body.byteOffset - frame.byteOffset) % 8).toBe(0)
    }),
    { seed: 3 },
  )
})

test('no bytes make decoding throw (seed 4)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const decoded = decodeFrame(bytes)
      expect(decoded.ok || decoded.failure.code === 'SHOAL_ERR_MALFORMED').toBe(true)
    }),
    { seed: 4, numRuns: 2000 },
  )
})

test('a header that claims to be huge is refused before anything is allocated', () => {
  expect(decodeFrame(Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0))).toMatchObject({ ok: false, failure: { detail: 'frame header too long' } })
})

test('floats are viewed where they are aligned and copied where not', () => {
  const floats = Float32Array.of(1.5, -2, 3)
  const bytes = bytesOf(floats)
  const viewed = float32Of(bytes)
  expect(viewed.ok && viewed.value.buffer).toBe(floats.buffer)
  const shifted = new Uint8Array(13)
  shifted.set(bytes, 1)
  const copied = float32Of(shifted.subarray(1))
  expect(copied.ok && copied.value).toEqual(floats)
  const pooled = Buffer.from(shifted)
  const fromBuffer = float32Of(pooled.subarray(1))
  expect(fromBuffer.ok && fromBuffer.value).toEqual(floats)
  expect(float32Of(shifted.subarray(0, 5))).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SHAPE' } })
})
