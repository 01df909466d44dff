import { createRng } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LabelledImages } from './labelled-images.ts'
import { partitionByDirichlet, partitionEqually } from './partition.ts'

/** `count` examples whose one pixel pair is their number; labels go round. */
const numbered = (count: number, classes: number): LabelledImages => ({
  count,
  shape: [1, 2, 1],
  pixels: Uint8Array.from({ length: 2 * count }, (_, index) => (index % 2 === 0 ? Math.floor(index / 512) : Math.floor(index / 2) % 256)),
  labels: Uint8Array.from({ length: count }, (_, index) => index % classes),
})

const numbersOf = (set: LabelledImages): number[] => Array.from({ length: set.count }, (_, index) => set.pixels[2 * index] * 256 + set.pixels[2 * index + 1])

function expectPartition(set: LabelledImages, parts: LabelledImages[], classes: number): void {
  const numbers = parts.flatMap(numbersOf)
  expect(numbers.sort((left, right) => left - right)).toEqual(Array.from({ length: set.count }, (_, index) => index))
  for (const part of parts) for (const [index, number] of numbersOf(part).entries()) expect(part.labels[index]).toBe(number % classes)
}

test('equal parts: disjoint, complete, sizes within one of each other (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 20 }), fc.string(), (count, parts, seed) => {
      fc.pre(parts <= count)
      const set = numbered(count, 4)
      const dealt = partitionEqually(set, parts, createRng(seed))
      expect(dealt).toHaveLength(parts)
      expectPartition(set, dealt, 4)
      const sizes = dealt.map((part) => part.count)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
    { numRuns: 50 },
  )
})

test('equal parts are shuffled and decided by the seed: the recorded deal of seed deal', () => {
  const deal = (seed: string): number[][] => partitionEqually(numbered(8, 2), 2, createRng(seed)).map(numbersOf)
  expect(deal('deal')).toEqual([
    [3, 1, 5, 2],
    [0, 4, 7, 6],
  ])
  expect(deal('other')).not.toEqual(deal('deal'))
})

test('Dirichlet parts: disjoint, complete, none empty (seeds by fast-check)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(1e-4, 0.05, 1, 100),
      fc.string(),
      (count, parts, concentration, seed) => {
        fc.pre(parts <= count)
        const set = numbered(count, 5)
        const dealt = partitionByDirichlet(set, parts, concentration, createRng(seed))
        expect(dealt).toHaveLength(parts)
        expectPartition(set, dealt, 5)
        expect(Math.min(...dealt.map((part) => part.count))).toBeGreaterThan(0)
      },
    ),
    { numRuns: 50 },
  )
})

test('a small concentration skews labels, a large one does not (seed skew)', () => {
  const set = numbered(2000, 10)
  const largestShare = (concentration: number): number => {
    const parts = partitionByDirichlet(set, 5, concentration, createRng('skew'))
    const shares = parts.map(
      (part) => Math.max(...Array.from({ length: 10 }, (_, label) => part.labels.filter((other) => other === label).length)) / part.count,
    )
    return shares.reduce((sum, share) => sum + share, 0) / shares.length
  }
  expect(largestShare(1000)).toBeLessThan(0.13)
  expect(largestShare(0.05)).toBeGreaterThan(0.3)
})

test('more parts than examples, none at all, or no concentration are refused', () => {
  const rng = createRng('refused')
  expect(() => partitionEqually(numbered(3, 2), 4, rng)).toThrow(RangeError)
  expect(() => partitionEqually(numbered(3, 2), 0, rng)).toThrow(RangeError)
  expect(() => partitionByDirichlet(numbered(3, 2), 1.5, 1, rng)).toThrow(RangeError)
  expect(() => partitionByDirichlet(numbered(3, 2), 2, 0, rng)).toThrow(RangeError)
})
