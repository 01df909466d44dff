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

function addShorts(target: Uint16Array, words: Uint16Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] += words[index]
}
function addWords(target: Uint32Array, words: Uint32Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] += words[index]
}
function subtractShorts(target: Uint16Array, words: Uint16Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] -= words[index]
}
function subtractWords(target: Uint32Array, words: Uint32Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] -= words[index]
}
