import { dot, norm } from '@shoal/numeric'
import type { BlockId, SketchArgs } from '@shoal/protocol'
import type { CflOptions } from './cfl-options.ts'
import { upTo } from './cluster-models.ts'
import type { Asking, Asks, Placement, RoundContext } from './contract.ts'
import { type Evidence, meanOf } from './evidence.ts'
import type { TreeSplit } from './parameter-tree.ts'
import { measureSides, percent, placementOf, refusalInWords, type SplitRule, splitBySums, undivided } from './split-by-sums.ts'

/** A cluster that fails the norm test and may be split. */
export interface Suspect {
  readonly cluster: BlockId
  readonly evidence: Evidence
  /** Clients who must have shown their side. */
  readonly quorum: number
}

/** Who trains together from here on. */
export interface Regrouping {
  readonly place: Placement
  /** The cluster that each block comes from. */
  readonly parents: readonly number[]
  readonly splits: readonly TreeSplit[]
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

/**
 * Section on clustering guarantees: alpha_intra >= 1 - 2 gamma_max^2, so a split is trusted only if gamma_max < sqrt((1 - alpha_cross) / 2), that is if the
 * largest cosine across is below 1 - 2 gamma_max^2.
 */
const crossCosineBound = ({ gammaMax }: CflOptions): number => (gammaMax === 0 ? Number.POSITIVE_INFINITY : 1 - 2 * gammaMax ** 2)

const splitInWords = (suspect: Suspect, sizes: readonly [number, number], added: number, why: string): string =>
  `Cluster ${suspect.cluster} (${suspect.evidence.count} clients) splits: ${sizes[0]} stay, ${sizes[1]} become cluster ${added}; ${why}.`
const staysInWords = ({ cluster, evidence }: Suspect, why: string): string =>
  `Cluster ${cluster} (${evidence.count} clients) pulls in different directions and stays whole: ${why}.`

const treeSplit = (
  { cluster, evidence }: Suspect,
  added: number,
  branches: TreeSplit['branches'],
  { start, round }: Pick<RoundContext, 'start' | 'round'>,
): TreeSplit => ({ cluster, added, branches, model: start(cluster), round, meanNorm: evidence.meanNorm, maxNorm: evidence.maxNorm })

/**
 * By sums alone. Difference from the paper: Algorithm 1 needs the cosines of all pairs. Near a stationary point its cut separates along the leading direction of the
 * updates, which sums can find; the explained share says whether there are two groups at all. No single cosine is known, but their mean across is, and the largest is
 * not below it: a split that the gamma test refuses on the mean, the paper refuses too.
 */
export function* bisectBySums(suspects: readonly Suspect[], _: SketchArgs, options: CflOptions, ask: Asks, context: RoundContext): Asking<Regrouping> {
  const rule: SplitRule = { smallestPart: options.smallestPart, quorum: options.quorum, meanCrossCosineBelow: crossCosineBound(options) }
  const groups = suspects.map(({ cluster, evidence }) => ({ block: cluster, mean: evidence.direction, count: evidence.count }))
  const { division, verdicts } = yield* splitBySums(ask, undivided(context.clusters), groups, rule, context.rng)

  const signals: Record<string, number> = {}
  const notes: string[] = []
  const splits: TreeSplit[] = []
  for (const [index, verdict] of verdicts.entries()) {
    const suspect = suspects[index]
    const { measures } = verdict
    if (measures !== null) {
      signals[`explained-share.${suspect.cluster}`] = measures.explainedShare
      signals[`contrast.${suspect.cluster}`] = measures.contrast
    }
    const split = division.splits.find(({ group }) => group === suspect.cluster)
    if (split === undefined || measures === null) {
      notes.push(staysInWords(suspect, refusalInWords(verdict, rule)))
      continue
    }
    const added = split.sides[1].block
    splits.push(treeSplit(suspect, added, [split.sides[0].mean, split.sides[1].mean], context))
    notes.push(splitInWords(suspect, measures.sizes, added, `the sides explain ${percent(measures.explainedShare)} of the spread`))
  }
  return { place: placementOf(division), parents: division.parents, splits, signals, notes }
}

interface Member {
  readonly handle: number
  readonly sketch: Float32Array
}

/** From the sketches of all members, by Algorithm 1. */
export function* bisectByRows(suspects: readonly Suspect[], args: SketchArgs, options: CflOptions, ask: Asks, context: RoundContext): Asking<Regrouping> {
  const parents = upTo(context.clusters)
  if (suspects.length === 0) return { place: { by: 'cluster' }, parents, splits: [], signals: {}, notes: [] }
  const rows = yield* ask.rows('sketch', {
    of: 'sketch',
    models: [],
    args,
    place: { by: 'cluster', only: suspects.map(({ cluster }) => cluster) },
    rowLength: suspects[0].evidence.direction.length,
    maxRowsPerClient: 1,
  })
  const labels = rows.rows.map(({ block }) => block)
  const signals: Record<string, number> = {}
  const notes: string[] = []
  const splits: TreeSplit[] = []
  for (const suspect of suspects) {
    const members = rows.rows.flatMap(({ block, vector }, handle): Member[] => (block === suspect.cluster ? [{ handle, sketch: vector }] : []))
    const { parts, crossCosine, refusal } = yield* bipartition(members, suspect.quorum, options, ask)
    if (crossCosine !== null) signals[`cross-cosine.${suspect.cluster}`] = crossCosine
    if (refusal !== null || crossCosine === null) {
      notes.push(staysInWords(suspect, refusal ?? 'nothing was found'))
      continue
    }
    const [stays, leaves] = parts.map((part, side) => ({ block: side, mean: meanSketch(part), count: part.length }))
    signals[`contrast.${suspect.cluster}`] = measureSides([stays, leaves]).contrast
    // Whoever was left out as an outlier goes where a newcomer would (Algorithm 4): to the branch that its update is more like.
    const placed = new Set(parts.flat())
    const outliers = members.filter((member) => !placed.has(member))
    const leaving = [...parts[1], ...outliers.filter(({ sketch }) => dot(sketch, leaves.mean) / norm(leaves.mean) > dot(sketch, stays.mean) / norm(stays.mean))]
    for (const { handle } of leaving) labels[handle] = parents.length
    splits.push(treeSplit(suspect, parents.length, [stays.mean, leaves.mean], context))
    const why = `largest cosine across ${crossCosine.toFixed(2)}`
    notes.push(splitInWords(suspect, [members.length - leaving.length, leaving.length], parents.length, why))
    parents.push(suspect.cluster)
  }
  const place: Placement = splits.length === 0 ? { by: 'cluster' } : { by: 'label', blocks: parents.length, rows, labels }
  return { place, parents, splits, signals, notes }
}

interface Bisection {
  readonly parts: readonly [readonly Member[], readonly Member[]]
  /** alpha_cross, of the last cut that was tried. */
  readonly crossCosine: number | null
  /** Why it must not be used; null: use it. */
  readonly refusal: string | null
}

/**
 * Algorithm 1, and whether its result is to be trusted. Difference from the paper: single linkage cuts off one strange client as readily as a group, so a part below
 * `smallestPart` is no split; its rows are left out and the others looked at again, as long as those left out could not be a group themselves.
 */
function* bipartition(members: readonly Member[], quorum: number, options: CflOptions, ask: Asks): Asking<Bisection> {
  const { linkage, smallestPart } = options
  const bound = crossCosineBound(options)
  let kept = members
  let crossCosine: number | null = null
  const refused = (refusal: string): Bisection => ({ parts: [kept, []], crossCosine, refusal })
  if (members.length < quorum) return refused(`${members.length} showed their direction, ${quorum} must`)
  while (kept.length >= 2 * smallestPart) {
    const answer = yield* ask.compute('bipartition', { rows: kept.map(({ sketch }) => sketch), linkage })
    if ('failure' in answer) return refused('the cut could not be computed')
    if (answer.value === null) return refused('its updates have no direction')
    const { sides } = answer.value
    crossCosine = answer.value.crossCosine
    const parts = [kept.filter((_, index) => sides[index] === 0), kept.filter((_, index) => sides[index] === 1)] as const
    const [small, large] = parts[0].length < parts[1].length ? parts : [parts[1], parts[0]]
    if (small.length >= smallestPart) {
      const isTrusted = crossCosine < bound
      return { parts, crossCosine, refusal: isTrusted ? null : `the largest cosine across is ${crossCosine.toFixed(2)}, not below ${bound.toFixed(2)}` }
    }
    if (members.length - large.length >= smallestPart) break
    kept = large
  }
  return refused(`one part would have fewer than ${smallestPart} clients`)
}

function meanSketch(members: readonly Member[]): Float32Array {
  const total = new Float64Array(members[0].sketch.length)
  for (const { sketch } of members) for (let entry = 0; entry < total.length; entry += 1) total[entry] += sketch[entry]
  return meanOf(total, members.length)
}
