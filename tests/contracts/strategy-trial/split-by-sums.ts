import { dot, norm, type Rng } from '@shoal/numeric'
import type { BlockId } from '@shoal/protocol'
import { type BlockSum, isWithheld, type Placement } from '@shoal/strategies'
import { type Asking, type TrialAsks, upTo } from './procedures.ts'

const POWER_ITERATIONS = 8
const BINS = 64
const LLOYD_ROUNDS = 4

/** How the cohort stands after some splits of one round. */
export interface Division {
  /** Where the clients of each block that was ever chosen belong now. */
  readonly to: readonly BlockId[]
  /** The cluster that each group came from. */
  readonly parents: readonly number[]
  readonly splits: readonly Split[]
}

export interface Split {
  readonly group: BlockId
  readonly sides: readonly [Group, Group]
}

/** Clients that may be cut in two, which was not tried before in this round. `mean` is that of their unit sketches. */
export interface Group {
  readonly block: BlockId
  readonly mean: Float32Array
  readonly count: number
}

export const undivided = (clusters: number): Division => ({ to: upTo(clusters, (k) => k), parents: upTo(clusters, (k) => k), splits: [] })

export const placementOf = ({ to, parents, splits }: Division, only?: readonly BlockId[]): Placement => ({
  ...(splits.length === 0 ? { by: 'cluster' } : { by: 'chosen', of: 'side', to, blocks: parents.length }),
  ...(only === undefined ? {} : { only }),
})

/** The group behind an evidence sum of unit sketches. */
export const groupOf = (block: BlockId, { total, count }: BlockSum, length: number): Group => ({
  block,
  mean: scaled(total.subarray(0, length), 1 / count),
  count,
})

const scaled = (vector: Float64Array, factor: number): Float32Array => Float32Array.from(vector, (entry) => entry * factor)
const randomUnit = (length: number, rng: Rng): Float32Array => {
  const drawn = Float64Array.from({ length }, () => rng.uniform() - 0.5)
  return scaled(drawn, 1 / norm(drawn))
}

/** The split by sums: every group is cut along the leading direction of its sketches, or left whole. Nothing but sums is asked for. */
export function* splitBySums(ask: TrialAsks, division: Division, groups: readonly Group[], smallestPart: number, rng: Rng): Asking<Division> {
  const where = (only: readonly { readonly block: BlockId }[]): Placement =>
    placementOf(
      division,
      only.map(({ block }) => block),
    )
  const each = (length: number): readonly number[] => division.parents.map(() => length)
  let cuts = groups.map((group) => ({ ...group, direction: randomUnit(group.mean.length, rng), range: 0 }))

  for (let iteration = 0; iteration < POWER_ITERATIONS && cuts.length > 0; iteration += 1) {
    const { blocks } = yield* ask.sum('project', {
      of: 'sketch',
      models: [],
      args: { groups: cuts.map(({ block }) => block) },
      vectors: cuts.flatMap(({ mean, direction }) => [mean, direction]),
      place: where(cuts),
      vectorLengths: each(cuts[0].mean.length),
    })
    cuts = cuts.flatMap((cut) => {
      const sum = blocks.get(cut.block)
      if (isWithheld(sum) || norm(sum.total) === 0) return []
      const range = 3 * Math.sqrt(Math.max(0, dot(sum.total, cut.direction)) / sum.count) // three times the rms of c
      return [{ ...cut, direction: scaled(sum.total, 1 / norm(sum.total)), range }]
    })
  }
  if (cuts.length === 0) return division

  const histogram = yield* ask.sum('histogram', {
    of: 'sketch',
    models: [],
    args: { groups: cuts.map(({ block }) => block), bins: BINS, ranges: cuts.map(({ range }) => range) },
    vectors: cuts.flatMap(({ mean, direction }) => [mean, direction]),
    place: where(cuts),
    vectorLengths: each(BINS),
  })
  let halves = cuts.flatMap((cut) => {
    const counts = histogram.blocks.get(cut.block)
    const threshold = isWithheld(counts) ? null : otsu(counts.total, smallestPart)
    return threshold === null ? [] : [{ ...cut, threshold: ((2 * threshold) / BINS - 1) * cut.range }]
  })
  if (halves.length === 0) return division

  const into = new Map(
    halves.map(({ block }, index): [BlockId, readonly [number, number]] => [block, [division.to.indexOf(block), division.to.length + index]]),
  )
  const blocksChosen = division.to.length + halves.length
  const sidesOf = new Map<BlockId, readonly [Group, Group]>()
  for (let iteration = 0; iteration <= LLOYD_ROUNDS && halves.length > 0; iteration += 1) {
    const { blocks } = yield* ask.sum('side', {
      of: 'sketch',
      models: [],
      args: { cuts: halves.map(({ block, threshold }) => ({ into: into.get(block) ?? [block, block], threshold: iteration === 0 ? threshold : null })) },
      vectors: halves.flatMap(({ block, mean, direction }) => sidesOf.get(block)?.map((side) => side.mean) ?? [mean, direction]),
      place: { by: 'choice', blocks: blocksChosen },
      vectorLengths: upTo(blocksChosen, () => halves[0].mean.length),
    })
    halves = halves.filter(({ block, mean }) => {
      const [left, right] = (into.get(block) ?? []).map((side) => blocks.get(side))
      const enough = !isWithheld(left) && !isWithheld(right)
      if (enough) sidesOf.set(block, [groupOf(block, left, mean.length), groupOf(block, right, mean.length)])
      return enough // a side that is withheld, being too small or empty, ends this cut
    })
  }

  const to = [...division.to]
  const parents = [...division.parents]
  const splits = [...division.splits]
  for (const { block } of cuts.filter((cut) => into.has(cut.block))) {
    const half = halves.find((candidate) => candidate.block === block)
    const sides = sidesOf.get(block)
    if (half && sides && isAccepted(half, sides, smallestPart)) {
      to.push(parents.length)
      splits.push({
        group: block,
        sides: [
          { ...sides[0], block },
          { ...sides[1], block: parents.length },
        ],
      })
      parents.push(parents[block])
    } else to.push(block) // both sides stay what they were
  }
  return { to, parents, splits }
}

/** The share of the sketches' spread that two sides explain: at least 3/(m - 1), and 0.15. */
function isAccepted({ mean }: Group, [left, right]: readonly [Group, Group], smallestPart: number): boolean {
  const members = left.count + right.count
  const part = left.count / members
  const apart = norm(Float64Array.from(left.mean, (entry, index) => entry - right.mean[index]))
  const share = (part * (1 - part) * apart ** 2) / (1 - dot(mean, mean))
  return Math.min(left.count, right.count) >= smallestPart && share >= Math.max(3 / (members - 1), 0.15)
}

/** Otsu's cut: the number of bins on the left side that maximises the variance between the sides; null where a side would be too small. */
function otsu(counts: Float64Array, smallestPart: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const moment = counts.reduce((sum, count, bin) => sum + count * bin, 0)
  let [left, leftMoment, best, cut] = [0, 0, 0, -1]
  for (let bin = 0; bin < counts.length - 1; bin += 1) {
    left += counts[bin]
    leftMoment += counts[bin] * bin
    const right = total - left
    if (left < smallestPart || right < smallestPart) continue
    const between = left * right * (leftMoment / left - (moment - leftMoment) / right) ** 2
    if (between > best) [best, cut] = [between, bin + 1]
  }
  return cut < 0 ? null : cut
}
