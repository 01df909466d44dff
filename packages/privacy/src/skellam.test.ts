import { expect, test } from 'vitest'
import { addSkellam, MAX_SKELLAM_VARIANCE } from './skellam.ts'
import { loadSodium } from './sodium.ts'
import { deterministicWords } from './testing-words.ts'

const sodium = await loadSodium()
const SAMPLES = 200_000

/** What skellam.fixture.py printed: cell i holds the samples from edge i - 1 up to, but without, edge i. */
const laws = [
  { variance: 0.1, edges: [-1, 0, 1, 2], probabilities: [0.00115109, 0.045298447, 0.907100926, 0.045298447, 0.00115109] },
  { variance: 1, edges: [-1, 0, 1, 2], probabilities: [0.059209781, 0.207910415, 0.465759608, 0.207910415, 0.059209781] },
  {
    variance: 7.5,
    edges: [-9, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 10],
    probabilities: [
      0.00040568, 0.04867112, 0.04864727, 0.078571963, 0.11150484, 0.138041212, 0.14831583, 0.138041212, 0.11150484, 0.078571963, 0.04864727, 0.04867112,
      0.00040568,
    ],
  },
  {
    variance: 19.9,
    edges: [-14, -6, -5, -3, -2, -1, 0, 1, 2, 3, 4, 6, 7, 15],
    probabilities: [
      0.000664515, 0.071106014, 0.035841674, 0.10707666, 0.071396941, 0.0811928, 0.087717102, 0.090008589, 0.087717102, 0.0811928, 0.071396941, 0.10707666,
      0.035841674, 0.071106014, 0.000664515,
    ],
  },
  {
    variance: 20.2,
    edges: [-14, -6, -5, -3, -2, -1, 0, 1, 2, 3, 4, 6, 7, 15],
    probabilities: [
      0.000718432, 0.072554028, 0.036065677, 0.107094639, 0.071107537, 0.080706252, 0.087088973, 0.089328922, 0.087088973, 0.080706252, 0.071107537,
      0.107094639, 0.036065677, 0.072554028, 0.000718432,
    ],
  },
  {
    variance: 400,
    edges: [-66, -30, -23, -17, -13, -9, -6, -3, 0, 4, 7, 10, 14, 18, 24, 31, 66],
    probabilities: [
      0.000445963, 0.063150454, 0.056336807, 0.070773471, 0.059051939, 0.067568212, 0.055213728, 0.057970772, 0.059511975, 0.079465331, 0.057970772,
      0.055213728, 0.067568212, 0.059051939, 0.070773471, 0.056336807, 0.063063822, 0.000532595,
    ],
  },
  {
    variance: 10000,
    edges: [-330, -153, -115, -88, -67, -48, -31, -15, 0, 16, 32, 49, 68, 89, 116, 154, 330],
    probabilities: [
      0.000475044, 0.061915579, 0.061651963, 0.064032531, 0.061759599, 0.064000759, 0.062543409, 0.062030763, 0.059595617, 0.06358509, 0.062030763, 0.062543409,
      0.064000759, 0.061759599, 0.064032531, 0.061651963, 0.06189835, 0.000492273,
    ],
  },
  {
    variance: 1e6,
    edges: [-3300, -1534, -1150, -887, -674, -488, -318, -157, 0, 158, 319, 489, 675, 888, 1151, 1535, 3300],
    probabilities: [
      0.000482565, 0.061970769, 0.062515637, 0.06243588, 0.06259186, 0.062601125, 0.062454992, 0.062372566, 0.062375135, 0.062774077, 0.062372566, 0.062454992,
      0.062601125, 0.06259186, 0.06243588, 0.062515637, 0.061969046, 0.000484288,
    ],
  },
  {
    variance: 1e12,
    edges: [-3300000, -1534120, -1150349, -887146, -674489, -488776, -318639, -157310, 0, 157311, 318640, 488777, 674490, 887147, 1150350, 1534121, 3300000],
    probabilities: [
      0.000483423, 0.062016582, 0.06249997, 0.062500041, 0.062500064, 0.062499889, 0.06249998, 0.062500124, 0.062499728, 0.062500127, 0.062500124, 0.06249998,
      0.062499889, 0.062500064, 0.062500041, 0.06249997, 0.06201658, 0.000483425,
    ],
  },
  {
    variance: 4e15,
    edges: [
      -208710325, -97026302, -72754482, -56108074, -42658477, -30912934, -20152522, -9949201, 0, 9949202, 20152523, 30912935, 42658478, 56108075, 72754483,
      97026303, 208710326,
    ],
    probabilities: [
      0.000483424, 0.062016576, 0.062500001, 0.0625, 0.062499998, 0.062500001, 0.062500002, 0.062499997, 0.062499998, 0.062500005, 0.062499997, 0.062500002,
      0.062500001, 0.062499998, 0.0625, 0.062500001, 0.062016576, 0.000483424,
    ],
  },
]

const samplesOf = (variance: number, seed: string): Float64Array => {
  const target = new Float64Array(SAMPLES)
  addSkellam(target, variance, deterministicWords(sodium, seed))
  return target
}

test.each(laws)('samples of variance $variance follow the exact law: chi-square, mean, variance, fourth moment (seed skellam)', (law) => {
  const { variance, edges, probabilities } = law
  const samples = samplesOf(variance, 'skellam')
  const counts = new Array<number>(probabilities.length).fill(0)
  for (const sample of samples) counts[edges.filter((edge) => edge <= sample).length] += 1
  const chiSquare = counts.reduce((sum, count, cell) => sum + (count - SAMPLES * probabilities[cell]) ** 2 / (SAMPLES * probabilities[cell]), 0)
  const freedom = probabilities.length - 1
  expect(chiSquare).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom))

  const moment = (power: number): number => samples.reduce((sum, sample) => sum + sample ** power, 0) / SAMPLES
  expect(samples.every(Number.isInteger)).toBe(true)
  expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(variance / SAMPLES))
  // E x^4 = 3 v^2 + v, so var x^2 = 2 v^2 + v; E x^8 = 105 v^4 + 210 v^3 + 63 v^2 + v.
  expect(Math.abs(moment(2) - variance)).toBeLessThan(4 * Math.sqrt((2 * variance ** 2 + variance) / SAMPLES))
  const eighth = 105 * variance ** 4 + 210 * variance ** 3 + 63 * variance ** 2 + variance
  const fourth = 3 * variance ** 2 + variance
  expect(Math.abs(moment(4) - fourth)).toBeLessThan(4 * Math.sqrt((eighth - fourth ** 2) / SAMPLES))
})

test('the noise of many is noise of the summed variance (seed clients)', () => {
  const clients = 7
  const target = new Float64Array(20_000)
  for (let client = 0; client < clients; client += 1) addSkellam(target, 3.5, deterministicWords(sodium, `clients ${client}`))
  const variance = target.reduce((sum, entry) => sum + entry * entry, 0) / target.length
  expect(Math.abs(variance - clients * 3.5)).toBeLessThan(4 * clients * 3.5 * Math.sqrt(2 / target.length))
})

test('neighbours are unrelated, and so are two vectors (seed pairs)', () => {
  const samples = samplesOf(400, 'pairs')
  const other = samplesOf(400, 'other pairs')
  for (const lag of [1, 2, 3]) {
    const covariance = samples.subarray(lag).reduce((sum, sample, index) => sum + sample * samples[index], 0) / SAMPLES
    expect(Math.abs(covariance / 400)).toBeLessThan(4 / Math.sqrt(SAMPLES))
  }
  const across = samples.reduce((sum, sample, index) => sum + sample * other[index], 0) / SAMPLES
  expect(Math.abs(across / 400)).toBeLessThan(4 / Math.sqrt(SAMPLES))
})

test.each([3, 1e6])('noise of variance %d is added to what is there, modulo 2^32 in an Int32Array (seed ring)', (variance) => {
  const noise = new Float64Array(64)
  addSkellam(noise, variance, deterministicWords(sodium, 'ring'))
  const values = new Float64Array(64).fill(1000)
  addSkellam(values, variance, deterministicWords(sodium, 'ring'))
  expect([...values]).toEqual([...noise].map((sample) => sample + 1000))
  const words = new Uint32Array(64).fill(2 ** 32 - 1)
  addSkellam(new Int32Array(words.buffer), variance, deterministicWords(sodium, 'ring'))
  expect([...words]).toEqual([...noise].map((sample) => (((sample - 1) % 2 ** 32) + 2 ** 32) % 2 ** 32))
})

test('a short vector asks for few words, a long one never for more than WebCrypto gives', () => {
  const asked: number[] = []
  const words = deterministicWords(sodium, 'asked')
  const counting = (count: number): Uint32Array => {
    asked.push(count)
    return words(count)
  }
  addSkellam(new Float64Array(3), 1e4, counting)
  expect(asked[0]).toBeLessThan(100)
  addSkellam(new Float64Array(20_000), 1e4, counting)
  expect(Math.max(...asked)).toBe(16_384)
})

test('a generator that gives too few words is refused: what is missing would be no noise', () => {
  expect(() => addSkellam(new Float64Array(9), 4, () => new Uint32Array(2))).toThrow(RangeError)
})

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 * MAX_SKELLAM_VARIANCE])('a variance of %d is refused', (variance) => {
  expect(() => addSkellam(new Float64Array(1), variance, deterministicWords(sodium, 'refused'))).toThrow(RangeError)
})
