import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { principalCoordinates } from './principal-coordinates.ts'

const gramOf = (points: readonly (readonly number[])[]) => ({
  size: points.length,
  entries: Float64Array.from(points.flatMap((left) => points.map((right) => left.reduce((sum, entry, axis) => sum + entry * right[axis], 0)))),
})

test('points of a plane keep their distances', () => {
  const rng = createRng('plane')
  const points = Array.from({ length: 30 }, () => [5 * rng.uniform(), rng.uniform(), 0, 7])
  const flat = principalCoordinates(gramOf(points))
  for (const [i, left] of points.entries())
    for (const [j, right] of points.entries()) {
      const wanted = Math.hypot(...left.map((entry, axis) => entry - right[axis]))
      expect(Math.hypot(flat[i][0] - flat[j][0], flat[i][1] - flat[j][1])).toBeCloseTo(wanted, 6)
    }
})

test('the first coordinate has the larger spread, and the mean is at the origin', () => {
  const points = [-3, -1, 1, 3].flatMap((x) => [-1, 1].map((y) => [y, x]))
  const flat = principalCoordinates(gramOf(points))
  const spread = (axis: 0 | 1): number => flat.reduce((sum, point) => sum + point[axis] ** 2, 0)
  expect(spread(0)).toBeCloseTo(40, 6)
  expect(spread(1)).toBeCloseTo(8, 6)
  expect(flat.reduce((sum, [x]) => sum + x, 0)).toBeCloseTo(0, 6)
})

test('the same points give the same places', () => {
  const gram = gramOf([
    [1, 0],
    [0, 1],
    [1, 1],
    [0.5, 3],
  ])
  expect(principalCoordinates(gram)).toEqual(principalCoordinates(gram))
})

test.each([
  ['no point', [], []],
  ['one point', [[1, 2]], [[0, 0]]],
  [
    'equal points',
    [
      [1, 2],
      [1, 2],
    ],
    [
      [0, 0],
      [0, 0],
    ],
  ],
])('%s has no spread', (_what, points, wanted) => {
  expect(principalCoordinates(gramOf(points)).map(([x, y]) => [Math.abs(x), Math.abs(y)])).toEqual(wanted)
})

test('points on a line have no second coordinate', () => {
  const flat = principalCoordinates(
    gramOf([
      [1, 1],
      [2, 2],
      [4, 4],
    ]),
  )
  for (const [, y] of flat) expect(Math.abs(y)).toBe(0)
  expect(Math.abs(flat[2][0] - flat[0][0])).toBeCloseTo(3 * Math.SQRT2, 6)
})
