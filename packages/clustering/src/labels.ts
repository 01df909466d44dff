/**
 * A clustering is one whole number per point: `labels[i]` is the cluster of point i, counted from 0, or `NOISE`.
 * `labels` in this package always run 0, 1, 2 ... in order of first appearance, so that the same partition gives the same array.
 */
export const NOISE = -1

/** The same partition with its clusters numbered in order of first appearance. Negative labels are noise and become `NOISE`. */
export function renumbered(labels: readonly number[]): number[] {
  const numbers = new Map<number, number>()
  return labels.map((label) => {
    if (label < 0) return NOISE
    const known = numbers.get(label)
    if (known !== undefined) return known
    numbers.set(label, numbers.size)
    return numbers.size - 1
  })
}

export class LabelCountError extends RangeError {
  constructor(points: number, labels: number) {
    super(`${points} points but ${labels} labels`)
    this.name = 'LabelCountError'
  }
}
