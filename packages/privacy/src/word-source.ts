/** So many uniform words of 32 bits, of a generator that nobody else can predict. */
export type Words = (count: number) => Uint32Array

export interface WordSource {
  /** A multiple of 2^-53, in [0, 1). */
  uniform(): number
}

/** As many words as WebCrypto gives at once. */
const MOST_AT_ONCE = 16_384

/** Draws from `words` in pieces. `expected`: about how many words will be used, so that a short vector does not ask for many. */
export function createWordSource(words: Words, expected: number): WordSource {
  const piece = Math.max(2, Math.min(MOST_AT_ONCE, 2 * Math.ceil(expected / 2)))
  let drawn: Uint32Array = new Uint32Array(0)
  let next = 0
  return {
    uniform() {
      if (next >= drawn.length) {
        drawn = words(piece)
        if (drawn.length !== piece) throw new RangeError(`${drawn.length} words for ${piece}`)
        next = 0
      }
      const value = ((drawn[next] >>> 5) * 67_108_864 + (drawn[next + 1] >>> 6)) / 9_007_199_254_740_992
      next += 2
      return value
    },
  }
}
