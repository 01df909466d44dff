import { expect, test } from 'vitest'
import { type LabelledImages, LabelledImagesError } from './labelled-images.ts'
import { decodeLabelledImages, encodeLabelledImages } from './stored-set.ts'

/** Each picture's two pixels and its label tell which example it is. */
const numbered = (count: number): LabelledImages => ({
  count,
  shape: [1, 2, 1],
  pixels: Uint8Array.from({ length: 2 * count }, (_, index) => index),
  labels: Uint8Array.from({ length: count }, (_, index) => index),
})

const FLOATS: LabelledImages = { ...numbered(3), pixels: Float32Array.of(0, 0.25, -3, 1e-9, 7, 1) }
const MANY_CLASSES: LabelledImages = { ...numbered(3), labels: Uint16Array.of(0, 999, 256) }
const BOTH: LabelledImages = { ...FLOATS, labels: MANY_CLASSES.labels }

test.each([
  ['of bytes', numbered(7)],
  ['of floats', FLOATS],
  ['of many classes', MANY_CLASSES],
  ['of floats and many classes', BOTH],
])('a set %s survives storage, wherever its bytes lie', (_what, set) => {
  expect(decodeLabelledImages(encodeLabelledImages(set))).toEqual(set)
  const bytes = encodeLabelledImages(set)
  const shifted = new Uint8Array(bytes.length + 1)
  shifted.set(bytes, 1)
  expect(decodeLabelledImages(shifted.subarray(1))).toEqual(set)
})

test('bytes that hold no set are refused', () => {
  const bytes = encodeLabelledImages(numbered(3))
  const foreign = bytes.slice()
  foreign[0] ^= 1
  for (const broken of [new Uint8Array(0), bytes.subarray(0, 19), bytes.subarray(0, -1), Uint8Array.of(...bytes, 0), foreign])
    expect(() => decodeLabelledImages(broken)).toThrow(LabelledImagesError)
})

test('sets of bytes are written as they always were', () => {
  expect([...encodeLabelledImages({ count: 1, shape: [1, 2, 1], pixels: Uint8Array.of(5, 6), labels: Uint8Array.of(3) })]).toEqual([
    ...new TextEncoder().encode('SLI1'),
    1,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    5,
    6,
    3,
  ])
})

test('stored floats must be numbers, and of this version', () => {
  const bytes = encodeLabelledImages(BOTH)
  for (const broken of [bytes.subarray(0, 21), bytes.subarray(0, -1)]) expect(() => decodeLabelledImages(broken)).toThrow(LabelledImagesError)
  const poisoned = bytes.slice()
  new DataView(poisoned.buffer).setFloat32(24, Number.NaN, true)
  expect(() => decodeLabelledImages(poisoned)).toThrow('no finite number')
  const later = bytes.slice()
  later[20] = 4
  expect(() => decodeLabelledImages(later)).toThrow('later version')
})
