import { expect, test } from 'vitest'
import { similarityPicture } from './similarity-picture.ts'

const rows = [Float32Array.of(0, 1), Float32Array.of(1, 0), Float32Array.of(0, 0), Float32Array.of(0, 2), Float32Array.of(3, 0.3)]

test('rows lie beside those of their group; who has no direction is left out, who has no group comes first', () => {
  const { groups, cosines, points } = similarityPicture(rows, [1, 0, 0, 1, -1])
  expect(groups).toEqual([-1, 0, 1, 1])
  expect(cosines).toHaveLength(16)
  expect(points).toHaveLength(4)
  expect(cosines.slice(0, 4)).toEqual([1, 0.995, 0.0995, 0.0995])
  expect(cosines.slice(8, 12)).toEqual([0.0995, 0, 1, 1])
  expect(points[2]).toEqual(points[3])
})

test('the order in which rows were given does not show', () => {
  const order = [4, 2, 0, 1, 3]
  const shuffled = similarityPicture(
    order.map((index) => rows[index]),
    order.map((index) => [1, 0, 0, 1, -1][index]),
  )
  const { groups, cosines } = similarityPicture(rows, [1, 0, 0, 1, -1])
  expect(shuffled.groups).toEqual(groups)
  expect(shuffled.cosines).toEqual(cosines)
})

test('of nothing there is an empty picture', () => {
  expect(similarityPicture([], [])).toEqual({ groups: [], cosines: [], points: [] })
})
