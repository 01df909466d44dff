import { bipartition, cosines, type Points } from '@shoal/clustering'

/** How well the directions of updates tell the true groups apart (Sattler 2019, definition 1). */
export interface Separation {
  /** g = intra - cross: positive says that the split is right; negative says nothing (cfl.md 3). */
  readonly gap: number
  /** The smallest cosine of two clients of one true group. */
  readonly intra: number
  /** The largest cosine of two clients that the best split separates. */
  readonly cross: number
  /** No true group has clients on both sides of that split. */
  readonly isCorrect: boolean
}

/** `truth[i]` is the group of `updates[i]`. Null where fewer than two updates have a direction or no group has two clients. Throws RangeError where some update has none. */
export function separationOf(updates: Points, truth: readonly number[]): Separation | null {
  const split = bipartition(updates)
  if (split === null) return null
  const { size, entries } = cosines(updates)
  let intra = Number.POSITIVE_INFINITY
  let isCorrect = true
  for (let left = 0; left < size; left += 1)
    for (let right = left + 1; right < size; right += 1) {
      if (truth[left] !== truth[right]) continue
      intra = Math.min(intra, entries[left * size + right])
      isCorrect &&= split.sides[left] === split.sides[right]
    }
  if (intra === Number.POSITIVE_INFINITY) return null
  return { gap: intra - split.crossCosine, intra, cross: split.crossCosine, isCorrect }
}
