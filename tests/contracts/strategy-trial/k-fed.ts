import { failed, succeeded } from '@shoal/protocol'
import { isWithheld, type Placement, type RoundContext } from '@shoal/strategies'
import { type Asking, type TrialAsks, type TrialStrategy, upTo } from './procedures.ts'
import { fitPoints, type UifcaOptions, type UifcaState, uifca } from './uifca.ts'

const MIN_POINTS = 8
const LLOYD_ROUNDS = 5

/** Dennis, Li, Smith, "Heterogeneity for the Win: One-Shot Federated Clustering" (arXiv 2103.00697): the models are the centroids, unless UIFCA goes on from their labels. */
export interface KFedState {
  readonly options: KFedOptions
  readonly centroids: readonly Float32Array[]
  readonly uifca: UifcaState | null
}

export interface KFedOptions {
  readonly clusters: number
  /** Local clusters of a client. */
  readonly localClusters: number
  /** Numbers that a point has. */
  readonly dimensions: number
  readonly onward: UifcaOptions | null
}

export const kFed: TrialStrategy<KFedState, KFedOptions> = {
  name: 'k-fed',
  views: ['rows', 'sums'],
  parseOptions({ clusters, dimensions, localClusters = clusters, thenUifca = null }) {
    if (typeof clusters !== 'number' || typeof localClusters !== 'number' || typeof dimensions !== 'number')
      return failed('SHOAL_ERR_CONFIG', 'k-fed needs clusters and dimensions, numbers')
    if (thenUifca === null) return succeeded({ clusters, localClusters, dimensions, onward: null })
    const onward = uifca.parseOptions({ ...thenUifca, clusters })
    return onward.ok ? succeeded({ clusters, localClusters, dimensions, onward: onward.value }) : onward
  },
  init: ({ initialModel, options, seed }) => ({
    options,
    centroids: [],
    uifca: options.onward === null ? null : uifca.init({ initialModel, options: options.onward, seed }),
  }),
  *round(state, ask, context) {
    const found = state.centroids.length === 0 ? yield* findCentroids(state.options, ask, context) : null
    const centroids = found?.centroids ?? state.centroids
    if (state.uifca === null || centroids.length === 0) {
      return { state: { ...state, centroids }, publish: found?.centroids ?? [], ...(found === null ? {} : { place: found.place, unplaced: [0] }) }
    }
    const result = yield* fitPoints(state.uifca, ask, context, found?.place.by === 'label' ? found.place : null)
    return { ...result, state: { ...state, centroids, uifca: result.state } }
  },
  admit({ centroids, uifca: inner }) {
    if (inner !== null) return uifca.admit(inner)
    return { procedure: 'nearest-centroid', args: { clusters: centroids.length }, models: centroids }
  },
}

interface Found {
  readonly centroids: readonly Float32Array[]
  readonly place: Placement
}

function* findCentroids({ clusters, localClusters, dimensions }: KFedOptions, ask: TrialAsks, { view, rng }: RoundContext): Asking<Found | null> {
  if (view === 'rows') {
    const rows = yield* ask.rows('centroids', {
      models: [],
      args: { clusters: localClusters, minPoints: MIN_POINTS },
      rowLength: dimensions,
      maxRowsPerClient: localClusters,
    })
    if (rows.rows.length < clusters) return null
    const answer = yield* ask.compute('farthest-first', { rows: rows.rows.map(({ vector }) => vector), clusters, seed: String(rng.word()) })
    if ('failure' in answer) return null
    const { labels, centroids } = answer.value
    return { centroids, place: { by: 'label', blocks: clusters, rows, labels } }
  }
  const place: Placement = { by: 'every', blocks: clusters }
  let centroids = upTo(clusters, () => Float32Array.from({ length: dimensions }, () => rng.uniform()))
  for (let iteration = 0; iteration < LLOYD_ROUNDS; iteration += 1) {
    const { blocks } = yield* ask.sum('lloyd', {
      models: [],
      args: { points: 'data' },
      vectors: centroids,
      place,
      vectorLengths: upTo(clusters, () => dimensions),
    })
    if ([...blocks.values()].every(isWithheld)) return null
    centroids = centroids.map((centre, k) => {
      const sum = blocks.get(k)
      return isWithheld(sum) ? centre : Float32Array.from(sum.total, (entry) => entry / sum.weight)
    })
  }
  return { centroids, place }
}
