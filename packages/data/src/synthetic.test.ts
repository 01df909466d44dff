import { expect, test } from 'vitest'
import { assertLabelledImages, pixelsPerImage } from './labelled-images.ts'
import { createSyntheticImages } from './synthetic.ts'

test('a synthetic set is well formed, balanced and decided by its seed', () => {
  const set = createSyntheticImages(40, 'one')
  assertLabelledImages(set)
  expect(set.shape).toEqual([28, 28, 1])
  for (let label = 0; label < 10; label += 1) expect(set.labels.filter((other) => other === label)).toHaveLength(4)
  expect(createSyntheticImages(40, 'one')).toEqual(set)
  expect(createSyntheticImages(40, 'two').pixels).not.toEqual(set.pixels)
  // Recorded bytes: an engine that disagrees fails here.
  expect([...set.pixels.subarray(0, 6)]).toEqual([0, 69, 89, 0, 0, 208])
})

test('pictures of a class resemble each other more than those of other classes, across seeds', () => {
  const size = pixelsPerImage([28, 28, 1])
  const [left, right] = [createSyntheticImages(300, 'left'), createSyntheticImages(300, 'right')]
  const meanOf = (set: typeof left, label: number): number[] => {
    const mean = new Array<number>(size).fill(0)
    for (let index = label; index < set.count; index += 10)
      for (let pixel = 0; pixel < size; pixel += 1) mean[pixel] += set.pixels[index * size + pixel] / (set.count / 10)
    return mean
  }
  const distance = (one: number[], other: number[]): number => Math.sqrt(one.reduce((sum, value, pixel) => sum + (value - other[pixel]) ** 2, 0))
  for (let label = 0; label < 10; label += 1) {
    const distances = Array.from({ length: 10 }, (_, other) => distance(meanOf(left, label), meanOf(right, other)))
    expect(distances.indexOf(Math.min(...distances))).toBe(label)
  }
})
