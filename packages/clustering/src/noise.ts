import { LabelCountError, NOISE } from './labels.ts'
import type { DistanceMatrix } from './similarity.ts'

/** `nearest`: join the closest cluster if it is close enough; `group`: all noise is one more cluster; `global`: stay noise, served by the model of all. */
export type NoisePolicy = 'nearest' | 'group' | 'global'

/**
 * What becomes of the points that a density method left unassigned (label -1). Returns new labels; -1 that remains means: no cluster of its own, use the global model.
 *
 * `nearest`: a noise point joins the cluster with the least mean distance to it (smallest label among equals), provided that this mean is at most the cluster's largest internal
 * distance. All noise points are judged against the clusters as they came, so their order does not matter. A cluster of one has diameter 0 and takes in only copies of itself.
 * `group`: the published OCFL code's way; scattered points then share a model although nothing says that they are alike.
 *
 * `distances`: n x n; `labels`: n. O(n^2). Throws LabelCountError.
 */
export function placeNoise(distances: DistanceMatrix, labels: readonly number[], policy: NoisePolicy): number[] {
  if (labels.length !== distances.size) throw new LabelCountError(distances.size, labels.length)
  const clusters = labels.reduce((largest, label) => Math.max(largest, label), NOISE) + 1
  if (policy === 'global') return [...labels]
  if (policy === 'group') return labels.map((label) => (label === NOISE ? clusters : label))
  const diameters = largestInternalDistances(distances, labels, clusters)
  return labels.map((label, point) => (label === NOISE ? nearestCluster(distances, labels, point, diameters) : label))
}

function largestInternalDistances({ size, entries }: DistanceMatrix, labels: readonly number[], clusters: number): Float64Array {
  const diameters = new Float64Array(clusters)
  for (let point = 0; point < size; point += 1) {
    for (let other = point + 1; other < size; other += 1) {
      if (labels[point] === NOISE || labels[point] !== labels[other]) continue
      diameters[labels[point]] = Math.max(diameters[labels[point]], entries[point * size + other])
    }
  }
  return diameters
}

function nearestCluster({ size, entries }: DistanceMatrix, labels: readonly number[], point: number, diameters: Float64Array): number {
  const sums = new Float64Array(diameters.length)
  const counts = new Float64Array(diameters.length)
  for (let other = 0; other < size; other += 1) {
    if (labels[other] === NOISE) continue
    sums[labels[other]] += entries[point * size + other]
    counts[labels[other]] += 1
  }
  let nearest = NOISE
  let least = Number.POSITIVE_INFINITY
  for (let cluster = 0; cluster < diameters.length; cluster += 1) {
    if (counts[cluster] === 0 || sums[cluster] / counts[cluster] >= least) continue
    least = sums[cluster] / counts[cluster]
    nearest = cluster
  }
  return nearest !== NOISE && least <= diameters[nearest] ? nearest : NOISE
}
