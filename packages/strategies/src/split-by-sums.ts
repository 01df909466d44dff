import { dot, norm, type Rng } from '@shoal/numeric'
import type { BlockId } from '@shoal/protocol'
import { upTo } from './cluster-models.ts'
import { type Asking, type Asks, type BlockAnswer, type BlockSum, isWithheld, type Placement } from './contract.ts'
import { meanOf } from './evidence.ts'
import { otsu } from './otsu.ts'

/**
 * Cutting groups of clients in two by sums alone: nobody's sketch is seen. It stands in for the bipartition of CFL and for the clustering of OCFL, which need one
 * vector per client. Clients find their side themselves, from public means and directions.
 *
 * With s_i the unit sketch of client i's update and mu the mean of a group's: the leading direction v of the s_i - mu by power iteration; a histogram of
 * c_i = <v, s_i - mu>; Otsu's cut of it; a few rounds of Lloyd's from there; and then the cut stands only if it explains enough of the spread.
 * Groups are cut side by side: one ask serves all.
 */
const POWER_ITERATIONS = 8
const BINS = 64
const LLOYD_ROUNDS = 4
/** The mean squared distance of unit sketches from their mean, below which they are all the same as far as fixed-point sums can tell. */
const LEAST_SPREAD = 1e-4
/** Random halves of m points without structure explain about 1/(m - 1) of their spread, the best of them up to .24 at m = 12; planted groups .37 and more. */
const leastExplainedShare = (members: number): number => Math.max(3 / (members - 1), 0.15)

export interface SplitRule {
  /** Fewest clients of a side. */
  readonly smallestPart: number
  /** Share of a group's clients that must have taken sides in the end. */
  readonly quorum: number
  /** The mean cosine between clients of different sides must be below. */
  readonly meanCrossCosineBelow: number
}

/** Clients that may be cut in two, and were not tried before in this round. `mean` is that of their unit sketches. */
export interface Group {
  readonly block: BlockId
  readonly mean: Float32Array
  readonly count: number
}

/** How the cohort stands after some splits of one round. */
export interface Division {
  /** Where the clients of each block that was ever chosen belong now. */
  readonly to: readonly BlockId[]
  /** The cluster that each block came from. */
  readonly parents: readonly number[]
  readonly splits: readonly Split[]
}

export interface Split {
  readonly group: BlockId
  /** The first keeps the group's number, the second got the next free one. */
  readonly sides: readonly [Group, Group]
}

/** What two sides say about themselves. */
export interface SideMeasures {
  readonly sizes: readonly [number, number]
  /** p(1 - p) |m1 - m0|^2 / (1 - |mu|^2): the share of the spread that lies between the sides, 0..1. */
  readonly explainedShare: number
  readonly meanCrossCosine: number
  /** Mean cosine of different clients within a side, minus that across. */
  readonly contrast: number
}

export type Refusal = 'too-few' | 'no-spread' | 'withheld' | 'small-part' | 'explained-share' | 'cross-cosine'

export interface Verdict {
  readonly group: BlockId
  readonly members: number
  /** Null: it was split. */
  readonly refusal: Refusal | null
  /** Null where it did not come to sides. */
  readonly measures: SideMeasures | null
}

export const undivided = (clusters: number): Division => ({ to: upTo(clusters), parents: upTo(clusters), splits: [] })

/** Where everyone trains after the splits. */
export const placementOf = ({ to, parents, splits }: Division, only?: readonly BlockId[]): Placement => ({
  ...(splits.length === 0 ? { by: 'cluster' } : { by: 'chosen', of: 'side', to, blocks: parents.length }),
  ...(only === undefined ? {} : { only }),
})

interface Line extends Group {
  readonly direction: Float32Array
  /** c is looked at from -range to range: three times its root mean square. */
  readonly range: number
}

interface Cut extends Line {
  readonly threshold: number
  /** The two blocks among those that clients choose from. */
  readonly into: readonly [BlockId, BlockId]
}

type Sides = readonly [Group, Group]

/** Tries to cut every group. The blocks of `groups` are those of `division`; so are the numbers of the result, to which sides may be given again. */
export function* splitBySums(
  ask: Asks,
  division: Division,
  groups: readonly Group[],
  rule: SplitRule,
  rng: Rng,
): Asking<{ readonly division: Division; readonly verdicts: readonly Verdict[] }> {
  const refusals = new Map<BlockId, Refusal>()
  const eligible = groups.filter(({ block, mean, count }) => {
    const spread = 1 - dot(mean, mean)
    if (count < 2 * rule.smallestPart) refusals.set(block, 'too-few')
    else if (!(spread > LEAST_SPREAD)) refusals.set(block, 'no-spread')
    return !refusals.has(block)
  })
  const lines = yield* leadingDirections(ask, division, eligible, rng, refusals)
  const cuts = yield* cutLines(ask, division, lines, rule, refusals)
  const sides = yield* takeSides(ask, division, cuts, refusals)

  const to = [...division.to]
  const parents = [...division.parents]
  const splits = [...division.splits]
  const measured = new Map<BlockId, SideMeasures>()
  for (const { block, count } of cuts) {
    const pair = sides.get(block)
    const measures = pair && measureSides(pair)
    if (measures) measured.set(block, measures)
    const refusal = measures ? whyNot(measures, count, rule) : (refusals.get(block) ?? 'withheld')
    if (refusal !== null || pair === undefined) {
      refusals.set(block, refusal ?? 'withheld')
      to.push(block) // both sides stay what they were
      continue
    }
    const [stays, leaves] = pair
    to.push(parents.length)
    splits.push({ group: block, sides: [stays, { ...leaves, block: parents.length }] })
    parents.push(parents[block])
  }
  const verdicts = groups.map(
    ({ block, count }): Verdict => ({ group: block, members: count, refusal: refusals.get(block) ?? null, measures: measured.get(block) ?? null }),
  )
  return { division: { to, parents, splits }, verdicts }
}

/** v <- sum_i c_i (s_i - mu), made a unit vector again, from a random start. */
function* leadingDirections(ask: Asks, division: Division, groups: readonly Group[], rng: Rng, refusals: Map<BlockId, Refusal>): Asking<readonly Line[]> {
  let lines = groups.map((group): Line => ({ ...group, direction: randomUnit(group.mean.length, rng), range: 0 }))
  for (let iteration = 0; iteration < POWER_ITERATIONS && lines.length > 0; iteration += 1) {
    const { blocks } = yield* ask.sum('project', { args: { groups: blocksOf(lines) }, ...projecting(division, lines, lines[0].mean.length) })
    lines = lines.flatMap((line) => {
      const sum = blocks.get(line.block)
      const size = isWithheld(sum) ? 0 : norm(sum.total)
      if (isWithheld(sum) || !(size > 0 && Number.isFinite(size))) {
        refusals.set(line.block, isWithheld(sum) ? 'withheld' : 'no-spread')
        return []
      }
      return [{ ...line, direction: meanOf(sum.total, size), range: 3 * Math.sqrt(size / sum.count) }] // |sum c (s - mu)| / m -> mean c^2
    })
  }
  return lines
}

/** Fixed bins over [-1, 1] would waste their resolution; those over +-3 rms do not. */
function* cutLines(
  ask: Asks,
  division: Division,
  lines: readonly Line[],
  { smallestPart }: SplitRule,
  refusals: Map<BlockId, Refusal>,
): Asking<readonly Cut[]> {
  if (lines.length === 0) return []
  const { blocks } = yield* ask.sum('histogram', {
    args: { groups: blocksOf(lines), bins: BINS, ranges: lines.map(({ range }) => range) },
    ...projecting(division, lines, BINS),
  })
  const cuts: Cut[] = []
  for (const line of lines) {
    const counts = blocks.get(line.block)
    const bin = isWithheld(counts) ? null : otsu(counts.total, smallestPart)
    if (bin === null) refusals.set(line.block, isWithheld(counts) ? 'withheld' : 'small-part')
    else {
      const into = [division.to.indexOf(line.block), division.to.length + cuts.length] as const
      cuts.push({ ...line, threshold: ((2 * bin) / BINS - 1) * line.range, into })
    }
  }
  return cuts
}

/**
 * First by the threshold, then to the nearer of the two means, until nobody moves any more. A side that is withheld ends its cut; where it had an answer before, that one stands: too few
 * moved for their number to hide who they are (privacy.md 3.6).
 */
function* takeSides(ask: Asks, division: Division, cuts: readonly Cut[], refusals: Map<BlockId, Refusal>): Asking<ReadonlyMap<BlockId, Sides>> {
  const blocksChosen = division.to.length + cuts.length
  const sides = new Map<BlockId, Sides>()
  let moving = cuts
  for (let lloydRound = 0; lloydRound <= LLOYD_ROUNDS && moving.length > 0; lloydRound += 1) {
    const { blocks } = yield* ask.sum('side', {
      of: 'sketch',
      models: [],
      args: { cuts: moving.map(({ into, threshold }) => ({ into: [into[0], into[1]], threshold: lloydRound === 0 ? threshold : null })) },
      vectors: moving.flatMap(({ block, mean, direction }) => sides.get(block)?.map((side) => side.mean) ?? [mean, direction]),
      place: { by: 'choice', blocks: blocksChosen },
      vectorLengths: upTo(blocksChosen).map(() => moving[0].mean.length),
    })
    moving = moving.filter(({ block, into }) => {
      const [left, right] = [blocks.get(into[0]), blocks.get(into[1])]
      const before = sides.get(block)
      if (isWithheld(left) || isWithheld(right)) {
        if (before !== undefined && [left, right].every(isWithheldForPrivacy)) return false
        sides.delete(block)
        refusals.set(block, 'withheld')
        return false
      }
      const now: Sides = [groupOf(block, left), groupOf(block, right)]
      sides.set(block, now)
      return before === undefined || !now.every((side, index) => isSame(side, before[index]))
    })
  }
  return sides
}

/** An answer, or none because it would have told too much of too few. */
const isWithheldForPrivacy = (answer: BlockAnswer | undefined): boolean => answer !== undefined && (!isWithheld(answer) || answer.withheld !== 'no-quorum')

/** All from public sums: A and B, those of the unit sketches on either side. */
export function measureSides([left, right]: Sides): SideMeasures {
  const members = left.count + right.count
  const share = right.count / members
  const apart = Float64Array.from(right.mean, (entry, index) => entry - left.mean[index])
  const mean = Float64Array.from(right.mean, (entry, index) => share * entry + (1 - share) * left.mean[index])
  const spread = 1 - dot(mean, mean)
  const explainedShare = spread > LEAST_SPREAD ? (share * (1 - share) * dot(apart, apart)) / spread : 0
  const meanCrossCosine = dot(left.mean, right.mean)
  let cosines = 0 // sum over ordered pairs of different clients within a side: |A|^2 - a
  let pairs = 0
  for (const { mean: own, count } of [left, right]) {
    cosines += count ** 2 * dot(own, own) - count
    pairs += count * (count - 1)
  }
  return { sizes: [left.count, right.count], explainedShare, meanCrossCosine, contrast: pairs === 0 ? 0 : cosines / pairs - meanCrossCosine }
}

function whyNot({ sizes, explainedShare, meanCrossCosine }: SideMeasures, expected: number, rule: SplitRule): Refusal | null {
  const members = sizes[0] + sizes[1]
  if (members < rule.quorum * expected) return 'withheld'
  if (Math.min(...sizes) < rule.smallestPart) return 'small-part'
  if (!(explainedShare >= leastExplainedShare(members))) return 'explained-share'
  return meanCrossCosine < rule.meanCrossCosineBelow ? null : 'cross-cosine'
}

/** Why a group stayed whole, for people. */
export function refusalInWords({ refusal, measures }: Verdict, { smallestPart, meanCrossCosineBelow }: SplitRule): string {
  switch (refusal) {
    case 'too-few':
      return `two parts of ${smallestPart} need more clients`
    case 'no-spread':
      return 'all updates point the same way'
    case 'withheld':
      return 'too few took sides'
    case 'small-part':
      return `one part would have fewer than ${smallestPart} clients`
    case 'explained-share':
      return `its best two sides explain only ${percent(measures?.explainedShare)} of the spread`
    case 'cross-cosine':
      return `the mean cosine across is ${measures?.meanCrossCosine.toFixed(2)}, not below ${meanCrossCosineBelow.toFixed(2)}`
    case null:
      return ''
  }
}

export const percent = (share = 0): string => `${Math.round(100 * share)} %`

const groupOf = (block: BlockId, { total, count }: BlockSum): Group => ({ block, mean: meanOf(total, count), count })
const isSame = (left: Group, right: Group): boolean => left.count === right.count && left.mean.every((entry, index) => entry === right.mean[index])
const blocksOf = (lines: readonly Line[]): BlockId[] => lines.map(({ block }) => block)
const projecting = (division: Division, lines: readonly Line[], length: number) => ({
  of: 'sketch',
  models: [],
  vectors: lines.flatMap(({ mean, direction }) => [mean, direction]),
  place: placementOf(division, blocksOf(lines)),
  vectorLengths: division.parents.map(() => length),
})

function randomUnit(length: number, rng: Rng): Float32Array {
  const drawn = Float64Array.from({ length }, () => rng.uniform() - 0.5)
  return meanOf(drawn, norm(drawn))
}
