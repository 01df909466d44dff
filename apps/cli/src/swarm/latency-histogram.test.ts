import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLatencyHistogram, summaryOf } from './latency-histogram.ts'

/** One bucket's width, and a microsecond for durations below a whole one. */
const RELATIVE = 1 + 1 / 32
const SLACK_MS = 0.001

/** The plain twin: keeps every duration. */
function plainPercentile(durations: readonly number[], share: number): number {
  const sorted = [...durations].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

const durations = fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 100_000, noNaN: true })), {
  minLength: 1,
  maxLength: 400,
})

test('a percentile is never below the true one, and at most a bucket above it; count, mean and max are exact', () => {
  fc.assert(
    fc.property(durations, (all) => {
      const histogram = createLatencyHistogram()
      for (const duration of all) histogram.add(duration)
      const summary = summaryOf(histogram.data())
      expect(summary.count).toBe(all.length)
      expect(summary.max).toBe(Math.max(...all))
      expect(summary.mean).toBeCloseTo(all.reduce((sum, duration) => sum + duration, 0) / all.length, 6)
      for (const [share, found] of [
        [0.5, summary.p50],
        [0.9, summary.p90],
        [0.99, summary.p99],
      ]) {
        const truth = plainPercentile(all, share)
        expect(found).toBeGreaterThanOrEqual(truth - 1e-9)
        expect(found).toBeLessThanOrEqual(truth * RELATIVE + SLACK_MS)
      }
    }),
    { seed: 7 },
  )
})

test('histograms of several threads taken together are the histogram of all', () => {
  fc.assert(
    fc.property(durations, durations, (left, right) => {
      const [apart, together] = [createLatencyHistogram(), createLatencyHistogram()]
      const other = createLatencyHistogram()
      for (const duration of left) apart.add(duration)
      for (const duration of right) other.add(duration)
      for (const duration of [...left, ...right]) together.add(duration)
      apart.merge(structuredClone(other.data()))
      expect(apart.count()).toBe(together.count())
      expect(apart.data().buckets).toEqual(together.data().buckets)
    }),
    { seed: 8 },
  )
})

test('memory does not grow with the number of durations: a million of them fill at most 32 buckets an octave', () => {
  const histogram = createLatencyHistogram()
  for (let index = 0; index < 1_000_000; index += 1) histogram.add((index * 7919) % 1_000_003)
  expect(histogram.count()).toBe(1_000_000)
  expect(histogram.data().buckets.length).toBeLessThanOrEqual(32 * 37)
})

test('no durations, negative ones and ones beyond the largest bucket do no harm', () => {
  expect(summaryOf(createLatencyHistogram().data())).toEqual({ count: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 })
  const histogram = createLatencyHistogram()
  histogram.add(-5)
  histogram.add(1e12)
  expect(summaryOf(histogram.data())).toMatchObject({ count: 2, max: 1e12 })
})
