/**
 * Scales `vector` in place so that its L2 norm is at most `clip`, and returns the factor: 1 where nothing was to be done. Holds after the rounding to float32 too, since the noise of
 * level `masked+dp` is sized for the clip exactly. Throws RangeError on an entry that is not finite: such a vector has no direction to keep.
 */
export function clipInto(vector: Float32Array | Float64Array, clip: number): number {
  if (!(clip > 0 && clip < Number.POSITIVE_INFINITY)) throw new RangeError(`a clip of ${clip}`)
  let factor = 1
  for (let norm = normOf(vector); norm > clip; norm = normOf(vector)) {
    const step = (clip / norm) * (factor === 1 ? 1 : BELOW_ROUNDING)
    for (let index = 0; index < vector.length; index += 1) vector[index] *= step
    factor *= step
  }
  return factor
}

/** A second pass is needed only where rounding up took the norm over the clip again, by less than this. */
const BELOW_ROUNDING = 1 - 2 ** -22

/** L2, in doubles, of entries of any size. */
function normOf(vector: Float32Array | Float64Array): number {
  let largest = 0
  for (let index = 0; index < vector.length; index += 1) {
    const size = Math.abs(vector[index])
    if (!(size < Number.POSITIVE_INFINITY)) throw new RangeError(`entry ${index} is not finite`)
    if (size > largest) largest = size
  }
  if (largest === 0) return 0
  let sum = 0
  for (let index = 0; index < vector.length; index += 1) sum += (vector[index] / largest) ** 2
  return largest * Math.sqrt(sum)
}

const SHARES = [1 / 8, 1 / 4, 1 / 2, 1] as const

/**
 * What a client weighs in a masked mean: min(examples, maxWeight) / maxWeight, rounded up to an eighth, a quarter, a half or all. Sums of exact weights over changing survivors are
 * linear equations that give every client's number of examples after some rounds (privacy.md 3.6 d); of four steps they give the step. A client without examples weighs nothing.
 */
export function weightShare(examples: number, maxWeight: number): number {
  if (!(examples >= 0) || !(maxWeight > 0)) throw new RangeError(`${examples} examples of at most ${maxWeight}`)
  if (examples === 0) return 0
  const share = Math.min(examples, maxWeight) / maxWeight
  return SHARES.find((step) => share <= step) ?? 1
}
