import { expect, test } from 'vitest'
import { found } from './federation-search.ts'
import { sparklinePath } from './sparkline-path.ts'
import { viewOf } from './testing-view.ts'

test('every word must stand somewhere in the name, state, reason or strategy', () => {
  const views = [viewOf({ name: 'Digits of Rome' }), viewOf({ name: 'Leaves', lifecycle: 'paused', strategy: 'ocfl' })]
  expect(found(views, '  ')).toBe(views)
  expect(found(views, 'ROME digits').map(({ name }) => name)).toEqual(['Digits of Rome'])
  expect(found(views, 'paused groups').map(({ name }) => name)).toEqual(['Leaves'])
  expect(found(views, 'rome leaves')).toEqual([])
})

test('a sparkline goes from the first to the last value within its frame, with at most one point a pixel', () => {
  expect(sparklinePath([0, 1], 60, 18)).toBe('1.0,17.0 59.0,1.0')
  expect([sparklinePath([], 60, 18), sparklinePath([0.5], 60, 18)]).toEqual(['', ''])
  const many = Array.from({ length: 1000 }, (_, index) => index / 999)
  const points = sparklinePath(many, 60, 18).split(' ')
  expect([points.length, points[0], points[59]]).toEqual([60, '1.0,17.0', '59.0,1.0'])
})
