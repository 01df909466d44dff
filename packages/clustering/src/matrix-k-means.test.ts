import { createRng } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import cases from './fixtures/clusterings.json' with { type: 'json' }
import { parsed, pointsOf } from './fixtures/planted.ts'
import { lloyd } from './k-means.ts'
import { matrixKMeans, matrixLloyd, spreadCentres } from './matrix-k-means.ts'
import { pointMatrix } from './point-matrix.ts'

const flat = (rows: readonly (Float64Array | Float32Array)[]): Float64Array => Float64Array.from(rows.flatMap((row) => [...row]))

test.each(cases)("rounds from given centres equal scikit-learn's: $title", (fixture) => {
  const points = pointsOf(fixture)
  const { labels, inertia } = matrixLloyd(pointMatrix(points), flat([points[0], points[Math.floor(points.length / 2)], points[points.length - 1]]))
  expect([...labels]).toEqual(parsed(fixture.lloyd.labels))
  expect(inertia).toBeCloseTo(fixture.lloyd.inertia, 3)
})

test('equals `lloyd`: labels, centres, inertia, with empty centres and with ties (seeds by fast-check)', () => {
  const whole = fc.integer({ min: -3, max: 3 })
  const row = fc.array(whole, { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), fc.array(row, { minLength: 1, maxLength: 6 }), (rows, starts) => {
      const points = rows.map((values) => Float32Array.from(values))
      const centres = starts.map((values) => Float64Array.from(values))
      const expected = lloyd(points, centres)
      const found = matrixLloyd(pointMatrix(points), flat(centres))
      expect(found.inertia).toBeCloseTo(expected.inertia, 6)
      expect([...found.labels]).toEqual(expected.labels)
      for (const [index, value] of flat(expected.centres).entries()) expect(found.centres[index]).toBeCloseTo(value, 9)
    }),
    { numRuns: 300 },
  )
})

test('equals `lloyd` where bounds save most distances: 600 points of 30 numbers, 7 centres (seed bounds)', () => {
  const rng = createRng('bounds')
  const points = Array.from({ length: 600 }, (_, index) => Float32Array.from({ length: 30 }, (__, entry) => rng.normal() + (index % 7 === entry ? 2 : 0)))
  const start = points.slice(0, 7).map((point) => Float64Array.from(point))
  const expected = lloyd(points, start)
  const found = matrixLloyd(pointMatrix(points), flat(start))
  expect([...found.labels]).toEqual(expected.labels)
  expect(found.inertia).toBeCloseTo(expected.inertia, 6)
})

test('leaves the centres that it is given', () => {
  const start = Float64Array.of(0, 10)
  matrixLloyd(pointMatrix([[1], [3], [9]].map((row) => Float32Array.from(row))), start)
  expect([...start]).toEqual([0, 10])
})

test('guard: fewer distinct points than clusters: each is a centre once, and nothing is divided by 0 (seeds by fast-check)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 3, max: 9 }),
      fc.string(),
      (values, clusters, seed) => {
        const centres = [...spreadCentres(pointMatrix(values.map((value) => Float32Array.of(value))), clusters, createRng(seed))]
        expect(centres.toSorted()).toEqual([...new Set(values)].sort())
      },
    ),
  )
})

test('k-means++ draws the next centre in proportion to the squared distance', () => {
  const points = pointMatrix([[0], [1], [3]].map((row) => Float32Array.from(row)))
  const drawing = (uniform: number) => ({ ...createRng('unused'), below: () => 0, uniform: () => uniform })
  expect([...spreadCentres(points, 2, drawing(0.0999))]).toEqual([0, 1])
  expect([...spreadCentres(points, 2, drawing(0.1001))]).toEqual([0, 3])
  expect([...spreadCentres(points, 2, drawing(1))]).toEqual([0, 3])
})

test.each(cases)('twenty starts reach the least inertia of fifty of scikit-learn, seed best: $title', (fixture) => {
  const { inertia } = matrixKMeans(pointMatrix(pointsOf(fixture)), { clusters: 3, tries: 20, rng: createRng('best') })
  expect(inertia).toBeCloseTo(fixture.leastInertia, 3)
})
