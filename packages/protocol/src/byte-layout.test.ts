import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createByteReader, createByteWriter, isAscending } from './byte-layout.ts'

test('numbers are little-endian and stand without gaps', () => {
  const bytes = createByteWriter().u8(1).u16(0x0203).u32(0x04050607).f32(1).bytes(Uint8Array.of(9, 8), 2).zeros(1).words(Uint16Array.of(0x0a0b)).finish()
  expect([...bytes]).toEqual([1, 3, 2, 7, 6, 5, 4, 0, 0, 0x80, 0x3f, 9, 8, 0, 0x0b, 0x0a])
})

test('a value that its field can not hold is never cut', () => {
  const writer = createByteWriter()
  for (const write of [
    () => writer.u8(256),
    () => writer.u16(65_536),
    () => writer.u32(2 ** 32),
    () => writer.u16(-1),
    () => writer.u16(1.5),
    () => writer.u32(Number.NaN),
    () => writer.f32(0.1),
    () => writer.bytes(new Uint8Array(3), 4),
  ]) {
    expect(write).toThrow(RangeError)
  }
  expect(writer.finish()).toHaveLength(0)
})

test('after the first fault everything reads as nothing, and finish gives the first fault', () => {
  const reader = createByteReader(Uint8Array.of(7, 7))
  expect(reader.u32()).toBe(0)
  reader.refuse('a later fault')
  expect([reader.u8(), reader.u16(), reader.f32(), reader.bytes(1).length, reader.words(16, 1).length]).toEqual([0, 0, 0, 0, 0])
  expect(reader.list(4_000_000_000, () => 1)).toEqual([])
  expect(reader.finish('value')).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED', detail: 'frame ends too early' } })
})

test('bytes that are left over and empty bytes that are not empty are refused', () => {
  const short = createByteReader(Uint8Array.of(1, 2))
  short.u8()
  expect(short.finish(0)).toMatchObject({ ok: false, failure: { detail: 'bytes after the end of the frame' } })
  const filled = createByteReader(Uint8Array.of(0, 1))
  filled.zeros(2)
  expect(filled.finish(0).ok).toBe(false)
})

test('words are viewed where they are aligned and copied where not; bytes are always copied', () => {
  const frame = new Uint8Array(createByteWriter().words(Uint32Array.of(1, 4_000_000_000)).finish())
  const viewed = createByteReader(frame).words(32, 2)
  expect(viewed.buffer).toBe(frame.buffer)
  const shifted = Buffer.concat([Uint8Array.of(0), frame]).subarray(1)
  expect(createByteReader(shifted).words(32, 2)).toEqual(Uint32Array.of(1, 4_000_000_000))
  const copied = createByteReader(Buffer.from(frame)).bytes(4)
  expect(copied).toEqual(Uint8Array.of(1, 0, 0, 0))
  expect(copied.byteLength).toBe(copied.buffer.byteLength)
})

test('lengths beyond the frame never allocate or throw (seed 5)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 }), fc.nat(2 ** 32), (frame, length) => {
      const reader = createByteReader(frame)
      reader.bytes(length)
      reader.words(32, length)
      expect(reader.finish(0).ok).toBe(frame.length === length * 5 || (length === 0 && frame.length === 0))
    }),
    { seed: 5 },
  )
})

test('ids that rise are in order and unique', () => {
  expect([isAscending([]), isAscending([3]), isAscending([0, 1, 9]), isAscending([1, 1]), isAscending([2, 1])]).toEqual([true, true, true, false, false])
})
