import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import cases from './fixtures/descriptor-clusters.json' with { type: 'json' }
import { kneedle } from './kneedle.ts'

test.each([
  { heights: [1, 1, 1, 1, 5], place: 3 },
  { heights: [1, 1.1, 1.2, 3, 5], place: 2 },
  { heights: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 2, 4], place: 7 },
  { heights: [1, 2, 3, 4, 5], place: null },
  { heights: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], place: null },
  { heights: [2, 2, 2, 2], place: null },
  { heights: [1, 5], place: null },
  { heights: [1], place: null },
  { heights: [], place: null },
])('invariant 17: the elbow of $heights is at $place', ({ heights, place }) => {
  expect(kneedle(heights)).toBe(place)
})

test('guard: no elbow in a straight line, whatever its steps round to', () => {
  void fc.assert(
    fc.property(fc.integer({ min: 3, max: 40 }), fc.double({ min: 0.001, max: 100, noNaN: true }), (count, step) => {
      expect(kneedle(Array.from({ length: count }, (_, place) => 3 + place * step))).toBeNull()
    }),
  )
})

test('the elbow does not depend on the unit of the heights, nor on what they count from', () => {
  void fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 3, maxLength: 30 }), (heights) => {
      const ascending = Float64Array.from(heights).sort()
      expect(kneedle(ascending.map((height) => 8 * height + 16))).toBe(kneedle(ascending))
    }),
  )
})

test('some curves of the fixture have an elbow and some have none', () => {
  expect(new Set(cases.map(({ place }) => place === null))).toEqual(new Set([true, false]))
})
