import { NOISE, renumbered } from './labels.ts'
import { median } from './quantile.ts'
import type { SymmetricMatrix } from './similarity.ts'

export interface AffinityPropagationOptions {
  /** Share of the old message that is kept, in [0.5, 1). Default 0.5. */
  readonly damping?: number
  /** How willing every point is to be an exemplar, in the unit of the similarities: more gives more clusters. Default the median of all entries, the diagonal included. */
  readonly preference?: number
}

/** scikit-learn's limits: the exemplars have stayed the same for so many rounds, or so many rounds have passed. */
const SETTLED_ROUNDS = 15
const MAX_ROUNDS = 200
/** Smaller than any difference between float32 distances, larger than the rounding of the messages. */
const TIE_BREAK = 1e-12

/**
 * Affinity propagation (Frey, Dueck 2007), after scikit-learn's `AffinityPropagation(affinity='precomputed')`.
 *
 * `similarities`: n x n in the layout of a distance matrix, and **larger must mean more alike**: pass negated distances. The published OCFL runs passed the distances themselves
 * and so asked for groups of unlike clients; their affinity-propagation figures show that slip, not this method. The diagonal is replaced by `preference`.
 *
 * Returns n labels; all -1 when no exemplar has emerged. Ties, which scikit-learn breaks by random noise, go to the exemplar with the smallest index.
 * O(n^2) time a round, two n x n float64 matrices of memory. Throws RangeError when damping is out of range.
 */
export function affinityPropagation(similarities: SymmetricMatrix, options: AffinityPropagationOptions = {}): number[] {
  const { damping = 0.5, preference = median(similarities.entries) } = options
  if (!(damping >= 0.5 && damping < 1)) throw new RangeError(`damping is ${damping}, not in [0.5, 1)`)
  const { size } = similarities
  const alike = equalSimilarity(similarities)
  // Nothing to tell the points apart by: everyone leads a cluster, or nobody does.
  if (alike !== null) return Array.from({ length: size }, (_, point) => (preference > alike ? point : 0))
  const table = withTiesBroken(similarities, preference)
  const exemplars = electExemplars(table, size, damping)
  if (exemplars.length === 0) return new Array<number>(size).fill(NOISE)
  const centres = exemplars.map((exemplar) => mostCentral(table, size, membersOf(table, size, exemplars, exemplar)))
  return renumbered(followers(table, size, centres))
}

/** The value of all entries off the diagonal if they are equal, otherwise null. One point is like nobody. */
function equalSimilarity({ size, entries }: SymmetricMatrix): number | null {
  if (size < 2) return Number.POSITIVE_INFINITY
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1) if (row !== column && entries[row * size + column] !== entries[1]) return null
  return entries[1]
}

/** Similarities with preferences on the diagonal; every column a trace less attractive than the one before it. */
function withTiesBroken({ size, entries }: SymmetricMatrix, preference: number): Float64Array {
  const table = Float64Array.from(entries)
  const scale = table.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  for (let point = 0; point < size; point += 1) table[point * size + point] = preference
  for (let cell = 0; cell < table.length; cell += 1) table[cell] -= (TIE_BREAK * scale * (cell % size)) / size
  return table
}

/** The message rounds; returns the points that are exemplars when the rounds end. */
function electExemplars(similarity: Float64Array, size: number, damping: number): number[] {
  const responsibility = new Float64Array(size * size)
  const availability = new Float64Array(size * size)
  let exemplars: number[] = []
  let settled = 0
  for (let round = 0; round < MAX_ROUNDS && settled < SETTLED_ROUNDS; round += 1) {
    sendResponsibilities(responsibility, similarity, availability, size, damping)
    sendAvailabilities(availability, responsibility, size, damping)
    const elected: number[] = []
    for (let point = 0; point < size; point += 1) if (availability[point * (size + 1)] + responsibility[point * (size + 1)] > 0) elected.push(point)
    const same = elected.length > 0 && elected.length === exemplars.length && elected.every((point, index) => point === exemplars[index])
    settled = same ? settled + 1 : Math.min(1, elected.length)
    exemplars = elected
  }
  return exemplars
}

/** r(i,k) <- s(i,k) - max over k' != k of a(i,k') + s(i,k') (2007, equation 1), damped. */
function sendResponsibilities(responsibility: Float64Array, similarity: Float64Array, availability: Float64Array, size: number, damping: number): void {
  for (let row = 0; row < size * size; row += size) {
    let first = Number.NEGATIVE_INFINITY
    let second = Number.NEGATIVE_INFINITY
    let best = -1
    for (let cell = row; cell < row + size; cell += 1) {
      const appeal = availability[cell] + similarity[cell]
      if (appeal > first) {
        second = first
        first = appeal
        best = cell
      } else if (appeal > second) second = appeal
    }
    for (let cell = row; cell < row + size; cell += 1) {
      const rival = cell === best ? second : first
      responsibility[cell] = damping * responsibility[cell] + (1 - damping) * (similarity[cell] - rival)
    }
  }
}

/** a(i,k) <- min(0, r(k,k) + sum over i' not in {i,k} of max(0, r(i',k))); a(k,k) <- that sum without the bound (2007, equations 2 and 3), damped. */
function sendAvailabilities(availability: Float64Array, responsibility: Float64Array, size: number, damping: number): void {
  const support = new Float64Array(size)
  for (let cell = 0; cell < size * size; cell += 1) support[cell % size] += cell % (size + 1) === 0 ? responsibility[cell] : Math.max(0, responsibility[cell])
  for (let cell = 0; cell < size * size; cell += 1) {
    const isOwn = cell % (size + 1) === 0
    const others = support[cell % size] - (isOwn ? responsibility[cell] : Math.max(0, responsibility[cell]))
    availability[cell] = damping * availability[cell] + (1 - damping) * (isOwn ? others : Math.min(0, others))
  }
}

/** For every point the exemplar it is most similar to; an exemplar follows itself. */
function followers(similarity: Float64Array, size: number, exemplars: readonly number[]): number[] {
  return Array.from({ length: size }, (_, point) => {
    if (exemplars.includes(point)) return point
    return exemplars.reduce((best, exemplar) => (similarity[point * size + exemplar] > similarity[point * size + best] ? exemplar : best))
  })
}

function membersOf(similarity: Float64Array, size: number, exemplars: readonly number[], exemplar: number): number[] {
  return followers(similarity, size, exemplars).flatMap((leader, point) => (leader === exemplar ? [point] : []))
}

/** The member whom all members together are most similar to. */
function mostCentral(similarity: Float64Array, size: number, members: readonly number[]): number {
  const appeals = members.map((candidate) => members.reduce((sum, member) => sum + similarity[member * size + candidate], 0))
  return members[appeals.indexOf(Math.max(...appeals))]
}
