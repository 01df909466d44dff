import type { Rng } from '@shoal/numeric'
import { drawDirichlet } from './dirichlet.ts'
import { type LabelledImages, selectExamples, splitTrainTest } from './labelled-images.ts'
import type { PlantedClients } from './planted-groups.ts'

/** Clients that hold examples of the same classes. */
export interface ClassGroup {
  readonly clients: number
  readonly classes: readonly number[]
}

/** One of the four splits of ten classes on which OCFL (Zuziak et al. 2025) was measured. */
export interface ClassSplit {
  /** Whether groups have classes in common. */
  readonly overlapping: boolean
  /** Equal groups with equal shares of their classes, or unequal ones with a Dirichlet(1) draw per group. */
  readonly balanced: boolean
  readonly clients: 15 | 30
}

const OWN_CLASSES = [
  [0, 1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
]
const SHARED_CLASSES = [
  [0, 1, 2, 3, 8, 9],
  [4, 5, 6, 7, 8, 9],
  [0, 1, 2, 3, 4, 5],
]
const BALANCED_SIZES = { 15: [5, 5, 5], 30: [10, 10, 10] }
const IMBALANCED_SIZES = { 15: [3, 7, 5], 30: [7, 14, 9] }
/** Of a client's distinct examples, the share kept as its local test set. */
const LOCAL_TEST_FRACTION = 0.3

function indicesByClass(set: LabelledImages): number[][] {
  const byClass: number[][] = Array.from({ length: 256 }, () => [])
  for (const [index, label] of set.labels.entries()) byClass[label].push(index)
  return byClass
}

/** Position of the share into which a uniform draw falls. Rounding can leave the shares' sum below a draw: the last position takes it. */
function positionOf(draw: number, shares: readonly number[]): number {
  let sum = 0
  for (const [position, share] of shares.entries()) {
    sum += share
    if (draw < sum) return position
  }
  return shares.length - 1
}

/**
 * The data recipe of the authors' library: every client draws set.count / clients examples (rounded down) with replacement from its group's classes, drops the repetitions,
 * and keeps 30 % of what is left as its test set. A client's two sets are disjoint; different clients may hold the same example. `proportions`: equal shares of the
 * group's classes, or one Dirichlet(1) draw per group that all its clients share. Clients come group after group. One group of all classes is the homogeneous control.
 * Throws RangeError where a group has no clients or no classes, a class comes twice or has no example, or there are more clients than examples.
 */
export function dealClassGroups(
  set: LabelledImages,
  options: { readonly groups: readonly ClassGroup[]; readonly proportions: 'equal' | 'dirichlet'; readonly rng: Rng },
): PlantedClients {
  const { groups, proportions, rng } = options
  const byClass = indicesByClass(set)
  for (const { clients, classes } of groups) {
    if (!(Number.isInteger(clients) && clients >= 1)) throw new RangeError(`a group of ${clients} clients`)
    if (classes.length === 0 || new Set(classes).size !== classes.length) throw new RangeError(`a group of the classes [${classes.join(', ')}]`)
    for (const label of classes) if (!byClass[label]?.length) throw new RangeError(`no example of class ${label}`)
  }
  const truth = groups.flatMap(({ clients }, group) => new Array<number>(clients).fill(group))
  const draws = Math.floor(set.count / truth.length)
  if (truth.length === 0 || draws === 0) throw new RangeError(`${set.count} examples for ${truth.length} clients`)
  const sharesOf = groups.map(({ classes }) => (proportions === 'equal' ? classes.map(() => 1 / classes.length) : drawDirichlet(classes.length, 1, rng)))
  const clients = truth.map((group) => {
    const distinct = new Set<number>()
    for (let draw = 0; draw < draws; draw += 1) {
      const members = byClass[groups[group].classes[positionOf(rng.uniform(), sharesOf[group])]]
      distinct.add(members[rng.below(members.length)])
    }
    // Collapsed before the split: a repetition on both sides would be tested on what was trained.
    return splitTrainTest(selectExamples(set, [...distinct]), LOCAL_TEST_FRACTION, rng)
  })
  return { clients, truth }
}

/** One of OCFL's four splits of a set of ten classes, into three groups; see `dealClassGroups`. */
export function dealClassSplit(set: LabelledImages, split: ClassSplit, rng: Rng): PlantedClients {
  const classes = split.overlapping ? SHARED_CLASSES : OWN_CLASSES
  const sizes = (split.balanced ? BALANCED_SIZES : IMBALANCED_SIZES)[split.clients]
  const groups = classes.map((own, group) => ({ clients: sizes[group], classes: own }))
  return dealClassGroups(set, { groups, proportions: split.balanced ? 'equal' : 'dirichlet', rng })
}
