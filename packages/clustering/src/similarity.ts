import { dot, type NumberVector, norm } from '@shoal/numeric'
import { createGram, PANEL } from './gram.ts'

/** Vectors of one length. */
export type Points = readonly NumberVector[]

/** A square symmetric matrix, row by row: `entries[i * size + j]`. */
export interface SymmetricMatrix {
  readonly size: number
  readonly entries: Float32Array | Float64Array
}

/** Distances between `size` items: symmetric, zero diagonal, nothing negative. */
export type DistanceMatrix = SymmetricMatrix

/** Up to this many rows a matrix is stored in float64 (32 MiB); from there on in float32, so that 5,000 rows take 100 MB. Sums run in float64 either way. */
const FLOAT64_ROWS = 2048

/** A row shorter than this part of the longest has no direction. */
const TINY = 1e-12

const storage = (size: number): Float32Array | Float64Array => (size > FLOAT64_ROWS ? new Float32Array(size * size) : new Float64Array(size * size))

const clamped = (cosine: number): number => Math.max(-1, Math.min(1, cosine))

/** Indices of the rows that have no direction: their norm is at most 1e-12 of the largest one. All rows, if all are zero. Throws RangeError for a row that is not finite. */
export function directionless(rows: Points): number[] {
  const norms = rows.map(norm)
  for (const [index, length] of norms.entries()) if (!Number.isFinite(length)) throw new RangeError(`row ${index} has norm ${length}`)
  const bound = TINY * norms.reduce((largest, length) => Math.max(largest, length), 0)
  return norms.flatMap((length, index) => (length <= bound ? [index] : []))
}

/** Throws RangeError for the norm of a row that has no cosine with any other: zero, or not finite. */
export function assertDirection(index: number, length: number): void {
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) throw new RangeError(`row ${index} has norm ${length}, hence no direction`)
}

/** Calls `visit` with cos(row, j) for all j < row, for one row after the other, in order; the array is used again. Cosines lie in [-1, 1]. Throws as `cosines`. */
export function forEachRowOfCosines(rows: Points, visit: (row: number, cosinesBefore: Float64Array) => void): void {
  const { size, norms, stride, panel } = createGram(rows)
  for (const [index, length] of norms.entries()) assertDirection(index, length)
  const before = new Float64Array(size)
  for (let first = 0; first < size; first += PANEL) {
    const products = panel(first)
    for (let row = first; row < Math.min(first + PANEL, size); row += 1) {
      const start = (row - first) * stride
      for (let j = 0; j < row; j += 1) before[j] = clamped(products[start + j] / (norms[row] * norms[j]))
      visit(row, before)
    }
  }
}

/** `entry(cosine)` for all pairs, `diagonal` on the diagonal. */
function matrixOf(rows: Points, diagonal: number, entry: (cosine: number) => number): SymmetricMatrix {
  const size = rows.length
  const entries = storage(size)
  forEachRowOfCosines(rows, (row, before) => {
    for (let j = 0; j < row; j += 1) entries[row * size + j] = entry(before[j])
    entries[row * size + row] = diagonal
  })
  // The other half block by block: a column at a time would touch a page for every entry.
  for (let top = 0; top < size; top += PANEL)
    for (let left = top; left < size; left += PANEL)
      for (let i = top; i < Math.min(top + PANEL, size); i += 1)
        for (let j = Math.max(left, i + 1); j < Math.min(left + PANEL, size); j += 1) entries[i * size + j] = entries[j * size + i]
  return { size, entries }
}

/**
 * Cosines of all pairs of rows, in [-1, 1], ones on the diagonal; inner products accumulate in float64.
 * Throws RangeError for a row that is zero or not finite (leave out the `directionless` ones first), LengthMismatchError for rows of different lengths.
 */
export const cosines = (rows: Points): SymmetricMatrix => matrixOf(rows, 1, (cosine) => cosine)

/** 1 - cosine, in [0, 2], for all pairs of rows. Throws as `cosines`. */
export const cosineDistances = (rows: Points): DistanceMatrix => matrixOf(rows, 0, (cosine) => 1 - cosine)

/** Cosine of two rows that have a direction: the definition, for everything here to be tested against. */
export const cosine = (left: NumberVector, right: NumberVector): number => clamped(dot(left, right) / (norm(left) * norm(right)))

/** The readable twin of `cosines`, always in float64: equal to it bit for bit up to 2,048 rows. */
export function plainCosines(rows: Points): SymmetricMatrix {
  const entries = Float64Array.from({ length: rows.length ** 2 })
  for (const [i, left] of rows.entries()) for (const [j, right] of rows.entries()) entries[i * rows.length + j] = i === j ? 1 : cosine(left, right)
  return { size: rows.length, entries }
}
