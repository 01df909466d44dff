import { NOISE, renumbered } from './labels.ts'
import type { DistanceMatrix } from './similarity.ts'

export interface HdbscanOptions {
  /** Fewest points that count as a cluster; at least 2. */
  readonly minClusterSize: number
  /** Which neighbour sets a point's core distance, the point itself being the first; at least 1. Default `minClusterSize`. */
  readonly minSamples?: number
}

/**
 * HDBSCAN* on precomputed distances: Campello, Moulavi, Sander 2013 (hierarchy), and 2015 (excess of mass). Parameters and conventions are those of scikit-learn's
 * `HDBSCAN(metric='precomputed')`; the root is never selected (`allow_single_cluster=False`), so one homogeneous crowd comes out as noise or in pieces.
 *
 * `distances`: n x n, finite, symmetric. Returns n labels, -1 = noise. With fewer points than `minClusterSize` or `minSamples` all is noise (scikit-learn raises).
 * O(n^2) time; beside the matrix O(n) memory: mutual reachabilities are computed when they are looked at. Throws RangeError for options out of range.
 */
export function hdbscan(distances: DistanceMatrix, { minClusterSize, minSamples = minClusterSize }: HdbscanOptions): number[] {
  if (!Number.isInteger(minClusterSize) || minClusterSize < 2) throw new RangeError(`minClusterSize is ${minClusterSize}, not a whole number from 2`)
  if (!Number.isInteger(minSamples) || minSamples < 1) throw new RangeError(`minSamples is ${minSamples}, not a whole number from 1`)
  if (distances.size < minClusterSize || distances.size < minSamples) return new Array<number>(distances.size).fill(NOISE)
  const walk = reachabilityWalk(distances, coreDistances(distances, minSamples))
  const tree = condense(mergeAlong(walk), minClusterSize)
  const chosen = selectByExcessOfMass(tree)
  return renumbered(tree.clusterOfPoint.map((cluster) => chosen[cluster]))
}

/** Distance of every point to its `rank`-th nearest, itself counted (2013, definition 1). */
function coreDistances({ size, entries }: DistanceMatrix, rank: number): Float64Array {
  const cores = new Float64Array(size)
  const row = new Float64Array(size)
  for (let point = 0; point < size; point += 1) {
    row.set(entries.subarray(point * size, (point + 1) * size))
    cores[point] = smallest(row, rank - 1)
  }
  return cores
}

/** The value that sorting would put at `position` (Hoare's quickselect, middle pivot). Reorders `values`. */
function smallest(values: Float64Array, position: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const pivot = values[(low + high) >>> 1]
    let left = low
    let right = high
    while (left <= right) {
      while (values[left] < pivot) left += 1
      while (values[right] > pivot) right -= 1
      if (left > right) break
      const kept = values[left]
      values[left] = values[right]
      values[right] = kept
      left += 1
      right -= 1
    }
    if (position <= right) high = right
    else if (position >= left) low = left
    else break
  }
  return values[position]
}

interface Walk {
  /** All points in the order in which Prim's algorithm reaches them from point 0. */
  readonly order: Int32Array
  /** `step[i]`: mutual reachability distance from `order[i + 1]` to the nearest point before it. n - 1 entries. */
  readonly step: Float64Array
}

/**
 * Prim's minimum spanning tree of max(core(a), core(b), d(a, b)) (2013, definition 3), kept as a walk: between two places of the walk the largest step
 * is the level at which single linkage joins their points, so the tree's edges themselves are not needed. Ties: smallest index.
 */
function reachabilityWalk({ size, entries }: DistanceMatrix, cores: Float64Array): Walk {
  const order = new Int32Array(size)
  const step = new Float64Array(size - 1)
  const nearest = new Float64Array(size).fill(Number.POSITIVE_INFINITY)
  const outside = Int32Array.from({ length: size }, (_, point) => point)
  let current = 0
  for (let place = 1; place < size; place += 1) {
    const row = current * size
    const core = cores[current]
    let kept = 0
    let next = -1
    let least = Number.POSITIVE_INFINITY
    for (let index = 0; index <= size - place; index += 1) {
      const point = outside[index]
      if (point === current) continue
      outside[kept] = point
      kept += 1
      let reach = entries[row + point]
      if (core > reach) reach = core
      if (cores[point] > reach) reach = cores[point]
      if (reach < nearest[point]) nearest[point] = reach
      else reach = nearest[point]
      if (reach < least || next < 0) {
        least = reach
        next = point
      }
    }
    order[place] = next
    step[place - 1] = least
    current = next
  }
  return { order, step }
}

/** Single linkage as a binary tree: nodes 0 .. n-1 are points, node n + i the i-th merge; merges come in order of distance. */
interface Dendrogram {
  readonly points: number
  readonly left: Int32Array
  readonly right: Int32Array
  readonly distance: Float64Array
  readonly sizes: Int32Array
}

/** Joins neighbouring stretches of the walk, shortest step first; equal steps in order of the walk. */
function mergeAlong({ order, step }: Walk): Dendrogram {
  const points = order.length
  const left = new Int32Array(points - 1)
  const right = new Int32Array(points - 1)
  const distance = new Float64Array(points - 1)
  const sizes = new Int32Array(2 * points - 1).fill(1, 0, points)
  // A stretch is known by its first and last place: `node` and `otherEnd` are valid there only.
  const node = Int32Array.from(order)
  const otherEnd = Int32Array.from({ length: points }, (_, place) => place)
  const shortestFirst = Uint32Array.from(step, (_, place) => place).sort((a, b) => step[a] - step[b] || a - b)
  shortestFirst.forEach((place, merge) => {
    const first = otherEnd[place]
    const last = otherEnd[place + 1]
    left[merge] = node[place]
    right[merge] = node[place + 1]
    distance[merge] = step[place]
    sizes[points + merge] = sizes[left[merge]] + sizes[right[merge]]
    node[first] = points + merge
    node[last] = points + merge
    otherEnd[first] = last
    otherEnd[last] = first
  })
  return { points, left, right, distance, sizes }
}

/** What is left of the dendrogram when losing fewer than `minClusterSize` points counts as shrinking, not as splitting. Cluster 0 is the root; parents precede children. */
interface CondensedTree {
  readonly parents: number[]
  /** Sum over a cluster's points of (lambda at which the point leaves) - (lambda at which the cluster appears), lambda = 1 / distance (2015, equation 3). */
  readonly stabilities: number[]
  /** The last cluster that each point belonged to, from the root down. */
  readonly clusterOfPoint: number[]
}

function condense({ points, left, right, distance, sizes }: Dendrogram, minClusterSize: number): CondensedTree {
  const parents = [-1]
  const births = [0]
  const stabilities = [0]
  const clusterOf = new Int32Array(sizes.length)
  const bear = (parent: number, lambda: number): number => {
    parents.push(parent)
    births.push(lambda)
    stabilities.push(0)
    return parents.length - 1
  }
  for (let node = sizes.length - 1; node >= points; node -= 1) {
    const cluster = clusterOf[node]
    const children = [left[node - points], right[node - points]]
    const lambda = 1 / distance[node - points] // infinite for duplicates
    const splits = children.every((child) => sizes[child] >= minClusterSize)
    for (const child of children) {
      clusterOf[child] = splits ? bear(cluster, lambda) : cluster
      const leaves = sizes[node] >= minClusterSize && (splits || sizes[child] < minClusterSize)
      // A cluster of duplicates appears and ends at infinity: infinity - infinity is no stability.
      if (leaves && lambda > births[cluster]) stabilities[cluster] += (lambda - births[cluster]) * sizes[child]
    }
  }
  return { parents, stabilities, clusterOfPoint: Array.from(clusterOf.subarray(0, points)) }
}

/** For every condensed cluster the selected cluster that contains it, or `NOISE` (2015, section 6: a cluster gives way only to children that are together more stable). */
function selectByExcessOfMass({ parents, stabilities }: CondensedTree): number[] {
  const best = [...stabilities]
  const ofChildren = new Array<number>(parents.length).fill(0)
  const stands = new Array<boolean>(parents.length).fill(false)
  for (let cluster = parents.length - 1; cluster > 0; cluster -= 1) {
    stands[cluster] = !(ofChildren[cluster] > stabilities[cluster])
    if (!stands[cluster]) best[cluster] = ofChildren[cluster]
    ofChildren[parents[cluster]] += best[cluster]
  }
  const chosen = [NOISE]
  for (let cluster = 1; cluster < parents.length; cluster += 1) {
    const above = chosen[parents[cluster]]
    chosen.push(above === NOISE && stands[cluster] ? cluster : above)
  }
  return chosen
}
