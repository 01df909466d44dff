import { type PointMatrix, squaredGapWithin } from './point-matrix.ts'
import type { DistanceMatrix } from './similarity.ts'

/**
 * Distance of each point from the nearest other one, ascending; Infinity for a point that has no other. O(n^2) time, O(n) memory.
 */
export function nearestDistances({ count, entries, values }: PointMatrix): Float64Array {
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  for (let point = 0; point < count; point += 1) {
    for (let other = point + 1; other < count; other += 1) {
      const bound = Math.max(nearest[point], nearest[other])
      const squared = squaredGapWithin(values, point * entries, other * entries, entries, bound)
      if (squared < nearest[point]) nearest[point] = squared
      if (squared < nearest[other]) nearest[other] = squared
    }
  }
  return nearest.map(Math.sqrt).sort()
}

/** All pairs at once. */
export function distancesOf({ count, entries, values }: PointMatrix): DistanceMatrix {
  const distances = new Float32Array(count * count)
  for (let point = 0; point < count; point += 1) {
    for (let other = 0; other < point; other += 1) {
      const distance = Math.sqrt(squaredGapWithin(values, point * entries, other * entries, entries, Number.POSITIVE_INFINITY))
      distances[point * count + other] = distance
      distances[other * count + point] = distance
    }
  }
  return { size: count, entries: distances }
}
