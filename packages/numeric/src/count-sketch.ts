import { createRng, deriveSeed } from './rng.ts'
import { LengthMismatchError, type NumberVector } from './vector.ts'

/** A linear map from vectors of `length` entries to `buckets` numbers that keeps inner products up to an error of about 1 / sqrt(buckets). */
export interface CountSketch {
  /** `buckets` numbers. One pass over `vector`; throws LengthMismatchError where its length is not the sketch's. */
  sketch(vector: NumberVector): Float64Array
}

/** The cell of a coordinate, 2 * bucket + (1 where its sign is negative), must fit in 31 bits. */
const MOST_BUCKETS = 2 ** 30

/**
 * Count-sketch (Charikar, Chen & Farach-Colton 2002): entry p is added to bucket h(p) with sign s(p). h and s are drawn once, in the order of the coordinates, and
 * depend on `seed`, `length` and `buckets` only: every engine has the same map, whatever it has sketched before. <Rx, Ry> has mean <x, y>; the cosine of two
 * sketches is off by about (1 - cos^2) / sqrt(buckets), whatever the length.
 *
 * The seed is public and the map hides nothing: it is so many known linear measurements of the vector. What protects a sketch is how it travels.
 * Throws RangeError where a size is no positive integer. Takes 4 bytes per coordinate for as long as it is kept.
 */
export function createCountSketch(options: { readonly length: number; readonly buckets: number; readonly seed: string }): CountSketch {
  const { length, buckets, seed } = options
  if (!Number.isInteger(length) || length < 1) throw new RangeError(`a sketch of vectors of ${length} entries`)
  if (!Number.isInteger(buckets) || buckets < 1 || buckets > MOST_BUCKETS) throw new RangeError(`a sketch in ${buckets} buckets`)
  const rng = createRng(deriveSeed(seed, 'count-sketch', length, buckets))
  const cells = new Int32Array(length)
  for (let coordinate = 0; coordinate < length; coordinate += 1) cells[coordinate] = rng.below(2 * buckets)

  const sketch = (vector: NumberVector): Float64Array => {
    if (vector.length !== length) throw new LengthMismatchError(vector.length, length)
    // Positive and negative entries are summed apart and subtracted at the end: a branch on a random sign would be guessed wrong every second time.
    const sums = new Float64Array(2 * buckets)
    for (let coordinate = 0; coordinate < length; coordinate += 1) sums[cells[coordinate]] += vector[coordinate]
    const result = new Float64Array(buckets)
    for (let bucket = 0; bucket < buckets; bucket += 1) result[bucket] = sums[2 * bucket] - sums[2 * bucket + 1]
    return result
  }
  return { sketch }
}
