import type { BlockId } from '@shoal/protocol'
import { upTo } from './cluster-models.ts'
import type { Choices } from './ifca-choices.ts'
import { medianOf } from './median.ts'

export interface Repair {
  /** Given up: it becomes a copy of `halved`, and whoever chose it takes its second choice. */
  readonly dropped: BlockId
  /** Half of those who chose it go on with the copy. */
  readonly halved: BlockId
}

/** A model serves its members badly if their mean loss is above this many times that of the others. */
const BADLY = 1.3
const FIRST_ROUND = 3

/** In rounds 3, 5, 7 ...: between two repairs the models have a round to part. */
export const isRepairDue = (age: number, until: number | null): boolean => until !== null && age >= FIRST_ROUND && age <= until && age % 2 === 1

/**
 * Ours, by sums alone: spec section 10 on merged groups ("split the worst model") and on collapse ("redraw unused models"), both at once. Two true groups on one model
 * mean that two models share a third, or that one has nobody. The model that is missed least, j, is given up for the one that serves its members worst, w.
 * Without the guard on the gain, right partitions are broken again. `leastMembers`: fewer are not cut in two. A candidate
 * behind the `own` models is none of them, and nothing to be given up or halved.
 */
export function repairOf(choices: Choices, leastMembers: number, own = choices.members.length): Repair | null {
  const { members, losses, margins } = choices
  const all = upTo(own)
  if (all.length < 2) return null
  const cost = margins // sum over clients of (least loss without j - least loss): only those who chose j lose anything
  const dropped = all.reduce((best, model) => (cost[model] < cost[best] ? model : best), 0)
  const meanLoss = (model: number): number => losses[model][model] / members[model]
  const used = all.filter((model) => members[model] > 0)
  const halved = used
    .filter((model) => model !== dropped)
    .reduce<number | null>((worst, model) => (worst === null || meanLoss(model) > meanLoss(worst) ? model : worst), null)
  if (halved === null || members[halved] < leastMembers) return null
  if (members[dropped] === 0) return { dropped, halved }
  const usual = medianOf(used.filter((model) => model !== halved).map(meanLoss))
  const gain = members[halved] * (meanLoss(halved) - usual)
  return meanLoss(halved) > BADLY * usual && cost[dropped] < gain ? { dropped, halved } : null
}
