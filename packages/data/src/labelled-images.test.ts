import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { assertLabelledImages, createLabels, type LabelledImages, selectExamples, splitTrainTest } from './labelled-images.ts'

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

test('floats and labels beyond a byte stay what they are', () => {
  const set: LabelledImages = { count: 2, shape: [1, 2, 1], pixels: Float32Array.of(0.5, -1, 7, 0), labels: Uint16Array.of(3, 700) }
  expect(selectExamples(set, [1])).toEqual({ count: 1, shape: [1, 2, 1], pixels: Float32Array.of(7, 0), labels: Uint16Array.of(700) })
  expect(splitTrainTest(set, 0.5, createRng('split')).test.pixels).toBeInstanceOf(Float32Array)
  expect(createLabels(1, 256)).toEqual(new Uint8Array(1))
  expect(createLabels(1, 257)).toEqual(new Uint16Array(1))
  expect(() => createLabels(1, 65_537)).toThrow(RangeError)
})

test('counts that disagree are refused', () => {
  expect(() => assertLabelledImages({ ...numbered(3), count: 4 })).toThrow('4 images and 3 labels')
  expect(() => assertLabelledImages({ ...numbered(3), shape: [2, 2, 1] })).toThrow('need 12 values, not 6')
})
