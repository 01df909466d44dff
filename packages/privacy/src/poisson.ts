import type { WordSource } from './word-source.ts'

/** From this mean on rejection is faster than a walk along the distribution; it is proven from 10 on (Hörmann 1993). */
const LEAST_MEAN_OF_REJECTION = 10

/** Draws Poisson counts of this mean, above 0. */
export const poissonSampler = (mean: number, source: WordSource): (() => number) =>
  mean < LEAST_MEAN_OF_REJECTION ? byInversion(mean, source) : byRejection(mean, source)

/** The least count whose distribution function exceeds a uniform. */
function byInversion(mean: number, source: WordSource): () => number {
  const cumulative: number[] = []
  let probability = Math.exp(-mean)
  let sum = probability
  // Until what is left is below the grain of a uniform.
  for (let count = 1; probability > 2 ** -60 || count <= mean; count += 1) {
    cumulative.push(sum)
    probability *= mean / count
    sum += probability
  }
  const last = cumulative.length
  return () => {
    const uniform = source.uniform()
    let count = 0
    while (count < last && uniform >= cumulative[count]) count += 1
    return count
  }
}

/** Transformed rejection with squeeze: algorithm PTRS of Hörmann 1993, "The transformed rejection method for generating Poisson random variables", with its constants. */
function byRejection(mean: number, source: WordSource): () => number {
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.024_83 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const squeeze = 0.9277 - 3.6224 / (b - 2)
  return () => {
    for (;;) {
      const u = source.uniform() - 0.5
      const v = source.uniform()
      const fromEdge = 0.5 - Math.abs(u)
      const count = Math.floor(((2 * a) / fromEdge + b) * u + mean + 0.43)
      if (fromEdge >= 0.07 && v <= squeeze) return count
      if (count < 0 || (fromEdge < 0.013 && v > fromEdge)) continue
      if (Math.log((v * inverseAlpha) / (a / fromEdge ** 2 + b)) <= logProbability(count, mean)) return count
    }
  }
}

/**
 * log of mean^count e^-mean / count!, by Loader's saddle-point form ("Fast and accurate computation of binomial probabilities", 2000). The three terms of the plain form are each as large
 * as the mean times its logarithm, so that at a mean of 10^15 their sum would have no right digit; here nothing large cancels.
 */
export function logProbability(count: number, mean: number): number {
  if (count === 0) return -mean
  return -deviance(count, mean) - stirlingError(count) - 0.5 * Math.log(2 * Math.PI * count)
}

/** count log(count / mean) + mean - count, with all its digits where the two are close. */
function deviance(count: number, mean: number): number {
  const difference = count - mean
  if (Math.abs(difference) >= 0.1 * (count + mean)) return count * Math.log(count / mean) - difference
  const ratio = difference / (count + mean)
  let sum = difference * ratio
  let term = 2 * count * ratio
  for (let odd = 3; ; odd += 2) {
    term *= ratio * ratio
    const next = sum + term / odd
    if (next === sum) return sum
    sum = next
  }
}

/** log count! less Stirling's formula for it. */
function stirlingError(count: number): number {
  if (count < EXACT_ERRORS.length) return EXACT_ERRORS[count]
  const square = count * count
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / count
}

/** Of 1 .. 15 at their places, where the series is not good enough yet (skellam.fixture.py); 0 is never asked. */
const EXACT_ERRORS: readonly number[] = [
  0, 0.08106146679532726, 0.0413406959554093, 0.02767792568499834, 0.020790672103765093, 0.016644691189821193, 0.013876128823070748, 0.01189670994589177,
  0.010411265261972096, 0.009255462182712733, 0.00833056343336287, 0.007573675487951841, 0.00694284010720953, 0.006408994188004207, 0.0059513701127588475,
  0.005554733551962801,
]
