import { LengthMismatchError, type NumberVector } from '@shoal/numeric'

/** Squared Euclidean distance, summed in float64. */
export function squaredDistance(left: NumberVector, right: NumberVector): number {
  if (left.length !== right.length) throw new LengthMismatchError(left.length, right.length)
  let sum = 0
  for (let index = 0; index < left.length; index += 1) {
    const difference = left[index] - right[index]
    sum += difference * difference
  }
  return sum
}
