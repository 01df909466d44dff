import { expect, test } from 'vitest'
import { euclidean, matrixOf } from './fixtures/planted.ts'
import { LabelCountError } from './labels.ts'
import { placeNoise } from './noise.ts'

const onLine = (...places: number[]) => euclidean(places.map((place) => Float64Array.of(place)))

test('nearest: joins the cluster of smallest mean distance if that is at most its diameter', () => {
  // Cluster 0 spans 0..4, cluster 1 spans 10..11. From 5: mean 3 <= 4. From 12: mean 1.5 > 1, and 10 > 4.
  const distances = onLine(0, 4, 10, 11, 5, 12)
  expect(placeNoise(distances, [0, 0, 1, 1, -1, -1], 'nearest')).toEqual([0, 0, 1, 1, 0, -1])
})

test('nearest: a mean equal to the diameter is near enough', () => {
  expect(placeNoise(onLine(0, 2, 3), [0, 0, -1], 'nearest')).toEqual([0, 0, 0])
  expect(placeNoise(onLine(0, 2, 3.001), [0, 0, -1], 'nearest')).toEqual([0, 0, -1])
})

test('nearest: only the nearest cluster is asked, however wide another one is', () => {
  expect(placeNoise(onLine(0, 9, 10, 10.5, 12), [0, 0, 1, 1, -1], 'nearest')).toEqual([0, 0, 1, 1, -1])
})

test('nearest: the mean counts, not the sum, so a large cluster is not farther away for its size', () => {
  expect(placeNoise(onLine(4, 5, 6, 8, 9.5, 10.5, 7), [1, 1, 1, 1, 0, 0, -1], 'nearest')).toEqual([1, 1, 1, 1, 0, 0, 1])
})

test('nearest: equal means go to the smaller label', () => {
  expect(placeNoise(onLine(10, 12, 0, 2, 6), [1, 1, 0, 0, -1], 'nearest')).toEqual([1, 1, 0, 0, -1])
  expect(placeNoise(onLine(7, 12, 0, 5, 6), [1, 1, 0, 0, -1], 'nearest')).toEqual([1, 1, 0, 0, 0])
})

test('nearest: noise placed before does not pull others in, so the order of points does not matter', () => {
  // 3 fits {0, 2} with mean 2; 4 has mean 3 > 2. Had 3 been a member already, 4 would have been near enough (7 / 3 <= 3).
  expect(placeNoise(onLine(0, 2, 3, 4), [0, 0, -1, -1], 'nearest')).toEqual([0, 0, 0, -1])
})

test('nearest: a cluster of one takes in only its copies', () => {
  expect(placeNoise(onLine(1, 1, 1.1), [0, -1, -1], 'nearest')).toEqual([0, 0, -1])
})

test('group: all noise is one more cluster', () => {
  expect(placeNoise(onLine(0, 1, 9, 30), [0, 0, -1, -1], 'group')).toEqual([0, 0, 1, 1])
  expect(placeNoise(onLine(0, 1), [0, 0], 'group')).toEqual([0, 0])
})

test('global: noise stays noise', () => {
  expect(placeNoise(onLine(0, 2, 1), [0, 0, -1], 'global')).toEqual([0, 0, -1])
})

test('all noise: nothing to join; as a group it is one cluster', () => {
  expect(placeNoise(onLine(0, 1), [-1, -1], 'nearest')).toEqual([-1, -1])
  expect(placeNoise(onLine(0, 1), [-1, -1], 'global')).toEqual([-1, -1])
  expect(placeNoise(onLine(0, 1), [-1, -1], 'group')).toEqual([0, 0])
  expect(
    placeNoise(
      matrixOf(0, () => 0),
      [],
      'nearest',
    ),
  ).toEqual([])
})

test('labels given are left alone', () => {
  const labels = [0, 0, -1]
  for (const policy of ['nearest', 'group', 'global'] as const) expect(placeNoise(onLine(0, 2, 1), labels, policy)).not.toBe(labels)
  expect(labels).toEqual([0, 0, -1])
})

test('refuses labels of another number of points', () => {
  expect(() => placeNoise(onLine(0, 1), [0], 'global')).toThrow(LabelCountError)
})
