/** Arithmetic on flat vectors. Sums run in float64 whatever the storage. Functions named `...Into` write to their first argument; all others leave their arguments alone. */
export type NumberVector = Float32Array | Float64Array

export class LengthMismatchError extends RangeError {
  constructor(left: number, right: number) {
    super(`vectors have ${left} and ${right} entries`)
    this.name = 'LengthMismatchError'
  }
}

function assertSameLength(left: NumberVector, right: NumberVector): void {
  if (left.length !== right.length) throw new LengthMismatchError(left.length, right.length)
}

/** `base + scale * direction`, rounded once to float32. */
export function addScaled(base: Float32Array, direction: NumberVector, scale: number): Float32Array {
  assertSameLength(base, direction)
  const result = new Float32Array(base.length)
  for (let index = 0; index < base.length; index += 1) result[index] = base[index] + scale * direction[index]
  return result
}

/** `left - right`: with trained and received parameters this is an update, and its sign is the direction in which the client moved. */
export function subtract(left: Float32Array, right: Float32Array): Float32Array {
  assertSameLength(left, right)
  const result = new Float32Array(left.length)
  for (let index = 0; index < left.length; index += 1) result[index] = left[index] - right[index]
  return result
}

export function dot(left: NumberVector, right: NumberVector): number {
  assertSameLength(left, right)
  let sum = 0
  for (let index = 0; index < left.length; index += 1) sum += left[index] * right[index]
  return sum
}

/** Euclidean length. */
export function norm(vector: NumberVector): number {
  return Math.sqrt(dot(vector, vector))
}

/** The direction of `vector`, of length 1; null where it has none: a norm of 0, or one that is not finite. */
export function unitOf(vector: NumberVector): Float64Array | null {
  const length = norm(vector)
  if (!(length > 0 && Number.isFinite(length))) return null
  const unit = new Float64Array(vector.length)
  for (let index = 0; index < vector.length; index += 1) unit[index] = vector[index] / length
  return unit
}
