import { deriveSeed, type Rng } from '@shoal/numeric'
import { upTo } from './cluster-models.ts'
import { type Asking, type Asks, isWithheld, type RoundContext } from './contract.ts'
import type { KFedOptions } from './k-fed-options.ts'
import { type LloydStep, lloydBySums } from './lloyd-by-sums.ts'

/** What k-FED found: centroids, and every client has labelled its points by them. */
export interface KFedFound {
  readonly centroids: readonly Float32Array[]
  /** Of each cluster, over all clients. */
  readonly points: readonly number[]
  /** Mean squared distance of a point from its centroid. */
  readonly loss: number
}

/** What became of it, in words where nothing was found. */
export type KFedStart = { readonly found: KFedFound } | { readonly found: null; readonly note: string }

/** k-FED (Dennis, Li, Smith 2021) from beginning to end, over points of `entries` numbers. Labels are left in the clients' memory, the same for each of `restarts`. */
export function* startByCentroids(options: KFedOptions, entries: number, restarts: number, ask: Asks, context: RoundContext): Asking<KFedStart> {
  const { clusters, localClusters, minPoints } = options
  const { view, rng } = context
  const centroids = yield* view === 'rows' ? centroidsByRows(options, entries, ask, rng) : centroidsBySums(options, entries, ask, rng)
  if (typeof centroids === 'string') return { found: null, note: centroids }
  const { blocks } = yield* ask.sum('label-points', {
    ...(view === 'rows' ? { of: 'centroids' } : {}),
    models: [],
    args: { localClusters, most: clusters, minPoints, restarts },
    vectors: centroids,
    vectorLengths: [clusters + 1],
  })
  const answer = blocks.get(0)
  if (isWithheld(answer)) return { found: null, note: 'Too few clients labelled their points; the next round begins again.' }
  const points = upTo(clusters).map((cluster) => Math.round(answer.total[cluster]))
  return { found: { centroids, points, loss: answer.total[clusters] / answer.weight } }
}

/** One message a client: Algorithm 1 there, Algorithm 2 here. A text says why there are no centroids. */
function* centroidsByRows({ clusters, localClusters, minPoints }: KFedOptions, entries: number, ask: Asks, rng: Rng): Asking<readonly Float32Array[] | string> {
  const { rows } = yield* ask.rows('centroids', {
    models: [],
    args: { localClusters, most: clusters, minPoints },
    rowLength: entries,
    maxRowsPerClient: localClusters ?? clusters,
  })
  if (rows.length < clusters) return `${rows.length} local centroids are too few for ${clusters} clusters; the next round begins again.`
  const answer = yield* ask.compute('farthest-first', {
    rows: rows.map(({ vector }) => vector),
    clusters,
    seed: deriveSeed('k-fed', rng.word(), rng.word()),
  })
  if ('failure' in answer) return 'The centroids could not be computed; the next round begins again.'
  const { centroids } = answer.value
  return centroids.length < clusters ? `Only ${centroids.length} of the local centroids differ; ${clusters} clusters need as many.` : centroids
}

/** The clients' points stay where they are: steps of Lloyd, and only sums of what is nearest to each centre are heard. */
function* centroidsBySums({ clusters, minPoints }: KFedOptions, entries: number, ask: Asks, rng: Rng): Asking<readonly Float32Array[] | string> {
  function* step(centres: readonly Float32Array[]): ReturnType<LloydStep> {
    const { blocks } = yield* ask.sum('lloyd', {
      models: [],
      args: { minPoints },
      vectors: centres,
      place: { by: 'every', blocks: centres.length },
      vectorLengths: centres.map(() => entries),
    })
    return blocks
  }
  return (yield* lloydBySums(clusters, entries, 1, step, rng)) ?? 'Too few clients answered; the next round begins again.'
}
