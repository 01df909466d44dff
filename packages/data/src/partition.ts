import type { Rng } from '@shoal/numeric'
import { drawDirichlet } from './dirichlet.ts'
import { type LabelledImages, selectExamples, shuffledIndices } from './labelled-images.ts'

function assertParts(set: LabelledImages, parts: number): void {
  if (!Number.isInteger(parts) || parts < 1 || parts > set.count) throw new RangeError(`${set.count} examples in ${parts} parts`)
}

/** Disjoint random parts that together are the whole set; sizes differ by at most one. Every engine deals the same parts from the same rng. */
export function partitionEqually(set: LabelledImages, parts: number, rng: Rng): LabelledImages[] {
  assertParts(set, parts)
  const order = shuffledIndices(set, rng)
  return Array.from({ length: parts }, (_, part) =>
    selectExamples(set, order.slice(Math.floor((part * set.count) / parts), Math.floor(((part + 1) * set.count) / parts))),
  )
}

/**
 * Disjoint parts with skewed labels (Hsu et al. 2019): each class is divided by shares drawn from a symmetric Dirichlet distribution. A small
 * `concentration` (0.1) gives parts of few classes, a large one (100) nearly equal parts. No part is empty: the largest gives an example to one that
 * would be.
 */
export function partitionByDirichlet(set: LabelledImages, parts: number, concentration: number, rng: Rng): LabelledImages[] {
  assertParts(set, parts)
  if (!(concentration > 0)) throw new RangeError(`a concentration of ${concentration}`)
  const byClass = new Map<number, number[]>()
  for (const index of shuffledIndices(set, rng)) {
    const members = byClass.get(set.labels[index])
    if (members) members.push(index)
    else byClass.set(set.labels[index], [index])
  }
  const dealt: number[][] = Array.from({ length: parts }, () => [])
  for (const label of [...byClass.keys()].sort((left, right) => left - right)) {
    const members = byClass.get(label) ?? []
    let share = 0
    let start = 0
    for (const [part, portion] of drawDirichlet(parts, concentration, rng).entries()) {
      share += portion
      const end = part === parts - 1 ? members.length : Math.round(share * members.length)
      dealt[part].push(...members.slice(start, end))
      start = end
    }
  }
  for (const part of dealt) {
    if (part.length > 0) continue
    const largest = dealt.reduce((best, candidate) => (candidate.length > best.length ? candidate : best))
    part.push(...largest.splice(largest.length - 1))
  }
  return dealt.map((indices) => selectExamples(set, indices))
}
