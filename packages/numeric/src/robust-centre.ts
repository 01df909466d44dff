import { LengthMismatchError, type NumberVector } from './vector.ts'

/** What stands for the mean of some vectors, coordinate by coordinate: the middle one, or the mean of the middle half. Each vector counts once. */
export type CentreRule = 'median' | 'trimmed'

/** Of the values of a coordinate a trimmed mean leaves out this share at either end. */
const TRIM_SHARE = 0.25

/** How many of `count` values are left out at either end. Of three or four it is one; of one or two nothing can be told. */
const trimmedAt = (count: number): number => (count < 3 ? 0 : Math.max(1, Math.floor(TRIM_SHARE * count)))

/**
 * Entries `from` to `to` of the centre of `vectors`: `[to - from]`. A column of a coordinate's values is `[vectors.length]`, so that a caller bounds the memory, and the time of one call, by how
 * far apart the two are. Fewer bad vectors than half (`median`), or than are trimmed at an end (`trimmed`), leave every entry within the range of the good ones.
 * A trimmed mean depends on the order of `vectors` in its last bits.
 */
export function centreOf(vectors: readonly NumberVector[], rule: CentreRule, from = 0, to = vectors[0]?.length ?? 0): Float64Array {
  const count = vectors.length
  for (const { length } of vectors) if (length !== vectors[0].length) throw new LengthMismatchError(vectors[0].length, length)
  const centre = new Float64Array(to - from)
  if (count === 0) return centre
  const columns = new Float64Array(count * centre.length)
  for (const [row, vector] of vectors.entries()) {
    for (let index = from, at = row; index < to; index += 1, at += count) columns[at] = vector[index]
  }
  const middle = rule === 'median' ? medianOf : trimmedMeanOf
  for (let index = 0; index < centre.length; index += 1) centre[index] = middle(columns.subarray(index * count, (index + 1) * count))
  return centre
}

/** The middle value, the mean of the two middle ones of an even number. Reorders `column`, which is not empty. */
export function medianOf(column: Float64Array): number {
  const upper = column.length >>> 1
  select(column, upper, 0)
  if (column.length % 2 === 1) return column[upper]
  let lower = column[0]
  for (let index = 1; index < upper; index += 1) if (column[index] > lower) lower = column[index]
  return (lower + column[upper]) / 2
}

function trimmedMeanOf(column: Float64Array): number {
  const first = trimmedAt(column.length)
  const last = column.length - 1 - first
  if (first > 0) {
    select(column, first, 0)
    select(column, last, first)
  }
  let sum = 0
  for (let index = first; index <= last; index += 1) sum += column[index]
  return sum / (last - first + 1)
}

/**
 * Reorders `column` from `low` on: what `column[rank]` would be if it were sorted is there, nothing before it is larger and nothing after it smaller. Hoare's quickselect with the median of three as
 * pivot; where somebody has chosen the values so that it takes too long, the rest is sorted.
 */
function select(column: Float64Array, rank: number, low: number): void {
  let high = column.length - 1
  let passes = 2 * Math.ceil(Math.log2(column.length + 1)) + 8
  while (low < high) {
    passes -= 1
    if (passes < 0) {
      column.subarray(low, high + 1).sort()
      return
    }
    const middle = (low + high) >>> 1
    if (column[middle] < column[low]) swap(column, middle, low)
    if (column[high] < column[low]) swap(column, high, low)
    if (column[high] < column[middle]) swap(column, high, middle)
    const pivot = column[middle]
    let left = low
    let right = high
    while (left <= right) {
      while (column[left] < pivot) left += 1
      while (column[right] > pivot) right -= 1
      if (left <= right) {
        swap(column, left, right)
        left += 1
        right -= 1
      }
    }
    if (rank <= right) high = right
    else if (rank >= left) low = left
    else return
  }
}

function swap(column: Float64Array, left: number, right: number): void {
  const kept = column[left]
  column[left] = column[right]
  column[right] = kept
}
