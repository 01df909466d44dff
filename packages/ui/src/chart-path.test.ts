import { expect, test } from 'vitest'
import { placePoints } from './chart-path.ts'

const box = { left: 30, top: 10, width: 200, height: 100 }

test('points lie between the edges of the scale and grow upwards', () => {
  const points = [
    { x: 4, y: 0 },
    { x: 5, y: 0.25 },
    { x: 8, y: 1 },
  ]
  expect(placePoints(points, box, { x: [4, 8], y: [0, 1] })).toEqual([
    [30, 10 + 100],
    [30 + 200 / 4, 10 + 75],
    [30 + 200, 10],
  ])
  expect(placePoints([{ x: 6, y: 3 }], box, { x: [2, 10], y: [2, 4] })).toEqual([[30 + 100, 60]])
})

test('a scale of one x lies at the left, and no point gives none', () => {
  expect(placePoints([{ x: 7, y: 0.5 }], box, { x: [7, 7], y: [0, 1] })).toEqual([[30, 60]])
  expect(placePoints([], box, { x: [0, 0], y: [0, 1] })).toEqual([])
})

test('a value outside the scale stays at the edge', () => {
  const points = [
    { x: -1, y: -3 },
    { x: 2, y: 2 },
  ]
  expect(placePoints(points, box, { x: [0, 1], y: [0, 1] })).toEqual([
    [30, 110],
    [230, 10],
  ])
})
