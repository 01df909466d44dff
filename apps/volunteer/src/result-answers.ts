/** Index of the largest entry, the first of equals. */
export function answerOf(probabilities: ArrayLike<number>): number {
  let best = 0
  for (let index = 1; index < probabilities.length; index += 1) if (probabilities[index] > probabilities[best]) best = index
  return best
}

/** The probabilities of example `index`, of rows of `classes` entries. */
export const rowOf = (probabilities: Float32Array, index: number, classes: number): Float32Array =>
  probabilities.subarray(index * classes, (index + 1) * classes)

/** Which classes are worth a bar: all where they are few, else the `most` that any of the rows holds likeliest, and `truth`; in the order of the classes. */
export function shownClasses(rows: readonly Float32Array[], most: number, truth: number | null): number[] {
  const count = rows.at(0)?.length ?? 0
  const all = Array.from({ length: count }, (_, index) => index)
  if (count <= most) return all
  const likeliest = (index: number): number => Math.max(...rows.map((row) => row[index]))
  const first = all.toSorted((left, right) => likeliest(right) - likeliest(left)).slice(0, most)
  if (truth !== null && !first.includes(truth)) first.splice(-1, 1, truth)
  return first.toSorted((left, right) => left - right)
}

/** How often each true class (row) was answered with each class (column), on one's own test examples. */
export interface Confusion {
  readonly counts: readonly (readonly number[])[]
  readonly total: number
  readonly right: number
  /** The commonest mistake: `count` of the `of` examples of class `truth` were called `answer`. Null where there is none. */
  readonly worst: { readonly truth: number; readonly answer: number; readonly count: number; readonly of: number } | null
}

export function countConfusion(probabilities: Float32Array, labels: ArrayLike<number>, classes: number): Confusion {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  let right = 0
  for (let index = 0; index < labels.length; index += 1) {
    const answer = answerOf(rowOf(probabilities, index, classes))
    counts[labels[index]][answer] += 1
    right += Number(answer === labels[index])
  }
  let worst: Confusion['worst'] = null
  for (const [truth, row] of counts.entries())
    for (const [answer, count] of row.entries()) if (answer !== truth && count > (worst?.count ?? 0)) worst = { truth, answer, count, of: sum(row) }
  return { counts, total: labels.length, right, worst }
}

/** The `most` classes that occur most often as truth or answer, in the order of the classes: a table of a hundred columns tells nobody anything. */
export function frequentClasses({ counts }: Confusion, most: number): number[] {
  const weight = counts.map((row, index) => sum(row) + sum(counts.map((other) => other[index])))
  return weight
    .map((_, index) => index)
    .toSorted((left, right) => weight[right] - weight[left])
    .slice(0, most)
    .toSorted((left, right) => left - right)
}

/** How dark a cell is, 0 (never) to 5: its share of its row. */
export const shadeOf = (count: number, rowTotal: number): number => (count === 0 ? 0 : Math.max(1, Math.round((5 * count) / rowTotal)))

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
