import { type PointMatrix, squaredGapWithin } from './point-matrix.ts'

/** Rounding of a square and its root; nearer than this to the bound, the root decides. */
const SLACK = 1e-12

/**
 * Connected components of the graph "distance <= epsilon", numbered in order of first appearance. That is DBSCAN (Ester 1996) with 2 points, the point itself counted, each
 * noise point being a cluster of its own: independent of the order of the points. Union-find, O(n^2) time, O(n) memory.
 */
export function components({ count, entries, values }: PointMatrix, epsilon: number): number[] {
  const parents = Int32Array.from({ length: count }, (_, point) => point)
  const rootOf = (point: number): number => {
    let root = point
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]]
      root = parents[root]
    }
    return root
  }
  const bound = epsilon * epsilon * (1 + SLACK)
  for (let point = 0; point < count; point += 1) {
    for (let other = point + 1; other < count; other += 1) {
      const [one, two] = [rootOf(point), rootOf(other)]
      if (one === two) continue
      const squared = squaredGapWithin(values, point * entries, other * entries, entries, bound)
      if (Math.sqrt(squared) <= epsilon) parents[Math.max(one, two)] = Math.min(one, two)
    }
  }
  // A root is the first point of its component.
  const numbers = new Int32Array(count)
  let found = 0
  return Array.from(parents, (_, point) => {
    const root = rootOf(point)
    if (root === point) {
      numbers[point] = found
      found += 1
    }
    return numbers[root]
  })
}
