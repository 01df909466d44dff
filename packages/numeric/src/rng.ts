/**
 * Seeded randomness for everything that must come out the same in Node, in every browser and after a replay: cohort draws, partitions, batches, initial weights.
 * xoshiro128** (Blackman & Vigna 2018) uses 32-bit integer operations only, so no engine can disagree. It is no cipher: keys and masks come from libsodium.
 */
export interface Rng {
  /** Next raw word, 0 .. 2^32 - 1. */
  word(): number
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number
  /** Uniform integer in [0, bound), without modulo bias. `bound` is 1 .. 2^32. */
  below(bound: number): number
  /** Standard normal (Marsaglia's polar method). `Math.log` may differ in the last bit between engines: where bits matter, use `uniform`. */
  normal(): number
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** Four 32-bit words from any text (MurmurHash3's mixing steps, one stream per word). Not for security. */
function seedWords(text: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef]
  for (let lane = 0; lane < 4; lane += 1) {
    let hash = words[lane] ^ text.length
    for (let index = 0; index < text.length; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x85ebca6b)
      hash = Math.imul(rotateLeft(hash, 13) ^ (lane + 1), 0xc2b2ae35)
    }
    hash ^= hash >>> 16
    hash = Math.imul(hash, 0x85ebca6b)
    hash ^= hash >>> 13
    hash = Math.imul(hash, 0xc2b2ae35)
    words[lane] = (hash ^ (hash >>> 16)) >>> 0
  }
  return words
}

/** A generator whose whole future is decided by `seed`. */
export function createRng(seed: string): Rng {
  let [a, b, c, d] = seedWords(seed)
  if ((a | b | c | d) === 0) d = 1 // the all-zero state is xoshiro's only fixed point

  const word = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotateLeft(d, 11)
    return result
  }
  for (let warmUp = 0; warmUp < 8; warmUp += 1) word()
  return rngFrom(word)
}

/** Numbers of all kinds from a source of uniform 32-bit words: randomness that no seed decides. */
export function rngFrom(word: () => number): Rng {
  const uniform = (): number => ((word() >>> 5) * 67_108_864 + (word() >>> 6)) / 9_007_199_254_740_992
  const below = (bound: number): number => {
    const ceiling = Math.floor(4_294_967_296 / bound) * bound
    let drawn = word()
    while (drawn >= ceiling) drawn = word()
    return drawn % bound
  }
  const normal = (): number => {
    let x = 0
    let square = 0
    do {
      x = 2 * uniform() - 1
      const y = 2 * uniform() - 1
      square = x * x + y * y
    } while (square >= 1 || square === 0)
    return x * Math.sqrt((-2 * Math.log(square)) / square)
  }
  return { word, uniform, below, normal }
}

/** A seed of its own for one purpose: `deriveSeed('demo', 'cohort', 3)`. Distinct paths give unrelated streams. */
export function deriveSeed(seed: string, ...path: readonly (string | number)[]): string {
  return [seed, ...path.map(String)].map((step) => `${step.length}:${step}`).join('/')
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], rng: Rng): T[] {
  const copy = [...items]
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = rng.below(last + 1)
    const kept = copy[last]
    copy[last] = copy[other]
    copy[other] = kept
  }
  return copy
}
