import type { NumberVector } from '@shoal/numeric'

/** Points side by side in one array, which the methods for many long points run through without following a reference for each of them. */
export interface PointMatrix {
  readonly count: number
  /** Numbers of a point. */
  readonly entries: number
  /** count * entries numbers, point by point. */
  readonly values: Float32Array
}

/** Points of one length side by side. */
export function pointMatrix(points: readonly NumberVector[]): PointMatrix {
  const entries = points[0]?.length ?? 0
  const values = new Float32Array(points.length * entries)
  for (const [index, point] of points.entries()) values.set(point, index * entries)
  return { count: points.length, entries, values }
}

/** Squared distance of the point and the centre at these places of their arrays. Four sums, since one would wait for each of its additions. */
export function squaredGap(values: Float32Array, from: number, centres: Float64Array, at: number, entries: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0]
  let entry = 0
  for (; entry + 3 < entries; entry += 4) {
    const a = values[from + entry] - centres[at + entry]
    const b = values[from + entry + 1] - centres[at + entry + 1]
    const c = values[from + entry + 2] - centres[at + entry + 2]
    const d = values[from + entry + 3] - centres[at + entry + 3]
    first += a * a
    second += b * b
    third += c * c
    fourth += d * d
  }
  for (; entry < entries; entry += 1) first += (values[from + entry] - centres[at + entry]) ** 2
  return first + second + third + fourth
}

/** The points at these places, one after the other. */
export function selectPoints({ entries, values }: PointMatrix, places: readonly number[]): PointMatrix {
  const selected = new Float32Array(places.length * entries)
  for (const [index, place] of places.entries()) selected.set(values.subarray(place * entries, (place + 1) * entries), index * entries)
  return { count: places.length, entries, values: selected }
}

/** Squared distance of two points of one array, summed in float64; for points further apart than the square root of `bound`, something larger than that: most pairs need not be summed to the end. */
export function squaredGapWithin(values: Float32Array, from: number, at: number, entries: number, bound: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0]
  let entry = 0
  while (entry + 3 < entries) {
    // Looking at the bound more often than every 32 entries costs more than it saves.
    const stop = Math.min(entry + 32, entries - 3)
    for (; entry < stop; entry += 4) {
      const a = values[from + entry] - values[at + entry]
      const b = values[from + entry + 1] - values[at + entry + 1]
      const c = values[from + entry + 2] - values[at + entry + 2]
      const d = values[from + entry + 3] - values[at + entry + 3]
      first += a * a
      second += b * b
      third += c * c
      fourth += d * d
    }
    if (first + second + third + fourth > bound) return first + second + third + fourth
  }
  for (; entry < entries; entry += 1) first += (values[from + entry] - values[at + entry]) ** 2
  return first + second + third + fourth
}
