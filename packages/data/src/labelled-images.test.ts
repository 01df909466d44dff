import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import {
  assertLabelledImages,
  decodeLabelledImages,
  encodeLabelledImages,
  type LabelledImages,
  LabelledImagesError,
  selectExamples,
  splitTrainTest,
} from './labelled-images.ts'

/** Each picture's two pixels and its label tell which example it is. */
const numbered = (count: number): LabelledImages => ({
  count,
  shape: [1, 2, 1],
  pixels: Uint8Array.from({ length: 2 * count }, (_, index) => index),
  labels: Uint8Array.from({ length: count }, (_, index) => index),
})

test('selected examples keep pixels and label together, in the order asked for', () => {
  expect(selectExamples(numbered(5), [3, 0, 3])).toEqual({
    count: 3,
    shape: [1, 2, 1],
    pixels: Uint8Array.of(6, 7, 0, 1, 6, 7),
    labels: Uint8Array.of(3, 0, 3),
  })
  expect(selectExamples(numbered(5), [])).toEqual({ count: 0, shape: [1, 2, 1], pixels: new Uint8Array(0), labels: new Uint8Array(0) })
  expect(() => selectExamples(numbered(5), [5])).toThrow(RangeError)
  expect(() => selectExamples(numbered(5), [Number.NaN])).toThrow(RangeError)
})

test('a split is disjoint, complete and decided by its seed', () => {
  const set = numbered(20)
  const { train, test: held } = splitTrainTest(set, 0.25, createRng('split'))
  expect([train.count, held.count]).toEqual([15, 5])
  expect([...train.labels, ...held.labels].sort((left, right) => left - right)).toEqual([...set.labels])
  expect(splitTrainTest(set, 0.25, createRng('split')).test).toEqual(held)
  expect(splitTrainTest(set, 0.25, createRng('other')).test).not.toEqual(held)
  expect(splitTrainTest(set, 0, createRng('none')).test.count).toBe(0)
  expect(splitTrainTest(set, 1, createRng('all')).train.count).toBe(0)
  expect(() => splitTrainTest(set, 1.5, createRng('more'))).toThrow(RangeError)
})

test('a set survives storage', () => {
  const set = numbered(7)
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

test('counts that disagree are refused', () => {
  expect(() => assertLabelledImages({ ...numbered(3), count: 4 })).toThrow('4 images and 3 labels')
  expect(() => encodeLabelledImages({ ...numbered(3), shape: [2, 2, 1] })).toThrow('need 12 values, not 6')
})
