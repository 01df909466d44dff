import { squaredDistance } from '@shoal/clustering'
import { createRng, deriveSeed } from '@shoal/numeric'
import type { ProcedureTable } from '@shoal/protocol'
import { modelsAfter, upTo } from './cluster-models.ts'
import { type Asking, type Asks, isWithheld, type JobTable, type RoundContext, type Strategy } from './contract.ts'
import { groupByRows, type Search } from './flux-groups.ts'
import { type FluxOptions, parseFluxOptions } from './flux-options.ts'
import type { Clustering, FluxState } from './flux-state.ts'
import { groupBySums } from './flux-sums.ts'
import { isClusteringDue } from './flux-trigger.ts'
import { measureClusters } from './measure.ts'

/** Clusters are looked for again when so many clients, and such a share of all, found none that is theirs (spec section 8). */
const LEAST_PENDING = 3
const PENDING_SHARE = 0.2
/** Or when such a share of the clients have data that moved (spec section 4.4). */
const MOVED_SHARE = 0.2
/** Rounds between two clusterings: clients without labels wait for good, and must not have the others described in every round. */
const LEAST_AGE = 5

/**
 * FLUX: Fenoglio et al. (arXiv 2511.22305), after the authors' code. Federated averaging runs until it slows down; then every client tells the
 * descriptor of its data, a few moments of what the model makes of them. Clients with descriptors near each other are a cluster, as many as there are, and averaging goes on
 * inside clusters. A newcomer, with labels or without, finds the cluster of the nearest descriptor on its own device.
 *
 * Differences from the paper, ours: noise alone is no group (`rule`); who lies far from all clusters waits, and enough of them are a reason to look again, as are data
 * that moved; by sums nobody shows a descriptor.
 */
export const flux: Strategy<FluxState, ProcedureTable, JobTable, FluxOptions> = {
  name: 'flux',
  views: ['rows', 'sums'],
  // Noise made for updates says nothing about moments of latents; `dp` puts noise of its own on them.
  levels: ['sealed', 'masked'],
  parseOptions: parseFluxOptions,
  init({ initialModel, classes, options, seed }) {
    const rng = createRng(deriveSeed(seed, 'flux', 'projection')) // the federation's own seed is nobody's business
    return { options, seed: `flux-${rng.word()}-${rng.word()}`, classes, models: [initialModel], accuracies: [], isDue: false, clustering: null }
  },
  *round(state, ask, context) {
    const { round, rounds, clusters, start, train } = context
    const { grouping, signals, notes } = state.isDue ? yield* search(state, ask, context) : settled
    const clustering = grouping?.clustering ?? state.clustering
    const parents = grouping === null ? upTo(clusters) : parentsOf(grouping.clustering, state.clustering)
    const place = grouping?.place ?? ({ by: 'cluster' } as const)

    // Step 7: every update of this round enters the sum of its new cluster, once. Difference from the paper's dynamic variant, ours: a round that groups anew trains as well.
    const { blocks } = yield* ask.sum('train', { models: parents.map(start), args: train, place })
    const models = modelsAfter(parents, blocks, context)
    const hasTrained = [...blocks.values()].some((block) => !isWithheld(block))
    const measured = hasTrained || grouping !== null ? yield* measureClusters(models, place, ask, context) : null

    const accuracy = measured?.metrics.accuracy ?? null
    const accuracies = clustering === null && accuracy !== null ? [...state.accuracies, accuracy] : state.accuracies
    const again = clustering !== null && grouping === null ? yield* lookAgain(clustering, state, ask, context) : calm
    const isDue = clustering === null ? isClusteringDue(accuracies, round + 1, rounds, state.options) : again.isDue
    const next: FluxState = { ...state, models, accuracies, isDue, clustering: again.clustering ?? clustering }
    return {
      state: next,
      publish: measured === null ? [] : models,
      ...(grouping === null || isAsBefore(parents, context) ? {} : { place, unplaced: upTo(clusters) }),
      ...(isDue ? { isCensusDue: true as const } : {}),
      ...measured,
      signals: { ...signals, ...again.signals },
      notes: [...openingNotes(state, context), ...notes, ...again.notes],
    }
  },
  admit({ options, models, clustering }) {
    if (clustering === null) return { procedure: 'adopt', args: {}, models }
    const { descriptor, probe, scaler, centroids, reach, sizes } = clustering
    return {
      procedure: 'find-descriptor',
      args: {
        ...descriptor,
        missing: options.missing,
        reach: [...reach],
        sizes: [...sizes],
        // A singleton's model is one client's own: until somebody joins it, it serves nobody else (spec section 8).
        serves: sizes.map((size) => size >= options.minToServe),
      },
      models: [probe, ...models],
      vectors: [scaler, ...centroids],
    }
  },
}

const settled: Search = { grouping: null, signals: {}, notes: [] }

/** What descriptors say about who belongs together. */
function* search(state: FluxState, ask: Asks, context: RoundContext): Asking<Search> {
  if (context.view === 'rows') return yield* groupByRows(state, ask, context)
  const { clusters } = state.options
  return clusters === null ? settled : yield* groupBySums(clusters, state, ask, context)
}

/** The cluster whose model each new cluster begins with: the one model before, or that of the nearest old centroid (the authors' dynamic variant). */
const parentsOf = ({ centroids }: Clustering, before: Clustering | null): number[] =>
  centroids.map((centroid) => {
    const distances = before?.centroids.map((old) => squaredDistance(centroid, old)) ?? [0]
    return distances.indexOf(Math.min(...distances))
  })

/** One model for all, who all have it: nobody moves. */
const isAsBefore = (parents: readonly number[], { clusters, pending }: RoundContext): boolean => parents.length === 1 && clusters === 1 && pending === 0

interface Again {
  readonly isDue: boolean
  readonly clustering: Clustering | null
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

const calm: Again = { isDue: false, clustering: null, signals: {}, notes: [] }

/** Whether what was found still holds: too many belong nowhere, or their data have moved. */
function* lookAgain(before: Clustering, { options }: FluxState, ask: Asks, { round, clusterSizes, pending }: RoundContext): Asking<Again> {
  const clustering = { ...before, sizes: before.sizes.map((size, cluster) => Math.max(size, clusterSizes[cluster] ?? 0)) }
  const notes: string[] = []
  const signals: Record<string, number> = {}
  const age = round - before.round
  const clients = clusterSizes.reduce((sum, size) => sum + size, pending)
  if (pending > 0) signals.pending = pending
  const isCrowded = age >= LEAST_AGE && pending >= Math.max(LEAST_PENDING, PENDING_SHARE * clients)
  if (isCrowded) notes.push(`${pending} of ${clients} clients belong to none of the clusters: the next round looks for clusters again.`)
  let hasMoved = false
  if (options.recheckEvery > 0 && age % options.recheckEvery === 0) {
    const { blocks } = yield* ask.sum('check-drift', { models: [before.probe], args: before.descriptor, vectors: [before.scaler] })
    const answer = blocks.get(0)
    if (!isWithheld(answer)) {
      signals.moved = answer.total[0] / answer.weight
      hasMoved = signals.moved > MOVED_SHARE
      if (hasMoved) notes.push(`The data of ${Math.round(answer.total[0])} of ${answer.count} clients have moved: the next round looks for clusters again.`)
    }
  }
  return { isDue: isCrowded || hasMoved, clustering, signals, notes }
}

/** What an operator should know from the beginning. */
const openingNotes = ({ options }: FluxState, { round, view }: RoundContext): string[] =>
  round === 0 && view === 'sums' && options.clusters === null
    ? ['By sums the number of clusters is not found but given: without the option clusters this is federated averaging.']
    : []
