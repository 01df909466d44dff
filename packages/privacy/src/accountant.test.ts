import { expect, test } from 'vitest'
import { epsilonOf, gaussianEpsilon, LARGEST_INFLATION, LEAST_NOISE, rhoOfSum, skellamDivergence } from './accountant.ts'

const DELTA = 1e-5

/** z, sums, and epsilon over all orders and over whole ones, of Gaussian noise: what accountant.fixture.py printed. */
const epsilons = [
  [1, 1, 4.7284, 4.7527],
  [1, 10, 19.0473, 19.8017],
  [1, 50, 57.2531, 60.1266],
  [1, 100, 96.0353, 110.1266],
  [2, 1, 2.1657, 2.168],
  [2, 10, 8.0784, 8.0879],
  [2, 50, 22.0196, 22.6266],
  [2, 100, 35.0673, 35.1266],
  [4, 1, 1.0123, 1.0126],
  [4, 10, 3.617, 3.6279],
  [4, 50, 9.234, 9.3379],
  [4, 100, 14.1305, 14.1767],
  [8, 1, 0.4776, 0.4776],
  [8, 10, 1.6708, 1.6712],
  [8, 50, 4.1057, 4.1057],
  [8, 100, 6.1226, 6.159],
] as const

test.each(epsilons)('noise of %i clips in %i sums: epsilon %d at 1e-5, over whole orders %d', (z, sums, real, whole) => {
  const rho = sums / (2 * z * z)
  expect(gaussianEpsilon(rho, DELTA)).toBeCloseTo(real, 3)
  expect(epsilonOf(rho, DELTA)).toBeCloseTo(whole, 3)
})

test.each([
  [1, 1, 4.7],
  [2, 1, 2.2],
  [4, 1, 1.0],
  [1, 10, 19.1],
  [2, 10, 8.1],
  [4, 10, 3.6],
  [1, 50, 57],
  [2, 50, 22],
  [4, 50, 9.2],
  [1, 100, 96],
  [2, 100, 35],
  [4, 100, 14],
  [8, 100, 6.1],
])('the table of privacy.md 2.7, which is of Gaussian noise without rounding: z %i, %i sums, epsilon %d', (z, sums, epsilon) => {
  expect(Math.abs(gaussianEpsilon(sums / (2 * z * z), DELTA) - epsilon)).toBeLessThan(epsilon > 10 && Number.isInteger(epsilon) ? 0.5 : 0.06)
})

test('what a volunteer is told exceeds the table by what rounding to whole units and whole orders cost', () => {
  for (const [z, sums, real, whole] of epsilons) {
    const told = epsilonOf(sums * rhoOfSum(z), DELTA)
    expect(told).toBeGreaterThan(whole)
    expect(told / whole).toBeLessThan(LARGEST_INFLATION ** 2 * 1.001)
    if (whole < 10) expect(whole / real).toBeLessThan(1.012)
  }
})

test('epsilon is 0 where nothing was spent, unbounded where nobody knows, and grows in between', () => {
  expect(epsilonOf(0, DELTA)).toBe(0)
  expect(epsilonOf(Number.POSITIVE_INFINITY, DELTA)).toBe(Number.POSITIVE_INFINITY)
  let last = 0
  for (let rho = 1e-9; rho < 1e4; rho *= 1.3) {
    const epsilon = epsilonOf(rho, DELTA)
    expect(epsilon).toBeGreaterThanOrEqual(last)
    expect(epsilon).toBeLessThanOrEqual(2 * rho + Math.log(1 / DELTA)) // order 2
    expect(epsilon).toBeGreaterThanOrEqual(gaussianEpsilon(rho, DELTA) - 1e-9)
    last = epsilon
  }
  expect(epsilonOf(1, 1e-6)).toBeGreaterThan(epsilonOf(1, DELTA))
})

test.each([-1, Number.NaN])('rho %d is refused', (rho) => {
  expect(() => epsilonOf(rho, DELTA)).toThrow(RangeError)
})

test.each([0, 1, Number.NaN])('delta %d is refused', (delta) => {
  expect(() => epsilonOf(1, delta)).toThrow(RangeError)
})

/** order, shifts of the coordinates, variance, and the exact divergence: what accountant.fixture.py printed. */
const divergences: [number, number[], number, number][] = [
  [2, [1], 4, 0.245721316],
  [3, [1], 4, 0.354875058],
  [8, [1], 4, 0.736920457],
  [2, [3], 4, 1.91790988],
  [3, [3], 4, 2.47934345],
  [8, [3], 4, 3.99535896],
  [2, [1, 1, 1, 2], 4, 1.65928573],
  [3, [1, 1, 1, 2], 4, 2.31508112],
  [8, [1, 1, 1, 2], 4, 4.40318621],
  [2, [5, -2], 4, 5.48556052],
  [3, [5, -2], 4, 6.83021529],
  [8, [5, -2], 4, 10.4489727],
  [2, [1], 25, 0.0399753748],
  [3, [1], 25, 0.059874685],
  [8, [1], 25, 0.156903529],
  [2, [3], 25, 0.357340986],
  [3, [3], 25, 0.529421188],
  [8, [3], 25, 1.26477037],
  [2, [1, 1, 1, 2], 25, 0.279415553],
  [3, [1, 1, 1, 2], 25, 0.417488683],
  [8, [1, 1, 1, 2], 25, 1.06833668],
  [2, [5, -2], 25, 1.13942537],
  [3, [5, -2], 25, 1.66375808],
  [8, [5, -2], 25, 3.69720713],
  [2, [1], 400, 0.00249999352],
  [3, [1], 400, 0.00374996697],
  [8, [1], 400, 0.00999913481],
  [2, [3], 400, 0.0224992887],
  [3, [3], 400, 0.0337470448],
  [8, [3], 400, 0.0899293577],
  [2, [1, 1, 1, 2], 400, 0.0174998458],
  [3, [1, 1, 1, 2], 400, 0.0262493257],
  [8, [1, 1, 1, 2], 400, 0.0699834506],
  [2, [5, -2], 400, 0.0724942626],
  [3, [5, -2], 400, 0.108726463],
  [8, [5, -2], 400, 0.289443333],
  [2, [1], 10000, 9.99999996e-5],
  [3, [1], 10000, 0.000149999998],
  [8, [1], 10000, 0.000399999944],
  [2, [3], 10000, 0.000899999954],
  [3, [3], 10000, 0.00134999981],
  [8, [3], 10000, 0.00359999544],
  [2, [1, 1, 1, 2], 10000, 0.00069999999],
  [3, [1, 1, 1, 2], 10000, 0.00104999996],
  [8, [1, 1, 1, 2], 10000, 0.00279999893],
  [2, [5, -2], 10000, 0.00289999963],
  [3, [5, -2], 10000, 0.00434999849],
  [8, [5, -2], 10000, 0.0115999639],
]

test.each(divergences)(
  'at order %i, shift %j, variance %i the bound is above the exact divergence %d, and near it where there is much noise',
  (order, shifts, variance, exact) => {
    const l1 = shifts.reduce((sum, shift) => sum + Math.abs(shift), 0)
    const bound = skellamDivergence(order, { l1, l2: Math.hypot(...shifts), variance })
    expect(bound).toBeGreaterThanOrEqual(exact)
    if (variance >= 400) expect(bound / exact).toBeLessThan(1.01)
  },
)

test.each([1, 1.5, 0, Number.NaN])('the bound says nothing of order %d', (order) => {
  expect(() => skellamDivergence(order, { l1: 1, l2: 1, variance: 1 })).toThrow(RangeError)
})

test.each([0.5, 1, 4, 20])('rho x order is at least the bound at every whole order, at the least noise and at more (z %d)', (z) => {
  const rho = rhoOfSum(z)
  for (const noise of [LEAST_NOISE, 1e3, 1e6])
    for (let order = 2; order < 300; order += 1) {
      const l2 = (LARGEST_INFLATION * noise) / z
      for (const l1 of [l2, 20 * l2, l2 * l2]) // one word, 400 words, as many words as the norm allows
        if (l1 <= l2 * l2) expect(skellamDivergence(order, { l1, l2, variance: noise ** 2 })).toBeLessThanOrEqual(rho * order * (1 + 1e-12))
    }
  expect(rho).toBeGreaterThan(LARGEST_INFLATION ** 2 / (2 * z * z))
  expect(rho).toBeLessThan((1.001 * LARGEST_INFLATION ** 2) / (2 * z * z))
})

test('a sum without noise has no price', () => {
  expect(() => rhoOfSum(0)).toThrow(RangeError)
  expect(() => rhoOfSum(Number.NaN)).toThrow(RangeError)
})
