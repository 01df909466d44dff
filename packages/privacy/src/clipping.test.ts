import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clipInto, weightShare } from './clipping.ts'

const SEED = 4127
const normOf = (vector: Float32Array | Float64Array): number => Math.hypot(...vector)

test('a vector within the clip stays as it is, bit for bit', () => {
  const vector = Float32Array.of(3, -4)
  expect(clipInto(vector, 5)).toBe(1)
  expect([...vector]).toEqual([3, -4])
  expect(clipInto(new Float64Array(3), 5)).toBe(1)
})

test('a longer one is scaled down to the clip and keeps its direction', () => {
  const vector = Float64Array.of(30, -40)
  expect(clipInto(vector, 5)).toBeCloseTo(0.1, 12)
  expect([...vector].map((entry) => entry.toFixed(9))).toEqual(['3.000000000', '-4.000000000'])
})

test(`the norm is at most the clip, after rounding to float32 too (seed ${SEED})`, () => {
  const entries = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(entries, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (values, clip) => {
      for (const vector of [Float32Array.from(values), Float64Array.from(values)]) {
        const before = vector.slice()
        const factor = clipInto(vector, clip)
        expect(normOf(vector)).toBeLessThanOrEqual(clip * (1 + 1e-12))
        expect(factor).toBeGreaterThan(0)
        expect(factor).toBeLessThanOrEqual(1)
        for (const [index, entry] of vector.entries()) expect(Math.abs(entry - before[index] * factor)).toBeLessThanOrEqual(clip * 1e-6)
        if (normOf(before) > clip) expect(normOf(vector)).toBeGreaterThan(clip * 0.999_99)
      }
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('float32 that rounds up past the clip is taken below it', () => {
  // 1/3 and its like round up as often as down: over many clips some first pass ends above.
  for (let clip = 0.1; clip < 3; clip += 0.01) {
    const vector = new Float32Array(7).fill(1)
    vector[0] = 1000
    clipInto(vector, clip)
    expect(Math.sqrt(vector.reduce((sum, entry) => sum + entry * entry, 0))).toBeLessThanOrEqual(clip * (1 + 1e-15))
  }
})

test('what has no direction or no bound is refused', () => {
  expect(() => clipInto(Float32Array.of(1, Number.NaN), 1)).toThrow('entry 1 is not finite')
  expect(() => clipInto(Float64Array.of(Number.NEGATIVE_INFINITY), 1)).toThrow(RangeError)
  expect(() => clipInto(Float64Array.of(1), 0)).toThrow(RangeError)
  expect(() => clipInto(Float64Array.of(1), Number.NaN)).toThrow(RangeError)
})

test.each([
  [0, 0],
  [1, 1 / 8],
  [100, 1 / 8],
  [101, 1 / 4],
  [200, 1 / 4],
  [400, 1 / 2],
  [401, 1],
  [800, 1],
  [1_000_000, 1],
])('%i examples of at most 800 weigh %d', (examples, share) => {
  expect(weightShare(examples, 800)).toBe(share)
})

test('a number of examples that is none is refused', () => {
  expect(() => weightShare(-1, 800)).toThrow(RangeError)
  expect(() => weightShare(Number.NaN, 800)).toThrow(RangeError)
  expect(() => weightShare(1, 0)).toThrow(RangeError)
})
