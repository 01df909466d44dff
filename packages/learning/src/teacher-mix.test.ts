import { createRng } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import fixture from './fixtures/distillation.json' with { type: 'json' }
import { groupShares } from './label-sampler.ts'
import { meanCrossEntropy, meanDivergence, meanEntropyShare, mixOf, probabilitiesOf } from './teacher-mix.ts'

const CLASSES = 3
const { temperature } = fixture.terms
const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 10))

test('mix, divergence, cross entropy and entropy are those of an implementation apart (fixtures/distillation.py)', () => {
  const mix = mixOf(fixture.logits, fixture.labels, fixture.a, temperature)
  expect([...mix]).toEqual(near(fixture.q))
  expect(meanDivergence(mix, fixture.studentLogits, CLASSES, temperature)).toBeCloseTo(fixture.divergence, 10)
  expect(meanEntropyShare(mix, CLASSES)).toBeCloseTo(fixture.entropyShare, 10)
  expect(meanCrossEntropy(mixOf(fixture.logits, fixture.labels, fixture.a, 1), fixture.labels, CLASSES)).toBeCloseTo(fixture.crossEntropy, 10)
})

const logitsFrom = (seed: string, rows: number): number[] => {
  const rng = createRng(seed)
  return Array.from({ length: rows * CLASSES }, () => 20 * rng.normal())
}

test('invariant 4: q_b is a probability vector for every label that is drawn', () => {
  const count = fc.integer({ min: 1, max: 9 })
  fc.assert(
    fc.property(fc.array(fc.tuple(count, count, count), { minLength: 1, maxLength: 4 }), fc.string(), fc.constantFrom(0.5, 1, 20), (counts, seed, tau) => {
      const labels = [0, 1, 2, 2]
      const logits = counts.map((_, teacher) => logitsFrom(`${seed} ${teacher}`, labels.length))
      const mix = mixOf(logits, labels, groupShares(counts, { sampler: 'counts', weighting: 'counts' }).weights, tau)
      for (let row = 0; row < labels.length; row += 1) {
        const shares = [...mix.subarray(row * CLASSES, (row + 1) * CLASSES)]
        expect(shares.every((share) => share >= 0)).toBe(true)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
      }
    }),
  )
})

test('invariant 5: of one teacher the mix is its softmax', () => {
  const logits = logitsFrom('one', 2)
  expect(mixOf([logits], [1, 2], [[1, 1, 1]], 1)).toEqual(probabilitiesOf(logits, CLASSES, 1))
})

test('invariant 8: L_u >= 0, and 0 where the student answers as the mix does', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const [teacher, student] = [logitsFrom(`teacher ${one}`, 2), logitsFrom(`student ${other}`, 2)]
      const mix = probabilitiesOf(teacher, CLASSES, 1)
      expect(meanDivergence(mix, student, CLASSES, 1)).toBeGreaterThan(0)
      expect(meanDivergence(mix, teacher, CLASSES, 1)).toBeCloseTo(0, 10)
    }),
  )
})

test('guard: contradicting teachers: the entropy of their mix is that of no opinion', () => {
  const sure = [30, 0, 0, 0, 30, 0]
  const turned = [0, 30, 0, 30, 0, 0]
  expect(meanEntropyShare(mixOf([sure, turned], [0, 1], [Array(3).fill(0.5), Array(3).fill(0.5)], 1), CLASSES)).toBeCloseTo(Math.log(2) / Math.log(3), 6)
  expect(meanEntropyShare(probabilitiesOf(sure, CLASSES, 1), CLASSES)).toBeCloseTo(0, 6)
  expect(meanEntropyShare(probabilitiesOf([0, 0, 0], CLASSES, 1), CLASSES)).toBeCloseTo(1, 12)
})
