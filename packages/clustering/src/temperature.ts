import { LengthMismatchError, type NumberVector, norm } from '@shoal/numeric'
import { createGram, PANEL } from './gram.ts'
import { assertDirection, type DistanceMatrix, forEachRowOfCosines, type Points } from './similarity.ts'

/**
 * Temperature of a round (Zuziak et al. 2025): the entry-wise p-norm of the cosine distances over that of a matrix with 2 everywhere off the diagonal, which is half the p-mean of the
 * distances of pairs. 0 where all updates are parallel, 0.5 where all are orthogonal; for p = 2 at most sqrt(n / (2 (n - 1))), so 1 is reached at n = 2 only. `p` is 1 or more, or
 * Infinity for half the largest distance. Null for fewer than two items, of which there is no pair. Throws RangeError for p below 1.
 */
export function temperature({ size, entries }: DistanceMatrix, p = 2): number | null {
  if (!(p >= 1)) throw new RangeError(`p is ${p}, a norm needs p >= 1`)
  if (size < 2) return null
  let largest = 0
  for (let i = 0; i < size; i += 1) for (let j = 0; j < i; j += 1) largest = Math.max(largest, entries[i * size + j])
  if (largest === 0 || p === Number.POSITIVE_INFINITY) return largest / 2
  // Relative to the largest distance no power can overflow, however large p is.
  let sum = 0
  for (let i = 0; i < size; i += 1) for (let j = 0; j < i; j += 1) sum += (entries[i * size + j] / largest) ** p
  return (largest / 2) * (sum / pairsOf(size)) ** (1 / p)
}

const pairsOf = (size: number): number => (size * (size - 1)) / 2

/**
 * The temperature (p = 2) of the cosine distances of `rows`, without their matrix: O(n^2 s) time for n rows of s numbers if n <= s, else O(n s^2). Null for fewer than two rows.
 * Throws RangeError for a row that is zero or not finite, LengthMismatchError for rows of different lengths.
 */
export function temperatureOfRows(rows: Points): number | null {
  if (rows.length < 2) return null
  return rows.length <= rows[0].length ? fromPairs(rows) : fromSecondMoments(rows)
}

function fromPairs(rows: Points): number {
  let sum = 0
  forEachRowOfCosines(rows, (row, cosines) => {
    for (let j = 0; j < row; j += 1) sum += (1 - cosines[j]) ** 2
  })
  return Math.sqrt(sum / pairsOf(rows.length)) / 2
}

/** |U U^T|_F = |U^T U|_F, for unit rows. The subtraction leaves an error of 1e-8 where the temperature is zero. */
function fromSecondMoments(rows: Points): number {
  const length = rows[0].length
  const columns = Array.from({ length }, () => new Float64Array(rows.length))
  for (const [index, row] of rows.entries()) {
    if (row.length !== length) throw new LengthMismatchError(length, row.length)
    const scale = norm(row)
    assertDirection(index, scale)
    for (let k = 0; k < length; k += 1) columns[k][index] = row[k] / scale
  }
  const gram = createGram(columns)
  let second = 0
  for (let first = 0; first < length; first += PANEL) {
    const products = gram.panel(first)
    for (let i = first; i < Math.min(first + PANEL, length); i += 1)
      for (let j = 0; j <= i; j += 1) second += (i === j ? 1 : 2) * products[(i - first) * gram.stride + j] ** 2
  }
  const first = columns.reduce((sum, column) => sum + column.reduce((total, entry) => total + entry, 0) ** 2, 0)
  return fromTraces(rows.length, first, second)
}

/** From |sum of u|^2 and |sum of u u^T|_F^2 over unit vectors u: `sum_ij (1 - cos_ij)^2 = n^2 - 2 |sum u|^2 + |sum u u^T|_F^2`, whose diagonal is zero. */
const fromTraces = (clients: number, first: number, second: number): number =>
  Math.sqrt(Math.max(0, clients * clients - 2 * first + second) / (clients * (clients - 1))) / 2

/**
 * The temperature (p = 2) from a sum over clients of `[s | upper triangle of s s^T]`, s a unit vector of `length` numbers, the triangle row by row with its diagonal.
 * Null for fewer than two clients. Throws LengthMismatchError unless `total` has length + length (length + 1) / 2 numbers.
 */
export function temperatureFromMoments(total: NumberVector, clients: number, length: number): number | null {
  const expected = length + (length * (length + 1)) / 2
  if (total.length !== expected) throw new LengthMismatchError(total.length, expected)
  if (clients < 2) return null
  let first = 0
  for (let i = 0; i < length; i += 1) first += total[i] ** 2
  let second = 0
  let position = length
  for (let i = 0; i < length; i += 1) {
    for (let j = i; j < length; j += 1) {
      second += (i === j ? 1 : 2) * total[position] ** 2
      position += 1
    }
  }
  return fromTraces(clients, first, second)
}
