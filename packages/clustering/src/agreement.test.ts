import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adjustedMutualInformation, adjustedRandIndex, normalisedMutualInformation, purity, randIndex } from './agreement.ts'
import cases from './fixtures/agreement.json' with { type: 'json' }
import { parsed } from './fixtures/planted.ts'
import { LabelCountError } from './labels.ts'

const named = cases.map((fixture, index) => ({ ...fixture, title: `${index}: ${fixture.left.slice(0, 20)} | ${fixture.right.slice(0, 20)}` }))

test.each(named)('equals scikit-learn, case $title', (fixture) => {
  const left = parsed(fixture.left)
  const right = parsed(fixture.right)
  expect(randIndex(left, right)).toBeCloseTo(fixture.rand, 12)
  expect(adjustedRandIndex(left, right)).toBeCloseTo(fixture.adjustedRand, 12)
  expect(adjustedMutualInformation(left, right)).toBeCloseTo(fixture.adjustedMutual, 8)
  expect(normalisedMutualInformation(left, right)).toBeCloseTo(fixture.normalisedMutual, 12)
  expect(purity(left, right)).toBeCloseTo(fixture.purity, 12)
})

const labelling = fc.array(fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: 0, max: 3 })), { maxLength: 20 })

test('the Rand index is the share of pairs that are together in both or in neither', () => {
  fc.assert(
    fc.property(labelling, (both) => {
      let agreeing = 0
      let all = 0
      both.forEach(([a, b], index) => {
        for (const [c, d] of both.slice(0, index)) {
          all += 1
          if ((a === c) === (b === d)) agreeing += 1
        }
      })
      expect(
        randIndex(
          both.map(([a]) => a),
          both.map(([, b]) => b),
        ),
      ).toBe(all === 0 ? 1 : agreeing / all)
    }),
    { seed: 1 },
  )
})

/** Every order of the items. */
function* permutations(items: readonly number[]): Generator<number[]> {
  if (items.length === 0) yield []
  for (const [index, item] of items.entries()) for (const rest of permutations([...items.slice(0, index), ...items.slice(index + 1)])) yield [item, ...rest]
}

test('corrected for chance: over all shuffles of one side the adjusted measures average to 0', () => {
  const left = [0, 0, 0, 1, 1, 2]
  const right = [0, 0, 1, 1, 1, 1]
  const shuffles = [...permutations(right)]
  const mean = (measure: (a: number[], b: number[]) => number) => shuffles.reduce((sum, other) => sum + measure(left, other), 0) / shuffles.length
  expect(mean(adjustedRandIndex)).toBeCloseTo(0, 12)
  expect(mean(adjustedMutualInformation)).toBeCloseTo(0, 12)
  expect(mean(normalisedMutualInformation)).toBeGreaterThan(0.2)
})

test('names of clusters do not matter, and all but purity are symmetric', () => {
  fc.assert(
    fc.property(labelling, (both) => {
      const left = both.map(([a]) => a)
      const right = both.map(([, b]) => b)
      const renamed = left.map((label) => 40 - 3 * label)
      for (const measure of [randIndex, adjustedRandIndex, adjustedMutualInformation, normalisedMutualInformation]) {
        expect(measure(renamed, right)).toBeCloseTo(measure(left, right), 9)
        expect(measure(right, left)).toBeCloseTo(measure(left, right), 9)
        expect(measure(left, renamed)).toBeCloseTo(1, 9)
      }
      expect(purity(renamed, right)).toBe(purity(left, right))
    }),
    { seed: 2 },
  )
})

test('one cluster against many says exactly nothing', () => {
  expect(adjustedMutualInformation([0, 0, 0, 0], [0, 1, 2, 3])).toBe(0)
  expect(normalisedMutualInformation([0, 0, 0, 0], [0, 1, 2, 3])).toBe(0)
})

test('independent clusterings share no information, and rounding does not make it negative', () => {
  for (const [left, right] of [
    [3, 2],
    [3, 5],
    [7, 3],
    [6, 7],
  ] as const) {
    const points = Array.from({ length: left * right * 3 }, (_, index) => index)
    const shared = normalisedMutualInformation(
      points.map((index) => index % left),
      points.map((index) => Math.floor(index / left) % right),
    )
    expect(shared).toBeGreaterThanOrEqual(0)
    expect(shared).toBeLessThan(1e-14)
  }
})

test('purity counts the commonest true class of each found cluster', () => {
  expect(purity([0, 0, 0, 1, 1], [5, 5, 6, 6, 7])).toBe(3 / 5)
  expect(purity([5, 5, 6, 6, 7], [0, 0, 0, 1, 1])).toBe(4 / 5)
})

test('refuses lists of unequal length', () => {
  for (const measure of [randIndex, adjustedRandIndex, adjustedMutualInformation, normalisedMutualInformation, purity]) {
    expect(() => measure([0, 1], [0])).toThrow(LabelCountError)
  }
})
