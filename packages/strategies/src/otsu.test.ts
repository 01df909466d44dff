import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { otsu } from './otsu.ts'

test('two humps are cut in the middle of what lies between them', () => {
  expect(otsu([5, 0, 0, 0, 5, 0], 1)).toBe(2) // cuts after 1, 2, 3 or 4 bins are equal
  expect(otsu([1, 4, 0, 0, 3, 3], 1)).toBe(3)
})

test('no cut leaves fewer than the smallest part on a side', () => {
  expect(otsu([1, 0, 0, 0, 9], 2)).toBeNull()
  expect(otsu([1, 0, 0, 3, 0, 4], 2)).toBe(4) // the lone one on the left would be cut off first
})

test('nothing, or all in one bin: no cut', () => {
  expect(otsu([0, 0, 0], 1)).toBeNull()
  expect(otsu([0, 7, 0], 1)).toBeNull()
  expect(otsu([0, 7, 0], 0)).toBeNull()
})

test('it is the cut of largest variance between the sides (brute force, 200 histograms, seed "otsu")', () => {
  const rng = createRng('otsu')
  for (let trial = 0; trial < 200; trial += 1) {
    const counts = Array.from({ length: 12 }, () => rng.below(4))
    const between = (cut: number): number => {
      const values = counts.flatMap((count, bin) => Array<number>(count).fill(bin))
      const [left, right] = [values.filter((bin) => bin < cut), values.filter((bin) => bin >= cut)]
      if (left.length < 2 || right.length < 2) return 0
      const mean = (side: number[]): number => side.reduce((sum, bin) => sum + bin, 0) / side.length
      return left.length * right.length * (mean(left) - mean(right)) ** 2
    }
    const best = Math.max(...counts.map((_, bin) => between(bin)))
    const cut = otsu(counts, 2)
    if (best === 0) expect(cut).toBeNull()
    else expect(between(cut!)).toBeCloseTo(best, 9)
  }
})
