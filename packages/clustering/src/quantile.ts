/** The number below which `share` of the numbers lie, between two of them on the straight line (numpy's default). `ascending`: sorted, at least one. */
export function quantile(ascending: Float64Array, share: number): number {
  const place = share * (ascending.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, ascending.length - 1)
  return ascending[below] + (place - below) * (ascending[above] - ascending[below])
}

export const median = (numbers: Iterable<number>): number => quantile(Float64Array.from(numbers).sort(), 0.5)
