import { createRng } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import fixture from './fixtures/distillation.json' with { type: 'json' }
import { cappedWeights, confidenceWeights, drawLabels, drawTeachers, groupShares } from './label-sampler.ts'

const BY_COUNTS = { sampler: 'counts', weighting: 'counts' } as const
const ALIKE = { sampler: 'uniform', weighting: 'uniform' } as const
const RULES = [BY_COUNTS, ALIKE, { sampler: 'uniform', weighting: 'counts' }, { sampler: 'counts', weighting: 'uniform' }] as const

/** K x C, with an example at least. */
const tables = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 6 }))
  .chain(([clusters, classes]) =>
    fc.array(fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1000 })), { minLength: classes, maxLength: classes }), {
      minLength: clusters,
      maxLength: clusters,
    }),
  )
  .filter((counts) => counts.flat().some((count) => count > 0))

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

test('p and a_k are those of an implementation apart (fixtures/distillation.py)', () => {
  const { labels, weights } = groupShares(fixture.counts, BY_COUNTS)
  expect(labels).toEqual(fixture.p.map((share) => expect.closeTo(share, 12)))
  expect(weights).toEqual(fixture.a.map((own) => own.map((weight) => expect.closeTo(weight, 12))))
})

test('invariant 1: sum_k a_k(y) = 1 for every y with N^y > 0, else 0; sum p = 1; all in [0, 1]', () => {
  fc.assert(
    fc.property(tables, fc.constantFrom(...RULES), fc.constantFrom(0.5, 0.9, 1), (counts, rules, largest) => {
      const shares = groupShares(counts, rules)
      expect(sumOf(shares.labels)).toBeCloseTo(1, 12)
      for (const weights of [shares.weights, cappedWeights(shares.weights, largest)])
        for (const [label, share] of shares.labels.entries()) {
          const ofLabel = weights.map((own) => own[label])
          const isHeld = counts.some((own) => own[label] > 0)
          expect(sumOf(ofLabel)).toBeCloseTo(isHeld ? 1 : 0, 12)
          if (!isHeld) expect(share).toBe(0)
          for (const value of [...ofLabel, share]) expect(value).toSatisfy((found: number) => found >= 0 && found <= 1 + 1e-12)
        }
    }),
  )
})

test('invariant 2: p(y) a_k(y) = pi_k p_k(y)', () => {
  fc.assert(
    fc.property(tables, (counts) => {
      const { labels, weights } = groupShares(counts, BY_COUNTS)
      const all = sumOf(counts.flat())
      for (const [cluster, own] of counts.entries())
        for (const [label, count] of own.entries()) expect(labels[label] * weights[cluster][label]).toBeCloseTo(count / all, 12)
    }),
  )
})

test('invariant 3: a stratified draw is within 1 of B p for each class, and a class that nobody has is never drawn', () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 1, max: 130 }), fc.string(), (counts, batch, seed) => {
      const { labels } = groupShares(counts, BY_COUNTS)
      const drawn = drawLabels(labels, batch, createRng(seed))
      expect(drawn).toHaveLength(batch)
      for (const [label, share] of labels.entries()) {
        const times = drawn.filter((one) => one === label).length
        expect(Math.abs(times - batch * share)).toBeLessThan(1 + 1e-9)
        if (share === 0) expect(times).toBe(0)
      }
    }),
  )
})

test('invariant 3: over 1e5 draws the histogram is within 4 sigma of p (seed histogram)', () => {
  const shares = [0.02, 0.33, 0, 0.4, 0.25]
  const rng = createRng('histogram')
  const [batch, draws] = [5, 100_000]
  const times = new Array<number>(shares.length).fill(0)
  for (let drawn = 0; drawn < draws; drawn += batch) for (const label of drawLabels(shares, batch, rng)) times[label] += 1
  for (const [label, share] of shares.entries()) expect(Math.abs(times[label] - draws * share)).toBeLessThanOrEqual(4 * Math.sqrt(draws * share * (1 - share)))
})

test('invariant 7: clusters and classes in another order give the same in that order', () => {
  fc.assert(
    fc.property(tables, (counts) => {
      const shares = groupShares(counts, BY_COUNTS)
      const turned = groupShares([...counts].reverse(), BY_COUNTS)
      expect(turned.weights).toEqual([...shares.weights].reverse())
      expect(turned.labels).toEqual(shares.labels)
      const classes = groupShares(
        counts.map((own) => [...own].reverse()),
        BY_COUNTS,
      )
      expect(classes.weights).toEqual(shares.weights.map((own) => [...own].reverse()))
      for (const [label, share] of [...shares.labels].reverse().entries()) expect(classes.labels[label]).toBeCloseTo(share, 12)
    }),
  )
})

test('invariant 14: scaling all counts by a constant changes nothing', () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 2, max: 9 }), (counts, factor) => {
      const [one, other] = [counts, counts.map((own) => own.map((count) => count * factor))].map((given) => groupShares(given, BY_COUNTS))
      for (const [label, share] of one.labels.entries()) expect(other.labels[label]).toBeCloseTo(share, 12)
      for (const [cluster, own] of one.weights.entries())
        for (const [label, weight] of own.entries()) expect(other.weights[cluster][label]).toBeCloseTo(weight, 12)
    }),
  )
})

test('guard: class held by one cluster: capped at 0.9, and the others share the rest', () => {
  expect(
    cappedWeights(
      [
        [1, 0.5],
        [0, 0.5],
        [0, 0],
      ],
      0.9,
    ),
  ).toEqual([
    [0.9, 0.5],
    [expect.closeTo(0.05), 0.5],
    [expect.closeTo(0.05), 0],
  ])
  expect(cappedWeights([[1, 1]], 0.9)).toEqual([[1, 1]])
})

test('guard: counts unknown: a_k(y) is how sure a teacher is of y where y was to be drawn, and everybody alike where nobody is', () => {
  const sure = [
    [0.9, 0.1, 0.7, 0.3],
    [0.3, 0.7, 0.5, 0.5],
  ]
  const [one, other] = confidenceWeights(sure, [0, 1], 2)
  expect(one).toEqual([expect.closeTo(0.75), expect.closeTo(0.3 / 0.8)])
  expect(other).toEqual([expect.closeTo(0.25), expect.closeTo(0.5 / 0.8)])
  expect(confidenceWeights(sure, [0, 0], 2).map((own) => own[1])).toEqual([0.5, 0.5])
})

test('above the most teachers some are drawn by their sizes, none twice and none without examples (seed teachers)', () => {
  const rng = createRng('teachers')
  expect(drawTeachers([3, 1, 2], 3, rng)).toEqual([0, 1, 2])
  const times = [0, 0, 0]
  for (let draw = 0; draw < 4000; draw += 1)
    for (const [index, teacher] of drawTeachers([600, 300, 100], 1, rng).entries()) times[teacher] += Number(index === 0)
  for (const [teacher, share] of [0.6, 0.3, 0.1].entries()) expect(Math.abs(times[teacher] / 4000 - share)).toBeLessThan(0.04)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 3, maxLength: 20 }), fc.string(), (sizes, seed) => {
      const drawn = drawTeachers(sizes, 2, createRng(seed))
      expect(new Set(drawn).size).toBe(2)
      expect([...drawn].sort((one, other) => one - other)).toEqual(drawn)
    }),
  )
})
