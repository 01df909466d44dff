import type { NumberVector, Rng } from '@shoal/numeric'
import type { Points } from './similarity.ts'
import { squaredDistance } from './squared-distance.ts'

export interface KMeansOptions {
  /** Wanted number of clusters, at least 1. */
  readonly clusters: number
  readonly rng: Rng
  /** Independent starts, of which the one with the least inertia is kept. Default 10. */
  readonly restarts?: number
}

export interface Quantisation {
  /** n labels: the index of the nearest centre, the smaller index among equals. Not renumbered: they point into `centres`. */
  readonly labels: number[]
  readonly centres: Float64Array[]
  /** Sum over the points of the squared distance to their centre. */
  readonly inertia: number
}

const MAX_ROUNDS = 300

/**
 * k-means: k-means++ starts (Arthur, Vassilvitskii 2007, section 2.2) and Lloyd's rounds (Lloyd 1982).
 *
 * `points`: n rows of equal length d. With fewer than `clusters` distinct points every distinct point is a centre, so `centres` may be shorter than asked for.
 * O(n clusters d) a round. Throws RangeError when `clusters` is no whole number from 1.
 */
export function kMeans(points: Points, { clusters, rng, restarts = 10 }: KMeansOptions): Quantisation {
  if (!Number.isInteger(clusters) || clusters < 1) throw new RangeError(`clusters is ${clusters}, not a whole number from 1`)
  let best = lloyd(points, spreadStart(points, clusters, rng))
  for (let restart = 1; restart < restarts; restart += 1) {
    const next = lloyd(points, spreadStart(points, clusters, rng))
    if (next.inertia < best.inertia) best = next
  }
  return best
}

/**
 * Lloyd's rounds from given `centres` (left untouched): assign every point to its nearest centre, move every centre to the mean of its points, until no label changes.
 * A centre without points moves to the point farthest from its own centre, if that is not there already.
 */
export function lloyd(points: Points, centres: Points): Quantisation {
  let current = assign(points, centres)
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = assign(points, means(points, current))
    const settled = next.labels.every((label, point) => label === current.labels[point])
    current = next
    if (settled) break
  }
  return current
}

/** k-means++: the first centre uniformly, each further one with probability proportional to the squared distance from the centres so far. */
function spreadStart(points: Points, clusters: number, rng: Rng): NumberVector[] {
  if (points.length === 0) return []
  const centres = [points[rng.below(points.length)]]
  const distances = points.map((point) => squaredDistance(point, centres[0]))
  while (centres.length < clusters) {
    const total = distances.reduce((sum, distance) => sum + distance, 0)
    if (total === 0) break // every point is a centre already
    const centre = points[drawn(distances, rng.uniform() * total)]
    centres.push(centre)
    points.forEach((point, index) => {
      distances[index] = Math.min(distances[index], squaredDistance(point, centre))
    })
  }
  return centres
}

/** The index at which the running sum of `shares` exceeds `mark`. Should rounding put the mark at the very end it is the last: Lloyd's rounds mend a centre drawn twice. */
function drawn(shares: readonly number[], mark: number): number {
  let sum = 0
  for (let index = 0; index < shares.length; index += 1) {
    sum += shares[index]
    if (sum > mark) return index
  }
  return shares.length - 1
}

function assign(points: Points, centres: Points): Quantisation {
  const labels: number[] = []
  let inertia = 0
  for (const point of points) {
    let nearest = 0
    let least = Number.POSITIVE_INFINITY
    centres.forEach((centre, index) => {
      const distance = squaredDistance(point, centre)
      if (distance >= least) return
      least = distance
      nearest = index
    })
    labels.push(nearest)
    inertia += least
  }
  return { labels, centres: centres.map((centre) => Float64Array.from(centre)), inertia }
}

function means(points: Points, { labels, centres }: Quantisation): Float64Array[] {
  const sums = centres.map((centre) => new Float64Array(centre.length))
  const counts = centres.map(() => 0)
  points.forEach((point, index) => {
    const sum = sums[labels[index]]
    for (let entry = 0; entry < sum.length; entry += 1) sum[entry] += point[entry]
    counts[labels[index]] += 1
  })
  const distances = points.map((point, index) => squaredDistance(point, centres[labels[index]]))
  return sums.map((sum, centre) => {
    if (counts[centre] > 0) return sum.map((value) => value / counts[centre])
    const farthest = distances.indexOf(distances.reduce((largest, distance) => Math.max(largest, distance), 0))
    if (farthest < 0 || distances[farthest] === 0) return centres[centre]
    distances[farthest] = 0
    return Float64Array.from(points[farthest])
  })
}
