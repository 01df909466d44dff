import { deriveSeed } from '@shoal/numeric'
import type { BlockId } from '@shoal/protocol'
import { upTo } from './cluster-models.ts'
import { type Asking, type Asks, isWithheld, type Placement, type RoundContext, type RowsAnswer } from './contract.ts'
import { evidenceLength, meanOf, readEvidence } from './evidence.ts'
import type { OcflOptions } from './ocfl-options.ts'
import type { OcflState } from './ocfl-state.ts'
import { hasDirection } from './ocfl-temperature.ts'
import { type Division, type Group, percent, placementOf, refusalInWords, type SplitRule, splitBySums, undivided } from './split-by-sums.ts'

/** Clusters of clusters. */
export interface Found {
  /** The searched clusters that fell apart. */
  readonly clusters: readonly number[]
  readonly place: Placement
  /** The cluster that each block comes from. */
  readonly parents: readonly number[]
  /** Mean unit sketch of each block. Empty for blocks of clusters that were not searched. */
  readonly directions: readonly Float32Array[]
}

export interface Search {
  readonly found: Found | null
  /** False where nothing could be found out: it was no attempt. */
  readonly isDecided: boolean
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

/** From everybody's row, with one of the paper's clusterers. */
export function* findByRows(
  searched: readonly BlockId[],
  rows: RowsAnswer,
  options: OcflOptions,
  ask: Asks,
  { clusters, round }: RoundContext,
): Asking<Search> {
  const { method, minClusterSize, noise, minSilhouette, minContrast } = options
  const labels = rows.rows.map(({ block }) => block)
  const parents = upTo(clusters)
  const apart: number[] = []
  const signals: Record<string, number> = {}
  const notes: string[] = []
  let isDecided = false
  for (const cluster of searched) {
    // An update without direction has no place among the others: its client is left without a label, and finds its cluster as a newcomer.
    const own = rows.rows.flatMap(({ block, vector }, handle) => (block === cluster ? [{ handle, vector }] : []))
    const members = own.filter(({ vector }) => hasDirection(vector))
    const seed = deriveSeed(`ocfl ${cluster}`, round)
    const answer = yield* ask.compute('find-clusters', {
      rows: members.map(({ vector }) => vector),
      method,
      minClusterSize,
      clusters: options.clusters,
      noise,
      seed,
    })
    if ('failure' in answer) {
      notes.push(`Clusters inside ${cluster} could not be computed.`)
      continue
    }
    isDecided = true
    const { labels: groups, silhouette, contrast } = answer.value
    const name = clusters === 1 ? '' : `.${cluster}`
    signals[`silhouette${name}`] = silhouette
    signals[`contrast${name}`] = contrast
    const count = Math.max(-1, ...groups) + 1
    // Difference from the paper, which takes what it gets: a homogeneous population warms up as well, by noise, and density methods then invent groups.
    if (count < 2 || !(silhouette >= minSilhouette && contrast >= minContrast)) {
      notes.push(`${members.length} clients in ${count} clusters: silhouette ${silhouette.toFixed(2)}, contrast ${contrast.toFixed(2)}; not accepted.`)
      continue
    }
    // Whom the noise policy leaves without a cluster goes on with the global model: in one more cluster, in which the line of that model continues.
    const groupOf = groups.map((group) => (group < 0 ? count : group))
    const blockOf = (group: number): BlockId => (group === 0 ? cluster : parents.length - 1 + group)
    for (const { handle } of own) labels[handle] = -1
    for (const [index, { handle }] of members.entries()) labels[handle] = blockOf(groupOf[index])
    const all = Math.max(...groupOf) + 1
    const sizes = upTo(all).map((group) => groupOf.filter((other) => other === group).length)
    notes.push(`${members.length} clients in ${all} clusters of ${sizes.join(', ')}: silhouette ${silhouette.toFixed(2)}, contrast ${contrast.toFixed(2)}.`)
    for (let added = 1; added < all; added += 1) parents.push(cluster)
    apart.push(cluster)
  }
  if (apart.length === 0) return { found: null, isDecided, signals, notes }
  const directions = parents.map((_, block) => meanSketch(rows.rows.filter((_row, handle) => labels[handle] === block).map(({ vector }) => vector)))
  return { found: { clusters: apart, place: { by: 'label', blocks: parents.length, rows, labels }, parents, directions }, isDecided, signals, notes }
}

/**
 * By sums alone. Difference from the paper: its clusterers need the distance of every pair. Groups are cut in two along their leading direction, and the parts again,
 * until no cut is accepted: by the share of the spread that it explains, in place of silhouette and contrast.
 */
export function* findBySums(searched: readonly BlockId[], { options, sketchSeed }: OcflState, ask: Asks, context: RoundContext): Asking<Search> {
  const { clusters, start, train, rng } = context
  const length = options.sketchLength ?? start(0).length
  const { blocks } = yield* ask.sum('sketch', {
    of: 'train',
    models: upTo(clusters).map(start),
    args: { train, length: options.sketchLength, seed: sketchSeed },
    place: clusters === 1 ? { by: 'everyone' } : { by: 'cluster', only: searched },
    vectorLengths: upTo(clusters).map(() => evidenceLength(length)),
  })
  let groups = searched.flatMap((block): Group[] => {
    const sum = blocks.get(block)
    const evidence = isWithheld(sum) ? null : readEvidence(sum, length)
    return evidence === null ? [] : [{ block, mean: evidence.direction, count: evidence.count }]
  })
  if (groups.length === 0) return { found: null, isDecided: false, signals: {}, notes: ['Too few answered to look for clusters.'] }

  const rule: SplitRule = { smallestPart: options.minClusterSize, quorum: QUORUM, meanCrossCosineBelow: Number.POSITIVE_INFINITY }
  const means = new Map(groups.map(({ block, mean }) => [block, mean]))
  const sizes = new Map(groups.map(({ block, count }) => [block, count]))
  const signals: Record<string, number> = {}
  const notes: string[] = []
  let division: Division = undivided(clusters)
  for (let level = 0; level < MAX_LEVELS && groups.length > 0; level += 1) {
    const before = division.splits.length
    const cut = yield* splitBySums(ask, division, groups, rule, rng)
    division = cut.division
    for (const verdict of cut.verdicts) {
      const { group, members, refusal, measures } = verdict
      if (measures !== null && level === 0) {
        const name = clusters === 1 ? '' : `.${group}`
        signals[`explained-share${name}`] = measures.explainedShare
        signals[`contrast${name}`] = measures.contrast
      }
      if (refusal === null && measures !== null)
        notes.push(`${members} clients part into ${measures.sizes.join(' and ')}; the sides explain ${percent(measures.explainedShare)} of the spread.`)
      else notes.push(`${members} clients stay together: ${refusalInWords(verdict, rule)}.`)
    }
    groups = division.splits.slice(before).flatMap(({ sides }) => sides)
    for (const { block, mean, count } of groups) {
      means.set(block, mean)
      sizes.set(block, count)
    }
  }
  if (division.splits.length === 0) return { found: null, isDecided: true, signals, notes }
  const { parents } = division
  const directions = parents.map((_, block) => means.get(block) ?? new Float32Array(0))
  const apart = searched.filter((cluster) => parents.filter((parent) => parent === cluster).length > 1)
  return { found: { clusters: apart, place: placementOf(division), parents, directions }, isDecided: true, signals, notes }
}

/** Share of a group that must take sides. */
const QUORUM = 0.8
/** Cuts of cuts in one round; each costs 14 sums. */
const MAX_LEVELS = 8

function meanSketch(vectors: readonly Float32Array[]): Float32Array {
  if (vectors.length === 0) return new Float32Array(0)
  const total = new Float64Array(vectors[0].length)
  for (const vector of vectors) for (let entry = 0; entry < total.length; entry += 1) total[entry] += vector[entry]
  return meanOf(total, vectors.length)
}
