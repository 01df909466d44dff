import type { NumberVector } from '@shoal/numeric'
import { renumbered } from './labels.ts'
import type { Points } from './similarity.ts'
import { squaredDistance } from './squared-distance.ts'

export interface MeanShiftOptions {
  /** Radius of the flat kernel. Default `estimateBandwidth(points)`. */
  readonly bandwidth?: number
}

/** scikit-learn's limits: a climb ends when it moves less than this share of the bandwidth, or after so many steps. */
const STILL = 1e-3
const MAX_STEPS = 300

/**
 * Mean shift with a flat kernel (Comaniciu, Meer 2002; conventions of scikit-learn's `MeanShift`): every point climbs to the mean of the points within `bandwidth` until it
 * stands still; of summits closer than `bandwidth` the one with most points stays; a point belongs to the nearest summit.
 *
 * `points`: n rows of equal length d. Returns n labels; there is no noise. O(n^2 d) per step of all climbs. With bandwidth 0 the equal rows form a cluster each,
 * so all-equal rows give one cluster. (The estimate is 0 for any six rows or fewer: it then looks no further than the point itself.)
 */
export function meanShift(points: Points, { bandwidth = estimateBandwidth(points) }: MeanShiftOptions = {}): number[] {
  const summits = points.map((point) => climb(points, point, bandwidth)).sort(mostPointsFirst)
  const kept: Summit[] = []
  for (const summit of summits) {
    if (kept.every(({ centre }) => Math.sqrt(squaredDistance(centre, summit.centre)) > bandwidth)) kept.push(summit)
  }
  return renumbered(points.map((point) => nearestSummit(kept, point)))
}

/** Mean distance from a point to its k-th nearest, itself counted, k = `quantile` of the number of points and at least 1; 0 without points. Euclidean, O(n^2 d). */
export function estimateBandwidth(points: Points, quantile = 0.3): number {
  if (points.length === 0) return 0
  const rank = Math.max(1, Math.trunc(points.length * quantile))
  let sum = 0
  for (const point of points) {
    const squares = Float64Array.from(points, (other) => squaredDistance(point, other)).sort()
    sum += Math.sqrt(squares[rank - 1])
  }
  return sum / points.length
}

interface Summit {
  readonly centre: NumberVector
  /** Points under the kernel there. */
  readonly count: number
}

function climb(points: Points, start: NumberVector, bandwidth: number): Summit {
  let centre = start
  for (let step = 0; ; step += 1) {
    const within = points.filter((point) => Math.sqrt(squaredDistance(point, centre)) <= bandwidth)
    // Only at bandwidth 0: the rounded mean of equal rows can miss them all by one bit. It is the same mean for each of them, hence one summit.
    if (within.length === 0) return { centre, count: 0 }
    const mean = new Float64Array(start.length)
    for (const point of within) for (let index = 0; index < mean.length; index += 1) mean[index] += point[index]
    for (let index = 0; index < mean.length; index += 1) mean[index] /= within.length
    const moved = Math.sqrt(squaredDistance(mean, centre))
    centre = mean
    if (moved <= STILL * bandwidth || step === MAX_STEPS) return { centre, count: within.length }
  }
}

/** More points first; among equals the larger centre in lexicographic order, as in scikit-learn, so that the order of the points does not matter. */
function mostPointsFirst(a: Summit, b: Summit): number {
  if (a.count !== b.count) return b.count - a.count
  const differs = a.centre.findIndex((value, index) => value !== b.centre[index])
  return differs < 0 ? 0 : b.centre[differs] - a.centre[differs]
}

function nearestSummit(summits: readonly Summit[], point: NumberVector): number {
  let nearest = 0
  let least = Number.POSITIVE_INFINITY
  summits.forEach(({ centre }, index) => {
    const distance = squaredDistance(point, centre)
    if (distance >= least) return
    least = distance
    nearest = index
  })
  return nearest
}
