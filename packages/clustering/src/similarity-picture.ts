import { principalCoordinates } from './principal-coordinates.ts'
import { cosines, directionless, type Points } from './similarity.ts'

/** Rows beside each other, for people to look at. */
export interface SimilarityPicture {
  /** Group of each row, ascending; -1 for rows without one. */
  readonly groups: readonly number[]
  /** Row-major, -1..1, as many rows as `groups`. */
  readonly cosines: readonly number[]
  /** First two principal components of the rows' directions. */
  readonly points: readonly (readonly [number, number])[]
}

/** A cosine to more digits than a picture has is only more bytes. */
const DIGITS = 1e4

/**
 * Cosines and places of rows, by group and inside a group along the first component: the order of the rows as they were given, which may say whose they are, is lost. Rows
 * without a direction are left out.
 */
export function similarityPicture(rows: Points, groups: readonly number[]): SimilarityPicture {
  const without = new Set(directionless(rows))
  const kept = [...rows.keys()].filter((index) => !without.has(index))
  const size = kept.length
  const matrix = cosines(kept.map((index) => rows[index]))
  const places = principalCoordinates(matrix)
  const order = [...kept.keys()].sort((left, right) => groups[kept[left]] - groups[kept[right]] || places[left][0] - places[right][0])
  const rounded = (value: number): number => Math.round(value * DIGITS) / DIGITS
  return {
    groups: order.map((row) => groups[kept[row]]),
    cosines: order.flatMap((row) => order.map((column) => rounded(matrix.entries[row * size + column]))),
    points: order.map((row) => [rounded(places[row][0]), rounded(places[row][1])]),
  }
}
