import { MAX_SUM_COHORT, type Noise } from '@shoal/protocol'

/** Volunteers of the smallest sum, where so many are dealt out to sums of about `cohortSize`. */
export function smallestSum(volunteers: number, cohortSize: number): number {
  const sums = Math.max(1, Math.round(volunteers / cohortSize), Math.ceil(volunteers / MAX_SUM_COHORT))
  return Math.floor(volunteers / sums)
}

/** Least `cohortSize` at which no sum comes out below `kMin`, however many there are: one and a half times as many are two sums, and none is smaller than those two. */
export const leastCohortSize = (kMin: number): number => Math.floor((4 * kMin - 2) / 3) + 1

/** Of a sum's volunteers so many must stay until it is opened: two thirds and one more, and at least `kMin`. */
export const fewestToOpen = (members: number, kMin: number): number => Math.max(Math.floor((2 * members) / 3) + 1, kMin)

/** Volunteers of a sum who are sure to stay. */
export const sureToStay = (members: number, { assumeDropped }: Noise): number => Math.ceil(members * (1 - assumeDropped) - ROUNDING)
/** Doubles make 10 x (1 - 0.3) a little more than 7. */
const ROUNDING = 1e-9

/** Length of the noise in a mean of so many volunteers over that of the longest update of `numbers` numbers: z sqrt(P) / g'. */
export const noiseToSignal = (numbers: number, members: number, noise: Noise): number =>
  (noise.noiseMultiplier * Math.sqrt(numbers)) / sureToStay(members, noise)

/** Above this the noise is worth a warning. */
export const MUCH_NOISE = 0.5

/** Fewest volunteers of a sum at which the noise is not above `MUCH_NOISE`. */
export const membersForNoise = (numbers: number, { noiseMultiplier, assumeDropped }: Noise): number =>
  Math.ceil((noiseMultiplier * Math.sqrt(numbers)) / MUCH_NOISE / (1 - assumeDropped))

/** A device rounds what it gives, by which it grows a little (rho of one sum is this squared over 2 z^2). */
const LARGEST_INFLATION = 1.05

/**
 * So many sums a volunteer's budget is sure to pay for, by epsilon <= rho + 2 sqrt(rho ln(1/delta)) (Bun and Steinke 2016, proposition 1.3). The devices keep the account, by a bound that is
 * a little tighter.
 */
export function sumsPaidFor({ noiseMultiplier, delta, budget }: Noise): number {
  const nats = -Math.log(delta)
  const rho = (Math.sqrt(nats + budget) - Math.sqrt(nats)) ** 2
  return Math.floor((rho * 2 * noiseMultiplier ** 2) / LARGEST_INFLATION ** 2)
}
