import { deriveSeed } from '@shoal/numeric'
import { type DescriptorArgs, describedLength, descriptorBlocks, descriptorLength, type ProcedureTable } from '@shoal/protocol'
import { upTo } from './cluster-models.ts'
import type { Asking, Asks, Placement, RoundContext } from './contract.ts'
import { latentLength } from './flux-options.ts'
import type { Clustering, FluxState } from './flux-state.ts'

/** Groups of clients whose data look alike. */
export interface Grouping {
  readonly place: Placement
  readonly clustering: Clustering
}

export interface Search {
  /** Null where nothing could be found out: the next round tries again. */
  readonly grouping: Grouping | null
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

export const nothing = (note: string): Search => ({ grouping: null, signals: {}, notes: [note] })

/** Fewer descriptors have no elbow, and no group stands out among them. */
const LEAST_ROWS = 3
/** A newcomer belongs to a cluster up to so many times the largest distance of its members (spec section 8). */
const REACH = 2
/** n_min: where nobody is to be known, the moments of fewer examples would nearly be examples. */
const LEAST_EXAMPLES_MASKED = 10
const LEAST_EXAMPLES = 2

/** What descriptors are made of, and the model that they are taken under: frozen by the first clustering. */
export function describing(
  { options, seed, classes, clustering }: FluxState,
  { start, release }: RoundContext,
): { readonly probe: Float32Array; readonly descriptor: DescriptorArgs } {
  if (clustering !== null) return clustering
  const leastExamples = options.leastExamples ?? (release.clients > 1 ? LEAST_EXAMPLES_MASKED : LEAST_EXAMPLES)
  return { probe: start(0), descriptor: { length: latentLength(options, classes), seed, classes: Math.max(1, classes), leastExamples } }
}

export const describeArgs = ({ options }: FluxState, descriptor: DescriptorArgs, halves: boolean): ProcedureTable['describe'] => ({
  ...descriptor,
  halves,
  leastToVote: options.leastToVote,
  noise: options.noise,
})

/** From everybody's descriptor: exact, as in the paper (spec section 4.2, steps 3 to 7). */
export function* groupByRows(state: FluxState, ask: Asks, context: RoundContext): Asking<Search> {
  const { options } = state
  const { round, release } = context
  const { probe, descriptor } = describing(state, context)
  const hasHalves = options.rule === 'elbow+floor' && options.clusters === null
  const rows = yield* ask.rows('describe', {
    models: [probe],
    args: describeArgs(state, descriptor, hasHalves),
    rowLength: describedLength(descriptor, hasHalves),
    maxRowsPerClient: 1,
  })
  const vectors = rows.rows.map(({ vector }) => vector)
  if (vectors.length < LEAST_ROWS) return nothing(`${vectors.length} descriptors are too few to look for groups among; the next round tries again.`)
  const [length, blocks] = [descriptorLength(descriptor), descriptorBlocks(descriptor)]
  const answer = yield* ask.compute('descriptor-clusters', {
    rows: vectors.map((vector) => withGaps(vector.slice(0, length), descriptor)),
    blocks,
    length: descriptor.length,
    halves: hasHalves ? vectors.map((vector) => vector.subarray(length, length + blocks)) : null,
    votes: vectors.map((vector) => vector[vector.length - 1] > 0.5),
    rule: options.rule,
    floorFactor: options.floorFactor,
    capFactor: options.capFactor,
    epsilonScale: options.epsilonScale,
    missing: options.missing,
    scaler: options.scaler,
    frozen: state.clustering?.scaler ?? null,
    clusters: options.clusters,
    // A cluster that is too small for a sum would never train.
    leastMembers: release.clients,
    maxClusters: options.maxClusters,
    seed: deriveSeed('flux', round),
  })
  if ('failure' in answer) return nothing('The groups could not be computed; the next round tries again.')
  const { labels, centroids, scaler, radii, epsilon, elbow, floor, silhouette } = answer.value
  const sizes = upTo(centroids.length).map((cluster) => labels.filter((label) => label === cluster).length)
  // Difference from the paper's rule, ours: whoever lies within epsilon of a member would have been in its cluster, so a singleton has that reach.
  const least = epsilon > 0 ? epsilon : Math.max(...radii)
  const reach = radii.map((radius) => Math.max(REACH * radius, least))
  const signals = { epsilon, silhouette, ...(elbow === null ? {} : { elbow }), ...(floor === null ? {} : { floor }) }
  // With one cluster nobody moves, and whoever gave no descriptor trains as well.
  const place: Placement = centroids.length === 1 ? { by: 'everyone' } : { by: 'label', blocks: centroids.length, rows, labels }
  return {
    grouping: { place, clustering: { round, descriptor, probe, scaler, centroids, reach, sizes } },
    signals,
    notes: [groupsInWords(vectors.length, sizes, silhouette), nearnessInWords({ epsilon, elbow, floor, clusters: options.clusters, found: sizes.length })],
  }
}

/** Rows that came under masks are rounded: what stands for a missing class is exactly -1 again. Nothing else makes a deviation negative by as much. */
function withGaps(row: Float32Array, { length, classes }: DescriptorArgs): Float32Array {
  for (const label of upTo(classes)) {
    const [mean, deviation] = [(2 + label) * length, (2 + classes + label) * length]
    if (row.subarray(deviation, deviation + length).every((entry) => entry < -0.5)) row.fill(-1, mean, mean + length).fill(-1, deviation, deviation + length)
  }
  return row
}

export const groupsInWords = (clients: number, sizes: readonly number[], silhouette: number | null): string =>
  sizes.length === 1
    ? `The data of ${clients} clients look alike: one cluster.`
    : `${clients} clients in ${sizes.length} clusters of ${sizes.join(', ')}${silhouette === null ? '' : `: silhouette ${silhouette.toFixed(2)}`}.`

interface Nearness {
  readonly epsilon: number
  readonly elbow: number | null
  readonly floor: number | null
  readonly clusters: number | null
  readonly found: number
}

/** Why as many clusters as there are. */
function nearnessInWords({ epsilon, elbow, floor, clusters, found }: Nearness): string {
  if (clusters !== null) return `Their number was given: ${clusters}.`
  const near = `Descriptors nearer than ${epsilon.toFixed(3)} belong together`
  const why =
    elbow === null ? 'no elbow among the nearest distances, so the largest of them counts' : `the elbow of the nearest distances lies at ${elbow.toFixed(3)}`
  const noise = floor === null ? '' : `, and two halves of one client's examples explain ${floor.toFixed(3)}`
  const floored = floor !== null && found === 1 && elbow !== null && elbow < epsilon ? '; what the elbow would have cut apart is noise' : ''
  return `${near}: ${why}${noise}${floored}.`
}
