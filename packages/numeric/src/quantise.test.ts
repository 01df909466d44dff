import { expect, test } from 'vitest'
import { createQuantiser, type Quantised, quantisedBytes, rotatedOf, scaleCount } from './quantise.ts'
import { createRng, type Rng } from './rng.ts'
import { createRotation, seamlessLength } from './rotation.ts'
import { norm } from './vector.ts'

const wordsOf = (rng: Rng) => (count: number) => Uint32Array.from({ length: count }, () => rng.word())
const LENGTHS = [1, 2, 3, 255, 256, 257, 4810, 32_767, 32_768, 40_000, 65_535, 101_770] as const

/** As updates are: most entries small, some a hundred times as large. */
function heavyTailed(length: number, seed: string): Float32Array {
  const rng = createRng(seed)
  return Float32Array.from({ length }, () => 1e-3 * rng.normal() * Math.exp(1.5 * rng.normal()))
}

function comeBack(length: number, quantised: Quantised): Float64Array {
  return createQuantiser({ length, seed: 'public' }).restore(new Float64Array(rotatedOf(quantised)))
}

const errorOf = (found: Float64Array, vector: Float32Array): number => norm(found.map((entry, index) => entry - vector[index])) / norm(vector)

test.each(LENGTHS)('%i entries come back with an error of about a hundredth, in P + P / 64 bytes (seed heavy)', (length) => {
  const vector = heavyTailed(length, 'heavy')
  const quantised = createQuantiser({ length, seed: 'public' }).quantise(vector, wordsOf(createRng('lots')))
  expect(errorOf(comeBack(length, quantised), vector)).toBeLessThan(0.0125)
  expect(quantised.steps.byteLength + quantised.scales.byteLength).toBe(quantisedBytes(length))
  expect(quantisedBytes(length)).toBeLessThanOrEqual(length + length / 64 + 4)
  // Every scale is used to its end.
  for (let group = 0; group < scaleCount(length); group += 1)
    expect(Math.max(...quantised.steps.subarray(group * 256, (group + 1) * 256).map(Math.abs))).toBeGreaterThanOrEqual(126)
})

test.each(LENGTHS)('%i entries: the part that is rotated at once is not padded and more than half', (length) => {
  const span = seamlessLength(length)
  expect(createRotation({ length: span, seed: 'span' }).rotatedLength).toBe(span)
  expect(span).toBeLessThanOrEqual(length)
  expect(2 * span).toBeGreaterThan(length)
})

test('[5.1.3] what comes back is right on the mean: no entry is off by more than 5 standard deviations over 4000 trials (seed trials)', () => {
  const length = 300
  const trials = 4000
  const vector = heavyTailed(length, 'unbiased')
  const words = wordsOf(createRng('trials'))
  const quantiser = createQuantiser({ length, seed: 'public' })
  const sum = new Float64Array(length)
  const squares = new Float64Array(length)
  for (let trial = 0; trial < trials; trial += 1) {
    const found = comeBack(length, quantiser.quantise(vector, words))
    for (const [index, entry] of found.entries()) {
      sum[index] += entry - vector[index]
      squares[index] += (entry - vector[index]) ** 2
    }
  }
  for (const [index, total] of sum.entries()) expect(Math.abs(total)).toBeLessThan(5 * Math.sqrt(squares[index]))
})

test('the errors of 100 clients cancel out: their mean is off by a tenth of what one is (seed clients)', () => {
  const length = 4810
  const vector = heavyTailed(length, 'clients')
  const words = wordsOf(createRng('clients'))
  const quantiser = createQuantiser({ length, seed: 'public' })
  const rotatedSum = new Float64Array(length)
  for (let client = 0; client < 100; client += 1)
    for (const [index, entry] of rotatedOf(quantiser.quantise(vector, words)).entries()) rotatedSum[index] += entry / 100
  // Added up rotated and turned back once.
  expect(errorOf(quantiser.restore(rotatedSum), vector)).toBeLessThan(0.00125)
})

test('the error does not grow with a few huge entries: the rotation spreads them', () => {
  const length = 4096
  const vector = heavyTailed(length, 'spikes')
  const quiet = norm(vector)
  for (const spike of [5, 700, 4000]) vector[spike] = 20 * quiet
  const found = comeBack(length, createQuantiser({ length, seed: 'public' }).quantise(vector, wordsOf(createRng('lots'))))
  expect(errorOf(found, vector)).toBeLessThan(0.0125)
})

test('the largest entry never becomes 128 steps, which would be -128: not even where everything is rounded up', () => {
  const length = 51_200
  const vector = heavyTailed(length, 'upwards')
  const quantised = createQuantiser({ length, seed: 'public' }).quantise(vector, (count) => new Uint32Array(count))
  expect(errorOf(comeBack(length, quantised), vector)).toBeLessThan(0.03)
  expect(Math.min(...quantised.steps)).toBeGreaterThanOrEqual(-127)
})

test('nothing stays nothing, and an entry that is no finite number leaves none behind', () => {
  const quantiser = createQuantiser({ length: 600, seed: 'public' })
  const words = wordsOf(createRng('lots'))
  const nothing = quantiser.quantise(new Float32Array(600), words)
  expect(comeBack(600, nothing).every((entry) => entry === 0)).toBe(true)
  for (const fault of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const vector = new Float32Array(600).fill(1)
    vector[77] = fault
    expect(rotatedOf(quantiser.quantise(vector, words)).some((entry) => !Number.isFinite(entry))).toBe(true)
  }
})

test('a number of scales that does not fit the steps is refused', () => {
  expect(() => rotatedOf({ scales: new Float32Array(1), steps: new Int8Array(257) })).toThrow(RangeError)
  expect(() => rotatedOf({ scales: new Float32Array(2), steps: new Int8Array(256) })).toThrow(RangeError)
})
