/**
 * Whole numbers modulo 2^16 or 2^32, in which masked sums are taken (privacy.md 3.5). A value is a two's complement number of `valueBits`; so many bits are left free that the sum of all
 * clients' legal values occupies at most a quarter of the ring. A sum outside that quarter is no sum of legal values: somebody's words were garbage, or masks were left in it.
 */
export type RingBits = 16 | 32
export type RingVector<Bits extends RingBits = RingBits> = Bits extends 16 ? Uint16Array : Uint32Array

export interface RingCode {
  readonly bits: RingBits
  readonly clients: number
  /** Bits of one client's value. */
  readonly valueBits: number
  /** Largest size of one client's whole number. */
  readonly largest: number
}

const FREE_BITS = 2

/** Throws RangeError where the ring has no room for so many clients: a value needs two bits. */
export function createRingCode(bits: RingBits, clients: number): RingCode {
  const valueBits = bits - Math.ceil(Math.log2(clients)) - FREE_BITS
  if (!Number.isInteger(clients) || clients < 1 || valueBits < 2) throw new RangeError(`a ring of ${bits} bits can not hold a sum over ${clients} clients`)
  return { bits, clients, valueBits, largest: 2 ** (valueBits - 1) - 1 }
}

export const emptyRingVector = (bits: RingBits, length: number): RingVector => (bits === 16 ? new Uint16Array(length) : new Uint32Array(length))

/**
 * `values` / `range`, cut off at +-1, as words of the ring. What lies between two whole numbers goes up or down by lot, so that the mean is unbiased: `words` gives so many uniform
 * 32-bit words, of a generator that nobody else can predict. Returns how many values were cut off.
 */
export function encodeInto(
  target: RingVector,
  values: Float64Array,
  options: { readonly code: RingCode; readonly range: number; readonly words: (count: number) => Uint32Array },
): number {
  const { code, range, words } = options
  if (target.length !== values.length) throw new RangeError(`${values.length} values for ${target.length} words`)
  const { largest } = code
  const scale = largest / range
  let cut = 0
  let lots: Uint32Array = new Uint32Array(0)
  for (let index = 0; index < values.length; index += 1) {
    const at = index % LOTS_AT_ONCE
    if (at === 0) lots = words(Math.min(LOTS_AT_ONCE, values.length - index))
    let scaled = values[index] * scale
    if (!(Math.abs(scaled) <= largest)) {
      cut += 1
      scaled = scaled > 0 ? largest : scaled < 0 ? -largest : 0 // NaN as nothing
    }
    const floor = Math.floor(scaled)
    target[index] = floor + (lots[at] < (scaled - floor) * WORD ? 1 : 0)
  }
  return cut
}

const LOTS_AT_ONCE = 16_384
const WORD = 2 ** 32

/** The sum of legal values that the words stand for, times `range` over the largest value; null where some word is no such sum. */
export function decodeRing(words: RingVector, { code, range }: { readonly code: RingCode; readonly range: number }): Float64Array | null {
  const most = code.clients * code.largest
  const modulus = 2 ** code.bits
  const scale = range / code.largest
  const values = new Float64Array(words.length)
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]
    const whole = word >= modulus / 2 ? word - modulus : word
    if (whole > most || whole < -most) return null
    values[index] = whole * scale
  }
  return values
}

/** `target` += `words`, modulo the ring. One loop for each kind of array: one for both is compiled for neither. */
export function addInto(target: RingVector, words: RingVector): void {
  if (target.length !== words.length) throw new RangeError(`${words.length} words for ${target.length}`)
  if (target instanceof Uint16Array && words instanceof Uint16Array) addShorts(target, words)
  else if (target instanceof Uint32Array && words instanceof Uint32Array) addWords(target, words)
  else throw new RangeError('words of different rings')
}

export function subtractFrom(target: RingVector, words: RingVector): void {
  if (target.length !== words.length) throw new RangeError(`${words.length} words for ${target.length}`)
  if (target instanceof Uint16Array && words instanceof Uint16Array) subtractShorts(target, words)
  else if (target instanceof Uint32Array && words instanceof Uint32Array) subtractWords(target, words)
  else throw new RangeError('words of different rings')
}

/** The high bits of two 16-bit words in one of 32. */
const HIGH_BITS = 0x80008000
const LOW_BITS = 0x7fff7fff

/** Two words at a time in nearly half the time: the lower bits in one addition, without a carry from one word to the other, and the high bits by themselves. */
function addShorts(target: Uint16Array, words: Uint16Array): void {
  const pairs = pairsOf(target, words)
  if (pairs !== null) {
    const [sums, terms] = pairs
    for (let index = 0; index < sums.length; index += 1) {
      const left = sums[index]
      const right = terms[index]
      sums[index] = ((left & LOW_BITS) + (right & LOW_BITS)) ^ ((left ^ right) & HIGH_BITS)
    }
  }
  for (let index = pairs === null ? 0 : 2 * pairs[0].length; index < target.length; index += 1) target[index] += words[index]
}
function subtractShorts(target: Uint16Array, words: Uint16Array): void {
  const pairs = pairsOf(target, words)
  if (pairs !== null) {
    const [sums, terms] = pairs
    for (let index = 0; index < sums.length; index += 1) {
      const left = sums[index]
      const right = terms[index]
      sums[index] = ((left | HIGH_BITS) - (right & LOW_BITS)) ^ ((left ^ ~right) & HIGH_BITS)
    }
  }
  for (let index = pairs === null ? 0 : 2 * pairs[0].length; index < target.length; index += 1) target[index] -= words[index]
}

/** The same memory as words of 32 bits, without the last word where their number is odd; null where it does not begin as such words do. */
function pairsOf(target: Uint16Array, words: Uint16Array): readonly [Uint32Array, Uint32Array] | null {
  if (target.byteOffset % 4 !== 0 || words.byteOffset % 4 !== 0) return null
  const pairs = Math.floor(target.length / 2)
  return [new Uint32Array(target.buffer, target.byteOffset, pairs), new Uint32Array(words.buffer, words.byteOffset, pairs)]
}

function addWords(target: Uint32Array, words: Uint32Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] += words[index]
}
function subtractWords(target: Uint32Array, words: Uint32Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] -= words[index]
}
