import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addInto, createRingCode, decodeRing, emptyRingVector, encodeInto, type RingBits, subtractFrom } from './ring.ts'
import { createRng } from './rng.ts'

const wordsOf = (seed: string) => {
  const rng = createRng(seed)
  return (count: number): Uint32Array => Uint32Array.from({ length: count }, () => rng.word())
}
const RINGS: readonly RingBits[] = [16, 32]

test.each([
  [16, 32, 9],
  [16, 64, 8],
  [32, 32, 25],
  [32, 1000, 20],
] as const)('[3.5] ring %i over %i clients has %i bits a value, and a legal sum fits into a quarter', (bits, clients, valueBits) => {
  const code = createRingCode(bits, clients)
  expect(code.valueBits).toBe(valueBits)
  expect(clients * code.largest).toBeLessThan(2 ** (bits - 3))
})

test('[5.1.3] a ring without room for the sum is refused, as is a number of clients that is none', () => {
  expect(createRingCode(16, 4096).valueBits).toBe(2)
  for (const clients of [4097, 100_000, 0, -1, 1.5, Number.NaN]) expect(() => createRingCode(16, clients)).toThrow(RangeError)
})

test.each(RINGS)('[5.1.3] the decoded sum is within g / 2^(b-1) of the range, coordinate by coordinate, whatever is encoded (ring %i)', (bits) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), fc.string(), (clients, length, seed) => {
      const code = createRingCode(bits, clients)
      const rng = createRng(seed)
      const range = 2 ** (rng.below(20) - 10)
      const sum = emptyRingVector(bits, length)
      const exact = new Float64Array(length)
      for (let client = 0; client < clients; client += 1) {
        const values = Float64Array.from({ length }, () => (2 * rng.uniform() - 1) * range)
        const words = emptyRingVector(bits, length)
        expect(encodeInto(words, values, { code, range, words: wordsOf(`${seed} ${client}`) })).toBe(0)
        addInto(sum, words)
        for (const [index, value] of values.entries()) exact[index] += value
      }
      const decoded = decodeRing(sum, { code, range })
      const bound = (clients / code.largest) * range
      for (const [index, value] of exact.entries()) expect(Math.abs((decoded?.[index] ?? Number.NaN) - value)).toBeLessThanOrEqual(bound * (1 + 1e-9))
    }),
    { numRuns: 60, seed: 2 },
  )
})

test.each(RINGS)('[5.1.3] rounding is unbiased (ring %i, seed trials)', (bits) => {
  const code = createRingCode(bits, 32)
  const trials = 10_000
  const value = 0.3712345 / code.largest
  const words = emptyRingVector(bits, trials)
  encodeInto(words, new Float64Array(trials).fill(value), { code, range: 1, words: wordsOf('trials') })
  const mean = [...words].reduce((sum, word) => sum + word, 0) / trials
  expect(Math.abs(mean - 0.3712345)).toBeLessThan((4 * 0.5) / Math.sqrt(trials))
})

test.each(RINGS)('values beyond the range are cut off and counted; what is no number counts as nothing (ring %i)', (bits) => {
  const code = createRingCode(bits, 4)
  const words = emptyRingVector(bits, 6)
  const values = Float64Array.of(2, -2, Number.POSITIVE_INFINITY, Number.NaN, 1, -1)
  expect(encodeInto(words, values, { code, range: 1, words: wordsOf('cut') })).toBe(4)
  expect([...(decodeRing(words, { code, range: 1 }) ?? [])]).toEqual([1, -1, 1, 0, 1, -1])
})

test.each(RINGS)('[3.5] uniform words are recognised as no sum: one in four passes, and of 64 together none (ring %i, seed garbage)', (bits) => {
  const code = createRingCode(bits, 32)
  const draw = wordsOf('garbage')
  const uniform = (length: number) => {
    const words = emptyRingVector(bits, length)
    for (const [index, word] of draw(length).entries()) words[index] = word
    return words
  }
  const single = Array.from({ length: 4000 }, () => decodeRing(uniform(1), { code, range: 1 })).filter((decoded) => decoded !== null).length
  expect(single / 4000).toBeLessThan(0.3)
  expect(Array.from({ length: 200 }, () => decodeRing(uniform(64), { code, range: 1 })).every((decoded) => decoded === null)).toBe(true)
})

test.each(RINGS)('adding and subtracting the same words changes nothing, modulo the ring (ring %i)', (bits) => {
  const draw = wordsOf('masks')
  const target = emptyRingVector(bits, 100)
  const mask = emptyRingVector(bits, 100)
  for (const [index, word] of draw(100).entries()) [target[index], mask[index]] = [word, draw(1)[0]]
  const before = target.slice()
  addInto(target, mask)
  expect(target).not.toEqual(before)
  subtractFrom(target, mask)
  expect(target).toEqual(before)
})

test('words of 16 bits are added and taken away one by one, whatever stands beside them and wherever they begin (seed pairs)', () => {
  const draw = wordsOf('pairs')
  const corners = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff]
  const both = corners.flatMap((left) => corners.map((right) => [left, right] as const))
  for (const [start, length] of [
    [0, 72],
    [0, 71],
    [1, 72],
    [3, 1],
    [2, 0],
  ] as const) {
    const whole = Uint16Array.from({ length: 80 }, (_, index) => both[index % both.length]?.[0] ?? 0)
    const words = Uint16Array.from(draw(length), (word, index) => (index < 40 ? (both[(index + start) % both.length]?.[1] ?? 0) : word))
    const expected = (sign: 1 | -1) =>
      Uint16Array.from(whole, (word, index) => (index < start || index >= start + length ? word : word + sign * (words[index - start] ?? 0)))
    const added = whole.slice()
    addInto(added.subarray(start, start + length), words)
    expect(added).toEqual(expected(1))
    const less = whole.slice()
    subtractFrom(less.subarray(start, start + length), words)
    expect(less).toEqual(expected(-1))
  }
})

test('words of another ring or length are refused', () => {
  expect(() => addInto(new Uint16Array(2), new Uint32Array(2))).toThrow(RangeError)
  expect(() => subtractFrom(new Uint32Array(2), new Uint16Array(2))).toThrow(RangeError)
  expect(() => addInto(new Uint16Array(2), new Uint16Array(3))).toThrow(RangeError)
  expect(() => subtractFrom(new Uint16Array(2), new Uint16Array(3))).toThrow(RangeError)
})
