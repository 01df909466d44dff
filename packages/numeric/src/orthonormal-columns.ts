import { createRng } from './rng.ts'

/** A column of squared length below this, what the earlier ones say of it taken away, is drawn anew: it nearly depends on them. At least 3 in 16 of the draws do not. */
const SHORTEST = 0.25

/**
 * A seeded projection onto `columns` directions at right angles, each of length 1 (FLUX's compression, spec section 3): `rows` x `columns` numbers, row by row. Columns of random signs and
 * modified Gram-Schmidt in float64, twice over: only + - * / and the square root are used, which every engine rounds alike, so that the same seed gives the same bits everywhere.
 * There are no more than `rows` such directions: columns beyond are zero.
 */
export function orthonormalColumns({ rows, columns, seed }: { readonly rows: number; readonly columns: number; readonly seed: string }): Float64Array {
  const rng = createRng(seed)
  const drawSigns = (): Float64Array => {
    const signs = new Float64Array(rows)
    for (let index = 0; index < rows; index += 32) {
      const word = rng.word()
      for (let bit = 0; bit < 32 && index + bit < rows; bit += 1) signs[index + bit] = (word >>> bit) & 1 ? 1 : -1
    }
    return signs
  }
  const found: Float64Array[] = []
  while (found.length < Math.min(rows, columns)) {
    const column = drawSigns()
    // Twice: what the first pass leaves of the earlier columns is of the size of its rounding.
    for (let pass = 0; pass < 2; pass += 1) for (const earlier of found) takeAway(column, earlier)
    const length = product(column, column)
    if (length < SHORTEST) continue
    const root = Math.sqrt(length)
    for (let index = 0; index < rows; index += 1) column[index] /= root
    found.push(column)
  }
  const matrix = new Float64Array(rows * columns)
  for (const [column, entries] of found.entries()) for (let row = 0; row < rows; row += 1) matrix[row * columns + column] = entries[row]
  return matrix
}

function takeAway(column: Float64Array, direction: Float64Array): void {
  const share = product(column, direction)
  for (let index = 0; index < column.length; index += 1) column[index] -= share * direction[index]
}

/** In this order, entry by entry: another order gives other bits. */
function product(left: Float64Array, right: Float64Array): number {
  let sum = 0
  for (let index = 0; index < left.length; index += 1) sum += left[index] * right[index]
  return sum
}
