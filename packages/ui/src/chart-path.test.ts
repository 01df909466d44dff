import { expect, test } from 'vitest'
import { placePoints } from './chart-path.ts'

const box = { left: 30, top: 10, width: 200, height: 100 }

test('points span the box from left to right and grow upwards', () => {
  const points = [
    { x: 4, y: 0 },
    { x: 5, y: 0.25 },
    { x: 8, y: 1 },
  ]
  expect(placePoints(points, box)).toEqual([
    [30, 10 + 100],
    [30 + 200 / 4, 10 + 75],
    [30 + 200, 10],
  ])
})

test('one point lies at the left, and none gives none', () => {
  expect(placePoints([{ x: 7, y: 0.5 }], box)).toEqual([[30, 60]])
  expect(placePoints([], box)).toEqual([])
})

test('a value outside 0..1 stays at the edge', () => {
  const points = [
    { x: 0, y: -3 },
    { x: 1, y: 2 },
  ]
  expect(placePoints(points, box).map(([, y]) => y)).toEqual([110, 10])
})
