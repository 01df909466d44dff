/**
 * What differential privacy costs, in zero-concentrated terms (rho), which add up over sums, and what they come to as (epsilon, delta). Unit: all that one client gives to a sum.
 * No amplification by sampling is claimed: the server knows who took part.
 */

/**
 * Largest ratio of a rounded vector's norm to its clip (privacy.md 2.7): rounding moves each of P entries by less than 1, the vector by less than sqrt(P), and the clip is at least
 * 20 sqrt(P) units.
 */
export const LARGEST_INFLATION = 1.05
/** Least standard deviation of a sum's noise in whole units, at which what Skellam noise costs beyond Gaussian noise is under a thousandth. */
export const LEAST_NOISE = 100

/**
 * A bound on the Rényi divergence of `order` between two vectors of Skellam noise, one of them shifted: Agarwal, Kairouz and Liu 2021 (arXiv 2110.04995), the bound for many coordinates
 * (Corollary 3.6): order l2^2 / 2v + min(((2 order - 1) l2^2 + 6 l1) / 4v^2, 3 l1 / 2v).
 * @param order a whole number from 2: the theorem says nothing of others
 * @param shift largest l1 and l2 norm of the shift, in whole units, and `variance` of one coordinate's noise, v
 */
export function skellamDivergence(order: number, { l1, l2, variance }: { readonly l1: number; readonly l2: number; readonly variance: number }): number {
  if (!Number.isInteger(order) || order < 2) throw new RangeError(`a divergence of order ${order}`)
  const square = l2 * l2
  return (order * square) / (2 * variance) + Math.min(((2 * order - 1) * square + 6 * l1) / (4 * variance ** 2), (3 * l1) / (2 * variance))
}

/**
 * rho of one sum with noise of `z` times the clip: the least number for which `skellamDivergence` is at most rho x order at every whole order, at the largest inflation and the least
 * noise that a noise plan allows, so it holds for every plan.
 *
 * With v = n^2, l2 = 1.05 n / z and, for whole numbers, l1 <= l2^2: divided by its order, the part of the bound beyond l2^2 / 2v is l2^2 / 2v^2 + (6 l1 - l2^2) / (4 v^2 order). That falls
 * with the order (6 l1 > l2^2 here), so order 2 is the worst.
 */
export function rhoOfSum(z: number): number {
  if (!(z > 0)) throw new RangeError(`noise of ${z} clips`)
  const l2 = (LARGEST_INFLATION * LEAST_NOISE) / z
  return skellamDivergence(2, { l1: l2 * l2, l2, variance: LEAST_NOISE ** 2 }) / 2
}

/** epsilon at one order (Canonne, Kamath and Steinke 2020, arXiv 2004.00010, proposition 12, solved for epsilon at a divergence of rho x order). */
const epsilonAt = (order: number, rho: number, delta: number): number =>
  order * rho + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1)

/** Least epsilon of Gaussian noise, over all orders above 1. What Skellam noise of the same rho comes to, if its bound held between whole orders too. */
export function gaussianEpsilon(rho: number, delta: number): number {
  return Math.max(0, epsilonAt(bestOrder(rho, delta), rho, delta))
}

/** Least epsilon of Skellam noise at `delta`, over the whole orders, for which alone its bound is proven. 0 for rho 0, Infinity for rho Infinity. */
export function epsilonOf(rho: number, delta: number): number {
  if (rho === 0 || rho === Number.POSITIVE_INFINITY) return rho
  const order = bestOrder(rho, delta)
  const below = Math.max(2, Math.floor(order))
  return Math.max(0, Math.min(epsilonAt(below, rho, delta), epsilonAt(below + 1, rho, delta)))
}

/** The order with the least epsilon. Any other gives a true epsilon too, only a larger one, so nothing hangs on the last digits. */
function bestOrder(rho: number, delta: number): number {
  if (!(rho > 0) || !(delta > 0 && delta < 1)) throw new RangeError(`epsilon of rho ${rho} at delta ${delta}`)
  // Golden section over log(order - 1): epsilon falls, then rises. Without its smaller terms it is least where order - 1 = sqrt(log(1 / delta) / rho).
  let [low, high] = [-SEARCHED, SEARCHED].map((reach) => 0.5 * Math.log(-Math.log(delta) / rho) + reach)
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const left = high - (high - low) / GOLDEN
    const right = low + (high - low) / GOLDEN
    if (epsilonAt(1 + Math.exp(left), rho, delta) < epsilonAt(1 + Math.exp(right), rho, delta)) high = right
    else low = left
  }
  return 1 + Math.exp((low + high) / 2)
}

const SEARCHED = 5
const SEARCH_STEPS = 80
const GOLDEN = (1 + Math.sqrt(5)) / 2
