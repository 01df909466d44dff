import { createRng } from './rng.ts'

/**
 * A seeded rotation that spreads every coordinate over many: random signs, then a Walsh-Hadamard transform in blocks of a power of two, coordinate i in block i mod blocks, so that
 * neighbours (one layer's entries) land in different blocks. Heavy tails become nearly normal, and a common bound on all coordinates wastes few bits. The seed is public.
 */
export interface Rotation {
  readonly length: number
  /** Length after rotation: whole blocks, at most 1 % more than `length` and never 64 coordinates or more beyond it where that is larger. */
  readonly rotatedLength: number
  /** Keeps the norm. `vector`: `[length]`; the result: `[rotatedLength]`. */
  rotate(vector: Float32Array | Float64Array): Float64Array
  /** The inverse. `rotated`: `[rotatedLength]`; the result: `[length]`. */
  restore(rotated: Float64Array): Float64Array
}

const LARGEST_BLOCK = 1 << 15
/** More than this share of zeros at the end would be sent for nothing. */
const MOST_PADDING = 0.01

/** The largest block that pads little enough. */
function blockOf(length: number): number {
  let best = 1
  for (let size = 2; size <= LARGEST_BLOCK && size < 2 * length; size *= 2) {
    const padding = Math.ceil(length / size) * size - length
    if (padding <= length * MOST_PADDING) best = size
  }
  return best
}

/** The longest length up to `length` that `createRotation` does not pad; more than half of it. */
export const seamlessLength = (length: number): number =>
  length < LARGEST_BLOCK ? 2 ** Math.floor(Math.log2(length)) : Math.floor(length / LARGEST_BLOCK) * LARGEST_BLOCK

export function createRotation({ length, seed }: { readonly length: number; readonly seed: string }): Rotation {
  const size = blockOf(length)
  const blocks = Math.ceil(length / size)
  const rotatedLength = blocks * size
  let drawn: Int8Array | null = null
  /** Drawn when they are first needed: many ask for the rotated length alone. */
  const drawnSigns = (): Int8Array => {
    drawn ??= drawSigns(rotatedLength, seed)
    return drawn
  }
  const scale = 1 / Math.sqrt(size)
  const placeOf = (index: number): number => (index % blocks) * size + Math.floor(index / blocks)

  function transform(values: Float64Array): void {
    for (let start = 0; start < rotatedLength; start += size) walshHadamard(values, start, size)
    for (let index = 0; index < rotatedLength; index += 1) values[index] *= scale
  }

  return {
    length,
    rotatedLength,
    rotate(vector) {
      if (vector.length !== length) throw new RangeError(`a vector of ${vector.length} entries, ${length} were expected`)
      const signs = drawnSigns()
      const rotated = new Float64Array(rotatedLength)
      for (let index = 0; index < length; index += 1) {
        const place = placeOf(index)
        rotated[place] = vector[index] * signs[place]
      }
      transform(rotated)
      return rotated
    },
    restore(rotated) {
      if (rotated.length !== rotatedLength) throw new RangeError(`a vector of ${rotated.length} entries, ${rotatedLength} were expected`)
      const signs = drawnSigns()
      const values = rotated.slice()
      transform(values)
      const vector = new Float64Array(length)
      for (let index = 0; index < length; index += 1) {
        const place = placeOf(index)
        vector[index] = values[place] * signs[place]
      }
      return vector
    },
  }
}

function drawSigns(length: number, seed: string): Int8Array {
  const rng = createRng(seed)
  const signs = new Int8Array(length)
  for (let index = 0; index < length; index += 32) {
    const word = rng.word()
    for (let bit = 0; bit < 32 && index + bit < length; bit += 1) signs[index + bit] = (word >>> bit) & 1 ? 1 : -1
  }
  return signs
}

/** In place, without normalisation: applied twice it multiplies by `size`. */
function walshHadamard(values: Float64Array, start: number, size: number): void {
  for (let half = 1; half < size; half *= 2)
    for (let left = start; left < start + size; left += 2 * half)
      for (let index = left; index < left + half; index += 1) {
        const sum = values[index] + values[index + half]
        values[index + half] = values[index] - values[index + half]
        values[index] = sum
      }
}
