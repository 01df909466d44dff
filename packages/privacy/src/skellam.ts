import { poissonSampler } from './poisson.ts'
import { createWordSource, type Words } from './word-source.ts'

/**
 * Largest variance of one sample, 2^52: the two Poisson counts and their difference are whole numbers that doubles hold exactly. A ring of 32 bits has no room for a thousandth of it.
 */
export const MAX_SKELLAM_VARIANCE = 2 ** 52

/**
 * Adds to every entry of `target` a whole number of its own, of the symmetric Skellam distribution with this variance: the difference of two Poisson counts of mean variance / 2. Sums of
 * such noise are such noise, of the summed variance, which is why every client can add its part (Agarwal, Kairouz and Liu 2021, section 3). An Int32Array wraps: laid over the words of a
 * ring of 32 bits it adds modulo 2^32.
 *
 * Uniforms have 53 bits and probabilities the error of doubles, about 2^-50 of a sample: over a million samples the law of the vector is off by less than 1e-8 in total variation,
 * which adds as much to delta.
 * @param words so many uniform 32-bit words, of a generator that nobody else can predict
 */
export function addSkellam(target: Float64Array | Int32Array, variance: number, words: Words): void {
  if (!(variance > 0 && variance <= MAX_SKELLAM_VARIANCE)) throw new RangeError(`noise of variance ${variance}`)
  const source = createWordSource(words, WORDS_PER_SAMPLE * target.length)
  const poisson = poissonSampler(variance / 2, source)
  // One loop for each kind of array: one for both is compiled for neither.
  if (target instanceof Int32Array) for (let index = 0; index < target.length; index += 1) target[index] += poisson() - poisson()
  else for (let index = 0; index < target.length; index += 1) target[index] += poisson() - poisson()
}

/** Two counts, a little over one attempt each, two uniforms an attempt, two words a uniform: what is first asked of the generator for a short vector. */
const WORDS_PER_SAMPLE = 10
