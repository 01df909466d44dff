import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeIdx, encodeIdxPair, IdxFormatError, parseIdx, parseIdxPair } from './idx.ts'

/** Two pictures of 1x3 pixels, byte by byte as the format's author gives it. */
const IMAGES = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60)
const LABELS = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9)

test('a pair of MNIST files is read and written byte for byte', () => {
  const set = parseIdxPair(IMAGES, LABELS)
  expect(set).toEqual({ count: 2, shape: [1, 3, 1], pixels: Uint8Array.of(10, 20, 30, 40, 50, 60), labels: Uint8Array.of(7, 9) })
  expect(encodeIdxPair(set)).toEqual({ images: IMAGES, labels: LABELS })
})

test('channels are a fourth dimension', () => {
  const set = { count: 2, shape: [1, 1, 3] as const, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6), labels: Uint8Array.of(0, 1) }
  const { images, labels } = encodeIdxPair(set)
  expect([...images.subarray(0, 4)]).toEqual([0, 0, 8, 4])
  expect(parseIdxPair(images, labels)).toEqual(set)
})

test('bytes are read wherever they lie in their buffer', () => {
  const shifted = new Uint8Array(IMAGES.length + 3)
  shifted.set(IMAGES, 3)
  expect(parseIdx(shifted.subarray(3)).dimensions).toEqual([2, 1, 3])
})

test.each([
  ['nothing', Uint8Array.of(), 'at least 4 bytes'],
  ['a wrong beginning', Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), 'two zero bytes'],
  ['floats', Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), '0xd'],
  ['no dimension', Uint8Array.of(0, 0, 8, 0), 'at least one dimension'],
  ['dimensions cut short', Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0), 'ends within'],
  ['values cut short', IMAGES.subarray(0, -1), 'needs 6 bytes, the file holds 5'],
  ['a count that no file can hold', Uint8Array.of(0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255), 'the file holds 0'],
  ['dimensions whose product is not a number', Uint8Array.of(0, 0, 8, 41, ...new Array<number>(160).fill(255), 0, 0, 0, 0), 'bytes follow'],
  ['trailing bytes', Uint8Array.of(...IMAGES, 0), '1 bytes follow'],
])('%s is refused', (_, bytes, reason) => {
  expect(() => parseIdx(bytes)).toThrow(IdxFormatError)
  expect(() => parseIdx(bytes)).toThrow(reason)
})

test('a pair that does not fit together is refused', () => {
  expect(() => parseIdxPair(LABELS, LABELS)).toThrow('images have 3 or 4 dimensions, not 1')
  expect(() => parseIdxPair(IMAGES, IMAGES)).toThrow('labels have 1 dimension, not 3')
  expect(() => parseIdxPair(IMAGES, encodeIdx({ dimensions: [3], values: Uint8Array.of(1, 2, 3) }))).toThrow('2 images and 3 labels')
  expect(() => encodeIdx({ dimensions: [4], values: Uint8Array.of(1, 2, 3) })).toThrow(IdxFormatError)
})

test('no bytes make the parser do anything but read them or refuse', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, plausible) => {
      if (plausible && bytes.length >= 4) bytes.set([0, 0, 8])
      try {
        const array = parseIdx(bytes)
        expect(encodeIdx(array)).toEqual(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(IdxFormatError)
      }
    }),
    { numRuns: 500 },
  )
})
