/** Each doubling of a duration is cut into so many buckets, so that a percentile is at most 1/32 above the true one. */
const BUCKETS_PER_OCTAVE = 32
/** From 1 µs to 2^37 µs, a day and a half. */
const OCTAVES = 37
const LARGEST_US = 2 ** OCTAVES - 1

/** Durations in memory that does not grow with their number. */
export interface LatencyHistogram {
  /** Milliseconds; below 0 counts as 0. */
  add(ms: number): void
  count(): number
  /** Takes the durations of another one in. */
  merge(other: HistogramData): void
  data(): HistogramData
}

/** Plain data, for another thread. `buckets`: pairs of a bucket and how many fell into it, ascending. */
export interface HistogramData {
  readonly buckets: readonly (readonly [number, number])[]
  readonly sumMs: number
  readonly maxMs: number
}

/** Milliseconds. */
export interface LatencySummary {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export function createLatencyHistogram(): LatencyHistogram {
  const counts = new Map<number, number>()
  let total = 0
  let sumMs = 0
  let maxMs = 0
  return {
    add(ms) {
      const duration = Math.max(0, ms)
      const bucket = bucketOf(duration)
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
      total += 1
      sumMs += duration
      maxMs = Math.max(maxMs, duration)
    },
    count: () => total,
    merge(other) {
      for (const [bucket, count] of other.buckets) {
        counts.set(bucket, (counts.get(bucket) ?? 0) + count)
        total += count
      }
      sumMs += other.sumMs
      maxMs = Math.max(maxMs, other.maxMs)
    },
    data: () => ({ buckets: [...counts].sort(([a], [b]) => a - b), sumMs, maxMs }),
  }
}

/** Of no durations everything is 0. */
export function summaryOf({ buckets, sumMs, maxMs }: HistogramData): LatencySummary {
  const count = buckets.reduce((sum, [, times]) => sum + times, 0)
  /** The least duration that `share` of all do not exceed, by the upper end of its bucket. */
  const percentile = (share: number): number => {
    let left = Math.ceil(share * count)
    for (const [bucket, times] of buckets) {
      left -= times
      if (left <= 0) return Math.min(maxMs, upperEndOf(bucket))
    }
    return maxMs
  }
  return { count, mean: count === 0 ? 0 : sumMs / count, p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99), max: maxMs }
}

/** Whole microseconds up to 31 have a bucket each, as buckets of the first octaves would be narrower than that. */
function bucketOf(ms: number): number {
  const us = Math.min(LARGEST_US, Math.floor(ms * 1000))
  if (us < BUCKETS_PER_OCTAVE) return us
  const octave = Math.floor(Math.log2(us))
  return octave * BUCKETS_PER_OCTAVE + Math.floor((us / 2 ** octave - 1) * BUCKETS_PER_OCTAVE)
}

/** Milliseconds. */
function upperEndOf(bucket: number): number {
  if (bucket < BUCKETS_PER_OCTAVE) return (bucket + 1) / 1000
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE)
  return (2 ** octave * (1 + ((bucket % BUCKETS_PER_OCTAVE) + 1) / BUCKETS_PER_OCTAVE)) / 1000
}
