/** A measured value, or null where there is none. */
export type Reading = number | null

/**
 * Which points of curves over the same `xs` (ascending) are worth drawing into `columns` pixels: of each column and curve the least and the largest reading, and the first and
 * last point of all. What is left out lies inside a line that is drawn anyway. All points where they are few.
 */
export function keptPoints(xs: readonly number[], curves: readonly (readonly Reading[])[], columns: number): readonly number[] {
  const count = xs.length
  const all = (): number[] => xs.map((_, index) => index)
  if (count <= 2 * columns || columns < 1) return all()
  const first = xs[0] ?? 0
  const span = (xs[count - 1] ?? first) - first
  const kept = new Set<number>([0, count - 1])
  for (const curve of curves) {
    let column = -1
    let least = -1
    let largest = -1
    const keep = (): void => {
      if (least >= 0) kept.add(least).add(largest)
    }
    for (let index = 0; index < count; index += 1) {
      const reading = curve[index] ?? null
      if (reading === null) continue
      const here = Math.min(columns - 1, Math.floor((((xs[index] ?? first) - first) / (span || 1)) * columns))
      if (here !== column) {
        keep()
        column = here
        least = index
        largest = index
        continue
      }
      if (reading < (curve[least] ?? 0)) least = index
      if (reading > (curve[largest] ?? 0)) largest = index
    }
    keep()
  }
  return [...kept].sort((left, right) => left - right)
}

/** Least and largest reading over several curves, point by point: the edges of a band. Null where nothing was measured. */
export function bandOf(curves: readonly (readonly Reading[])[]): { readonly low: readonly Reading[]; readonly high: readonly Reading[] } {
  const length = Math.max(0, ...curves.map((curve) => curve.length))
  const low: Reading[] = []
  const high: Reading[] = []
  for (let index = 0; index < length; index += 1) {
    let least: Reading = null
    let largest: Reading = null
    for (const curve of curves) {
      const reading = curve[index] ?? null
      if (reading === null) continue
      if (least === null || reading < least) least = reading
      if (largest === null || reading > largest) largest = reading
    }
    low.push(least)
    high.push(largest)
  }
  return { low, high }
}
