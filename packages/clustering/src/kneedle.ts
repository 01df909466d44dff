/** Rounding errors in the gaps are smaller than this. They would make an elbow out of a straight line, or decide where a fall of just the threshold is one: it is not. */
const GRAIN = 1e-12

/**
 * Where a convex increasing curve bends upwards: Kneedle (Satopaa 2011, Algorithm 1) with sensitivity 1, as FLUX takes it (spec section 4.2, step 5).
 *
 * `heights`: the curve at equally spaced places. Index of the elbow; null where there is none: fewer than 3 places, all equal, or a straight line.
 */
export function kneedle(heights: ArrayLike<number>): number | null {
  const last = heights.length - 1
  const lowest = heights[0]
  const range = heights[last] - lowest
  if (last < 2 || range <= 0) return null
  // Turned by 180 degrees the curve is concave, and its elbow is the largest gap above the diagonal.
  const gaps = Array.from({ length: last + 1 }, (_, place) => {
    const gap = 1 - (heights[last - place] - lowest) / range - place / last
    return Math.round(gap / GRAIN) * GRAIN
  })
  let threshold = 0
  let candidate: number | null = null
  for (let place = 0; place < last; place += 1) {
    const [gap, before, after] = [gaps[place], gaps[Math.max(0, place - 1)], gaps[place + 1]]
    if (gap >= before && gap >= after) {
      threshold = gap - 1 / last
      candidate = place
    }
    if (candidate !== null && gap <= before && gap <= after) threshold = 0
    if (candidate !== null && after < threshold - GRAIN) return last - candidate
  }
  return null
}
