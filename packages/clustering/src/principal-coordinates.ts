import { createRng } from '@shoal/numeric'
import type { SymmetricMatrix } from './similarity.ts'

const STEPS = 300
const SEED = 'principal coordinates'

/**
 * Two coordinates for each of `size` points, given their inner products: the first two principal components of the points, the mean taken off (classical scaling).
 * By power iteration from a fixed start, so that the same points lie in the same places; the largest coordinate of a component is positive. Zeros where there is no spread.
 */
export function principalCoordinates({ size, entries }: SymmetricMatrix): [number, number][] {
  const means = Array.from({ length: size }, (_, row) => sumOf(size, (column) => entries[row * size + column]) / size)
  const mean = sumOf(size, (row) => means[row]) / size
  const centred = Float64Array.from({ length: size * size }, (_, at) => entries[at] - means[Math.floor(at / size)] - means[at % size] + mean)
  const trace = sumOf(size, (row) => centred[row * size + row])
  const first = leadingComponent(centred, size, trace)
  for (let at = 0; at < centred.length; at += 1) centred[at] -= first[Math.floor(at / size)] * first[at % size]
  const second = leadingComponent(centred, size, trace)
  return Array.from({ length: size }, (_, row) => [first[row], second[row]])
}

/** Fraction of the whole spread below which a component is rounding. */
const NOTHING = 1e-9

/** The leading eigenvector times the root of its eigenvalue. */
function leadingComponent(matrix: Float64Array, size: number, trace: number): Float64Array {
  const rng = createRng(SEED)
  let vector = Float64Array.from({ length: size }, () => rng.uniform() - 0.5)
  let value = 0
  for (let step = 0; step < STEPS; step += 1) {
    const next = new Float64Array(size)
    for (let row = 0; row < size; row += 1) next[row] = sumOf(size, (column) => matrix[row * size + column] * vector[column])
    value = Math.sqrt(sumOf(size, (row) => next[row] ** 2))
    if (!(value > 0)) return new Float64Array(size)
    vector = next.map((entry) => entry / value)
    // The first product is of a vector that is no unit vector yet: its length says nothing.
  }
  if (value <= NOTHING * trace) return new Float64Array(size)
  const largest = vector.reduce((most, entry) => (Math.abs(entry) > Math.abs(most) + NOTHING ? entry : most), 0)
  const scale = Math.sign(largest) * Math.sqrt(value)
  return vector.map((entry) => entry * scale)
}

function sumOf(count: number, entry: (index: number) => number): number {
  let sum = 0
  for (let index = 0; index < count; index += 1) sum += entry(index)
  return sum
}
