import { failed, type Noise, type Result, succeeded } from '@shoal/protocol'
import { LARGEST_INFLATION, LEAST_NOISE } from './accountant.ts'

/** What decides how much noise the clients of one masked sum add, each its part (privacy.md 2.7). */
export interface NoiseTerms {
  /** Largest L2 norm of a client's whole vector, its weight with it (C). */
  readonly clip: number
  /** Noise of a sum over the clip: its standard deviation is at least z x clip in every coordinate. */
  readonly z: number
  /** Words of the sum (P). */
  readonly words: number
  /** Clients that the cohort is planned for (g). */
  readonly cohortSize: number
  /** Share of the cohort that may drop out, 0 up to but without 1. If more do, the sum must not be opened. */
  readonly assumeDropped: number
  /** Clients that may add no noise and tell the operator what they know. */
  readonly assumeColluding: number
  /** Largest size of one entry. Without it 5 clips / sqrt(words), which entries of a rotated vector hardly ever exceed; vectors that are not rotated need as much as their clip. */
  readonly range?: number
}

export interface NoisePlan {
  /** With fewer survivors than this the sum must be given up: it would carry too little noise. */
  readonly leastSurvivors: number
  /** Survivors whose noise is counted on (h). */
  readonly honestShares: number
  /** Whole units for 1 (s). */
  readonly scale: number
  readonly range: number
  /** Bits of one client's value before noise, in a ring of 32. */
  readonly valueBits: number
  /** Variance of the Skellam noise that every client adds to every word, in whole units squared. */
  readonly clientVariance: number
  /** Largest size of a word of a legal sum, in whole units: all values at their largest and six standard deviations of noise. It fills at most a quarter of the ring. */
  readonly largestSum: number
  /** Largest standard deviation of a word of the decoded sum: when nobody drops out, so that all add noise. For `leastCount`. */
  readonly deviation: number
  /** Norm of the noise in the mean over that of the clip, with the fewest clients (z sqrt(P) / g'). */
  readonly noiseToSignal: number
  /** What to tell an operator who sets this up; null if nothing. */
  readonly warning: string | null
}

const RING_BITS = 32
/** Bits that a legal sum leaves free, so that garbage shows (privacy.md 3.5). */
const FREE_BITS = 2
const LEAST_VALUE_BITS = 2
/** Standard deviations of noise for which the ring must have room. */
const ROOM = 6
/** Largest entry of a rotated vector, in its standard deviations (privacy.md 3.5). */
const ROTATED_RANGE = 5
const WORTH_A_WARNING = 0.5
/** Standard deviations taken off a noisy count before it is held against kMin. */
const COUNT_DEVIATIONS = 3

/** The plan, or SHOAL_ERR_CONFIG with the reason why there can be none. */
export function createNoisePlan(terms: NoiseTerms): Result<NoisePlan> {
  const { clip, z, words, cohortSize, assumeDropped, assumeColluding, range = (ROTATED_RANGE * clip) / Math.sqrt(words) } = terms
  const fault = faultOf(terms, range)
  if (fault !== null) return failed('SHOAL_ERR_CONFIG', fault)
  const leastSurvivors = Math.ceil(cohortSize * (1 - assumeDropped) - ROUNDING)
  const honestShares = leastSurvivors - assumeColluding
  if (honestShares < 1) return failed('SHOAL_ERR_CONFIG', `of ${leastSurvivors} survivors ${assumeColluding} may collude: nobody is left to add noise`)

  const crowding = Math.sqrt(cohortSize / honestShares) // of the noise, when nobody drops out or colludes
  const largestSumAt = (largest: number): number => cohortSize * largest + Math.ceil(ROOM * ((z * clip * largest) / range) * crowding)
  let valueBits = RING_BITS - Math.ceil(Math.log2(cohortSize)) - FREE_BITS
  while (valueBits >= LEAST_VALUE_BITS && largestSumAt(largestOf(valueBits)) > 2 ** (RING_BITS - FREE_BITS - 1)) valueBits -= 1
  const largest = largestOf(valueBits)
  const scale = largest / range
  if (valueBits < LEAST_VALUE_BITS || clip * scale < Math.sqrt(words) / (LARGEST_INFLATION - 1) || z * clip * scale < LEAST_NOISE)
    return failed('SHOAL_ERR_CONFIG', `no room in the ring for ${words} words of ${cohortSize} clients with noise of ${z} clips`)

  const noiseToSignal = (z * Math.sqrt(words)) / leastSurvivors
  return succeeded({
    leastSurvivors,
    honestShares,
    scale,
    range,
    valueBits,
    clientVariance: (z * clip * scale) ** 2 / honestShares,
    largestSum: largestSumAt(largest),
    deviation: z * clip * crowding,
    noiseToSignal,
    warning: noiseToSignal > WORTH_A_WARNING ? warningOf(terms, noiseToSignal) : null,
  })
}

/** What a policy's noise makes of each sum: null where a cohort of this size can not carry it. Null without noise. */
export function noisePlannerOf(noise: Noise | undefined) {
  if (noise === undefined) return null
  const { noiseMultiplier: z, assumeDropped, assumeColluding } = noise
  return (sum: Pick<NoiseTerms, 'clip' | 'words' | 'cohortSize'> & { readonly range: number }): NoisePlan | null => {
    const plan = createNoisePlan({ ...sum, z, assumeDropped, assumeColluding })
    return plan.ok ? plan.value : null
  }
}

/** What a noisy count surely is, but for one time in 700: every test against kMin takes this. `deviation`: of the plan by which the count was taken. */
export const leastCount = (count: number, deviation: number): number => count - COUNT_DEVIATIONS * deviation

/** Doubles make 10 x (1 - 0.3) a little more than 7 or a little less. */
const ROUNDING = 1e-9

const largestOf = (valueBits: number): number => 2 ** (valueBits - 1) - 1

function faultOf({ clip, z, words, cohortSize, assumeDropped, assumeColluding }: NoiseTerms, range: number): string | null {
  if (!Number.isInteger(words) || words < 1) return 'a sum has words'
  if (!isPositive(clip) || !isPositive(range)) return 'clip and range are above 0'
  if (!isPositive(z)) return 'noise is above 0'
  if (!Number.isInteger(cohortSize) || cohortSize < 1) return 'a cohort has clients'
  if (!(assumeDropped >= 0 && assumeDropped < 1)) return 'the share that may drop out is from 0 to below 1'
  return Number.isInteger(assumeColluding) && assumeColluding >= 0 ? null : 'the number that may collude is a whole one'
}

const isPositive = (value: number): boolean => value > 0 && value < Number.POSITIVE_INFINITY

function warningOf({ z, words }: NoiseTerms, noiseToSignal: number): string {
  const needed = Math.ceil((z * Math.sqrt(words)) / WORTH_A_WARNING)
  const size = noiseToSignal < 10 ? noiseToSignal.toFixed(1) : String(Math.round(noiseToSignal))
  return `the noise in the mean is ${size} times as long as the longest update: take a smaller model, less noise, or at least ${needed} volunteers in each sum`
}
