import { LengthMismatchError, type NumberVector } from './vector.ts'

/**
 * Sums as integers (docs/architecture.md): a weighted entry enters its sum as round(weight * value * 2^scaleBits), a whole number small enough that every
 * partial sum stays below 2^52. Integer addition is associative, so the order in which updates arrive can not change a bit of the result.
 */
export interface FixedPoint {
  /** s: entries are multiples of 2^-s before they are summed. */
  readonly scaleBits: number
  /** Largest legal |value| of an entry, before weighting. */
  readonly maxAbs: number
  /** Largest legal weight of one contribution (in examples). */
  readonly maxWeight: number
}

const SUM_BITS = 52

/** The finest scale at which `maxClients` contributions of `maxWeight` and entries up to `maxAbs` can not overflow: n W maxAbs 2^s < 2^52. */
export function createFixedPoint(limits: { maxClients: number; maxWeight: number; maxAbs: number }): FixedPoint {
  const { maxClients, maxWeight, maxAbs } = limits
  const largestSum = maxClients * maxWeight * maxAbs
  if (!(largestSum > 0) || !Number.isFinite(largestSum))
    throw new RangeError(`limits give no usable range: ${maxClients} clients, weight ${maxWeight}, entries ${maxAbs}`)
  let scaleBits = 0
  while (largestSum * 2 ** (scaleBits + 1) < 2 ** SUM_BITS) scaleBits += 1
  if (largestSum * 2 ** scaleBits >= 2 ** SUM_BITS) throw new RangeError('limits leave no bit for fractions: lower maxClients or maxWeight')
  return { scaleBits, maxAbs, maxWeight }
}

/** Index of the first entry that is not finite or exceeds `maxAbs` in size; -1 if there is none. */
export function firstIllegalEntry(vector: NumberVector, maxAbs: number): number {
  for (let index = 0; index < vector.length; index += 1) {
    // Written so that NaN fails too: every comparison with NaN is false.
    if (!(Math.abs(vector[index]) <= maxAbs)) return index
  }
  return -1
}

/**
 * Adds `weight * vector` to the integer `accumulator`. The caller has checked weight and entries; this is the only writer of the accumulator.
 * `floor(x + 0.5)` rounds as `Math.round(x)` does and is seven times faster in V8; where x is within one bit below a half it may give the next integer.
 */
export function foldInto(accumulator: Float64Array, vector: Float32Array, weight: number, fixedPoint: FixedPoint): void {
  if (accumulator.length !== vector.length) throw new LengthMismatchError(accumulator.length, vector.length)
  const scale = weight * 2 ** fixedPoint.scaleBits
  for (let index = 0; index < vector.length; index += 1) accumulator[index] += Math.floor(vector[index] * scale + 0.5)
}

/** The weighted sum as real numbers. Division by a power of two is exact. */
export function decodeSum(accumulator: Float64Array, fixedPoint: FixedPoint): Float64Array {
  const scale = 2 ** -fixedPoint.scaleBits
  return accumulator.map((integer) => integer * scale)
}
