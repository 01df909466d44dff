import { LabelCountError, NOISE } from './labels.ts'
import type { DistanceMatrix } from './similarity.ts'

/**
 * Mean silhouette (Rousseeuw 1987): over all points, (b - a) / max(a, b) with a the mean distance to the rest of the own cluster and b the least mean distance to another one.
 * Points labelled -1 are left out altogether; a point alone in its cluster counts 0 (as in scikit-learn). In [-1, 1]; 0 with fewer than two clusters.
 *
 * `distances`: n x n; `labels`: n. O(n^2). Throws LabelCountError.
 */
export function silhouette(distances: DistanceMatrix, labels: readonly number[]): number {
  const { size, entries } = distances
  const counts = clusterCounts(distances, labels)
  if (counts.filter((count) => count > 0).length < 2) return 0
  let sum = 0
  let points = 0
  for (let point = 0; point < size; point += 1) {
    if (labels[point] <= NOISE) continue
    points += 1
    if (counts[labels[point]] === 1) continue
    const sums = new Float64Array(counts.length)
    for (let other = 0; other < size; other += 1) if (labels[other] > NOISE && other !== point) sums[labels[other]] += entries[point * size + other]
    const within = sums[labels[point]] / (counts[labels[point]] - 1)
    let across = Number.POSITIVE_INFINITY
    for (let cluster = 0; cluster < counts.length; cluster += 1) {
      if (cluster !== labels[point] && counts[cluster] > 0) across = Math.min(across, sums[cluster] / counts[cluster])
    }
    if (within > 0 || across > 0) sum += (across - within) / Math.max(across, within)
  }
  return sum / points
}

/**
 * Mean distance between points of different clusters minus mean distance between points of one cluster, over all pairs i < j of points not labelled -1.
 * 0 when there is no pair of one of the two kinds: a single cluster, or only clusters of one. On cosine distances in [-2, 2].
 *
 * `distances`: n x n; `labels`: n. O(n^2). Throws LabelCountError.
 */
export function contrast(distances: DistanceMatrix, labels: readonly number[]): number {
  if (labels.length !== distances.size) throw new LabelCountError(distances.size, labels.length)
  const { size, entries } = distances
  const sums = { within: 0, across: 0 }
  const pairs = { within: 0, across: 0 }
  for (let point = 0; point < size; point += 1) {
    for (let other = point + 1; other < size; other += 1) {
      if (labels[point] <= NOISE || labels[other] <= NOISE) continue
      const kind = labels[point] === labels[other] ? 'within' : 'across'
      sums[kind] += entries[point * size + other]
      pairs[kind] += 1
    }
  }
  return pairs.within > 0 && pairs.across > 0 ? sums.across / pairs.across - sums.within / pairs.within : 0
}

/** Number of points of cluster 0, 1, ... */
function clusterCounts({ size }: DistanceMatrix, labels: readonly number[]): number[] {
  if (labels.length !== size) throw new LabelCountError(size, labels.length)
  const counts = new Array<number>(labels.reduce((largest, label) => Math.max(largest, label), NOISE) + 1).fill(0)
  for (const label of labels) if (label > NOISE) counts[label] += 1
  return counts
}
