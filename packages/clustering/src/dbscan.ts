import { NOISE, renumbered } from './labels.ts'
import type { DistanceMatrix } from './similarity.ts'

export interface DbscanOptions {
  /** Two points at most this far apart are neighbours; in the unit of the distances. */
  readonly radius: number
  /** A point with at least so many neighbours, itself counted, is a core point. */
  readonly minPoints: number
}

/**
 * DBSCAN (Ester, Kriegel, Sander, Xu 1996) on precomputed distances. Core points within reach of each other share a cluster; a border point joins the cluster found first,
 * that is the one with the smallest core point. With `minPoints` 2 the clusters are the connected components of the graph "distance <= radius".
 *
 * `distances`: n x n, symmetric, zero diagonal. Returns n labels, -1 = noise. O(n^2) time, O(n) memory.
 */
export function dbscan({ size, entries }: DistanceMatrix, { radius, minPoints }: DbscanOptions): number[] {
  const isCore = Array.from({ length: size }, (_, point) => {
    let neighbours = 0
    for (let other = 0; other < size; other += 1) if (entries[point * size + other] <= radius) neighbours += 1
    return neighbours >= minPoints
  })
  const labels = new Array<number>(size).fill(NOISE)
  let clusters = 0
  for (let seed = 0; seed < size; seed += 1) {
    if (!isCore[seed] || labels[seed] !== NOISE) continue
    labels[seed] = clusters
    const frontier = [seed]
    for (let point = frontier.pop(); point !== undefined; point = frontier.pop()) {
      for (let other = 0; other < size; other += 1) {
        if (labels[other] !== NOISE || entries[point * size + other] > radius) continue
        labels[other] = clusters
        if (isCore[other]) frontier.push(other)
      }
    }
    clusters += 1
  }
  return renumbered(labels)
}
