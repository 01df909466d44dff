import { expect, test } from 'vitest'
import { bandOf, keptPoints, type Reading } from './decimation.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

test('few points are all kept', () => {
  expect(keptPoints(upTo(10), [upTo(10)], 5)).toEqual(upTo(10))
})

test('of many points each column keeps the least and the largest of every curve, and the ends stay', () => {
  const xs = upTo(100_000)
  const wave = xs.map((x) => Math.sin(x / 7))
  const spike = xs.map((x): Reading => (x === 54_321 ? 1000 : 0))
  const kept = keptPoints(xs, [wave, spike], 300)
  expect(kept.length).toBeLessThanOrEqual(300 * 2 * 2 + 2)
  expect(kept).toContain(54_321)
  expect([kept[0], kept.at(-1)]).toEqual([0, 99_999])
  const shown = kept.map((index) => wave[index]!)
  expect([Math.min(...shown), Math.max(...shown)]).toEqual([wave.reduce((a, b) => Math.min(a, b)), wave.reduce((a, b) => Math.max(a, b))])
  expect(kept).toEqual([...kept].sort((left, right) => left - right))
})

test('a gap is not taken for a reading', () => {
  const xs = upTo(1000)
  const sparse = xs.map((x): Reading => (x === 500 ? -3 : null))
  expect(keptPoints(xs, [sparse], 10)).toEqual([0, 500, 999])
})

test('a band runs from the least to the largest of the curves that were measured', () => {
  expect(
    bandOf([
      [0.5, null, null],
      [0.25, 0.75],
      [null, 0.5, null],
    ]),
  ).toEqual({ low: [0.25, 0.5, null], high: [0.5, 0.75, null] })
  expect(bandOf([])).toEqual({ low: [], high: [] })
})
