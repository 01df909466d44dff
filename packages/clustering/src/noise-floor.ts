import type { NumberVector } from '@shoal/numeric'
import { median } from './quantile.ts'
import type { Points } from './similarity.ts'

/**
 * How far two descriptors of one source lie apart by chance (ours, spec section 8): the median over the rows of the scaled distance between two halves of their data, by sqrt 2,
 * since a half has half the examples. Null without rows that can be read.
 *
 * `halves`: of each row, for each block, the squared distance before scaling; scaling divides a block by one span, and its squared distance by the span's square.
 */
export function noiseFloor(halves: Points, scaler: Float32Array): number | null {
  const distances = halves.map((half) => scaledDistance(half, scaler)).filter(Number.isFinite)
  return distances.length === 0 ? null : median(distances) / Math.SQRT2
}

function scaledDistance(half: NumberVector, scaler: Float32Array): number {
  let sum = 0
  for (const [block, squared] of half.entries()) {
    const span = scaler[2 * block + 1]
    if (span > 0) sum += squared / span ** 2
  }
  return Math.sqrt(sum)
}
