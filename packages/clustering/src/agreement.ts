import { LabelCountError } from './labels.ts'

/**
 * How well two clusterings of the same points agree, whatever their clusters are called. A label is only a name here: -1 counts as one more cluster.
 * Degenerate cases are those of scikit-learn: no points, or the same trivial clustering twice, is perfect agreement.
 * All throw LabelCountError when the two lists differ in length.
 */
interface Contingency {
  readonly points: number
  /** `cells[i][j]`: points in cluster i of the left and cluster j of the right clustering. Some are 0. */
  readonly cells: readonly (readonly number[])[]
  readonly leftSizes: readonly number[]
  readonly rightSizes: readonly number[]
}

function contingency(left: readonly number[], right: readonly number[]): Contingency {
  if (left.length !== right.length) throw new LabelCountError(left.length, right.length)
  const rows = new Map([...new Set(left)].map((label, index) => [label, index]))
  const columns = new Map([...new Set(right)].map((label, index) => [label, index]))
  const cells = Array.from(rows, () => new Array<number>(columns.size).fill(0))
  left.forEach((label, point) => {
    cells[rows.get(label) ?? 0][columns.get(right[point]) ?? 0] += 1
  })
  const leftSizes = cells.map(sum)
  const rightSizes = Array.from(columns, (_, column) => sum(cells.map((row) => row[column])))
  return { points: left.length, cells, leftSizes, rightSizes }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const pairs = (count: number): number => (count * (count - 1)) / 2

/** Pairs of points by where the two clusterings put them. */
function pairCounts({ points, cells, leftSizes, rightSizes }: Contingency): { together: number; leftOnly: number; rightOnly: number; apart: number } {
  const together = sum(cells.flat().map(pairs))
  const leftOnly = sum(leftSizes.map(pairs)) - together
  const rightOnly = sum(rightSizes.map(pairs)) - together
  return { together, leftOnly, rightOnly, apart: pairs(points) - together - leftOnly - rightOnly }
}

/** Share of pairs on which the clusterings agree (Rand 1971). In [0, 1]. */
export function randIndex(left: readonly number[], right: readonly number[]): number {
  const { together, leftOnly, rightOnly, apart } = pairCounts(contingency(left, right))
  return leftOnly === 0 && rightOnly === 0 ? 1 : (together + apart) / (together + apart + leftOnly + rightOnly)
}

/** Rand index corrected for chance (Hubert, Arabie 1985): 1 for equal partitions, about 0 for unrelated ones, at least -0.5. */
export function adjustedRandIndex(left: readonly number[], right: readonly number[]): number {
  const { together, leftOnly, rightOnly, apart } = pairCounts(contingency(left, right))
  if (leftOnly === 0 && rightOnly === 0) return 1
  const surplus = together * apart - leftOnly * rightOnly
  return (2 * surplus) / ((together + leftOnly) * (leftOnly + apart) + (together + rightOnly) * (rightOnly + apart))
}

/** Mutual information over the mean of the two entropies (arithmetic averaging). In [0, 1]. */
export function normalisedMutualInformation(left: readonly number[], right: readonly number[]): number {
  const table = contingency(left, right)
  if (table.leftSizes.length <= 1 && table.rightSizes.length <= 1) return 1
  return mutualInformation(table) / meanEntropy(table)
}

/** Mutual information corrected for chance (Vinh, Epps, Bailey 2010), arithmetic averaging: 1 for equal partitions, about 0 for unrelated ones. */
export function adjustedMutualInformation(left: readonly number[], right: readonly number[]): number {
  const table = contingency(left, right)
  if (table.leftSizes.length <= 1 && table.rightSizes.length <= 1) return 1
  if (table.leftSizes.length === 1 || table.rightSizes.length === 1) return 0
  const expected = expectedMutualInformation(table)
  return awayFromZero(mutualInformation(table) - expected) / awayFromZero(meanEntropy(table) - expected)
}

/** Share of points that belong to the commonest true class of their cluster. In [0, 1]; never falls when a cluster is divided, so report the number of clusters beside it. */
export function purity(found: readonly number[], truth: readonly number[]): number {
  const { points, cells } = contingency(found, truth)
  return points === 0 ? 1 : sum(cells.map((row) => Math.max(...row))) / points
}

/** Where expectation and maximum coincide both differences are rounding noise: then the quotient is 1, not chance (scikit-learn's rule). */
const awayFromZero = (value: number): number => (value < 0 ? Math.min(value, -Number.EPSILON) : Math.max(value, Number.EPSILON))

/** In nats; rounding must not make it negative. */
function mutualInformation({ points, cells, leftSizes, rightSizes }: Contingency): number {
  let information = 0
  cells.forEach((row, i) => {
    row.forEach((count, j) => {
      if (count === 0) return
      information += (count / points) * (Math.log(count) - Math.log(leftSizes[i] * rightSizes[j]) + Math.log(points))
    })
  })
  return Math.max(0, information)
}

function meanEntropy({ points, leftSizes, rightSizes }: Contingency): number {
  const entropy = (sizes: readonly number[]) => -sum(sizes.map((size) => (size / points) * Math.log(size / points)))
  return (entropy(leftSizes) + entropy(rightSizes)) / 2
}

/** Mutual information of two random clusterings with these cluster sizes (2010, equation 24a: every cell is hypergeometric). */
function expectedMutualInformation({ points, leftSizes, rightSizes }: Contingency): number {
  const logFactorial = new Float64Array(points + 1)
  for (let count = 1; count <= points; count += 1) logFactorial[count] = logFactorial[count - 1] + Math.log(count)
  let expected = 0
  for (const a of leftSizes) {
    for (const b of rightSizes) {
      const fixed = logFactorial[a] + logFactorial[b] + logFactorial[points - a] + logFactorial[points - b] - logFactorial[points]
      for (let both = Math.max(1, a + b - points); both <= Math.min(a, b); both += 1) {
        const probability = Math.exp(fixed - logFactorial[both] - logFactorial[a - both] - logFactorial[b - both] - logFactorial[points - a - b + both])
        expected += (both / points) * Math.log((points * both) / (a * b)) * probability
      }
    }
  }
  return expected
}
