import type { Rng } from '@shoal/numeric'

/**
 * Group Label Sampler and Group Weighting Factors of DisUE, as we read them: FedFTG's label sampling and class-level ensemble (Zhang 2022) with clusters in the
 * place of clients. The paper's own formulas are not published.
 */
export interface GroupShares {
  /** p(y): how often class y is drawn. */
  readonly labels: readonly number[]
  /** a_k(y): the weight of teacher k for class y; over the teachers 1 where the class is drawn, else 0. */
  readonly weights: readonly (readonly number[])[]
}

/** p(y) = N^y / N and a_k(y) = n_k^y / N^y of counts K x C; a class that nobody has is never drawn and nobody speaks for it. Ablations: every class, every teacher alike. */
export function groupShares(
  counts: readonly (readonly number[])[],
  { sampler, weighting }: { readonly sampler: 'counts' | 'uniform'; readonly weighting: 'counts' | 'uniform' },
): GroupShares {
  const classes = counts[0]?.length ?? 0
  const totals = Array.from({ length: classes }, (_, label) => sumOf(counts.map((own) => own[label])))
  const shares = totals.map((total) => (sampler === 'counts' ? total : Number(total > 0)))
  const all = sumOf(shares)
  return {
    labels: shares.map((share) => (all > 0 ? share / all : 0)),
    weights: counts.map((own) => own.map((count, label) => (totals[label] === 0 ? 0 : weighting === 'counts' ? count / totals[label] : 1 / counts.length))),
  }
}

/**
 * Nobody speaks for a class by more than `largest`, at least a half; what is cut off goes to the other teachers alike. Ours, against a cluster that alone holds a class: where it is
 * poisoned, it else owns that class.
 */
export function cappedWeights(weights: GroupShares['weights'], largest: number): GroupShares['weights'] {
  if (largest >= 1 || weights.length < 2) return weights
  const over = weights[0].map((_, label) => Math.max(0, Math.max(...weights.map((own) => own[label])) - largest))
  return weights.map((own) => own.map((weight, label) => (weight > largest ? largest : weight + over[label] / (weights.length - 1))))
}

/**
 * a_k(y) where nobody told counts: how sure teacher k is of y, on average over the examples that were drawn for y, over all teachers' (the classes drawn are to be
 * all alike). `probabilities`: of each teacher, B x C.
 */
export function confidenceWeights(probabilities: readonly ArrayLike<number>[], labels: ArrayLike<number>, classes: number): GroupShares['weights'] {
  const sure = probabilities.map((rows) => {
    const sums = new Array<number>(classes).fill(0)
    for (let row = 0; row < labels.length; row += 1) sums[labels[row]] += rows[row * classes + labels[row]]
    return sums
  })
  const totals = Array.from({ length: classes }, (_, label) => sumOf(sure.map((own) => own[label])))
  return sure.map((own) => own.map((sum, label) => (totals[label] > 0 ? sum / totals[label] : 1 / probabilities.length)))
}

/** `count` labels of which class y makes up floor(count p(y)), and one more by a lot (FedFTG draws so over a whole run). In order of the classes. */
export function drawLabels(shares: GroupShares['labels'], count: number, rng: Rng): Int32Array {
  const whole = shares.map((share) => Math.floor(count * share))
  const rests = shares.map((share, label) => count * share - whole[label])
  const missing = count - sumOf(whole)
  // The remainders laid end to end, and a comb with teeth 1 apart over them: a class, being shorter than 1, is hit at most once, and as often as its remainder says.
  const total = sumOf(rests)
  let tooth = rng.uniform()
  let passed = 0
  let left = missing
  for (const [label, rest] of rests.entries()) {
    passed += total > 0 ? (rest * missing) / total : 0
    if (rest <= 0 || left === 0 || tooth >= passed) continue
    whole[label] += 1
    left -= 1
    tooth += 1
  }
  // Rounding may keep the last tooth from hitting: the class that was drawn most has it.
  if (left > 0) whole[shares.indexOf(Math.max(...shares))] += left
  return Int32Array.from(whole.flatMap((times, label) => new Array<number>(times).fill(label)))
}

/** At most `most` of the teachers, drawn one after the other by their sizes; all where there are no more. In order. */
export function drawTeachers(sizes: readonly number[], most: number, rng: Rng): number[] {
  const left = new Set(sizes.keys())
  if (sizes.length <= most) return [...left]
  const drawn: number[] = []
  while (drawn.length < most) {
    let place = rng.uniform() * sumOf([...left].map((teacher) => sizes[teacher]))
    const teacher = [...left].find((candidate) => {
      place -= sizes[candidate]
      return place < 0
    })
    const chosen = teacher ?? Math.max(...left)
    left.delete(chosen)
    drawn.push(chosen)
  }
  return drawn.sort((one, other) => one - other)
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
