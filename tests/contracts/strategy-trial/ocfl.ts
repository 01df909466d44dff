import { dot } from '@shoal/numeric'
import { failed, succeeded } from '@shoal/protocol'
import { isWithheld, type Placement, type RoundContext } from '@shoal/strategies'
import { type Asking, measureClusters, modelsAfter, type TrialAsks, type TrialStrategy, upTo } from './procedures.ts'
import { type Division, groupOf, placementOf, splitBySums, undivided } from './split-by-sums.ts'

const SEED = 'ocfl'
/** The temperature by sums needs the square of this many words; it errs by 1.2 % at most. */
const MOMENTS_LENGTH = 64
const MAX_LEVELS = 4

/** Zuziak, Pellungrini, Rinzivillo, "One-shot clustering of clients" (arXiv 2503.04231). */
export interface OcflState {
  readonly options: OcflOptions
  /** Of the last round before the clusters were found; null before the first. */
  readonly temperature: number | null
  readonly models: readonly Float32Array[]
  /** Found once: the global model of that round, and each cluster's mean direction from it. */
  readonly clustering: { readonly origin: Float32Array; readonly directions: readonly Float32Array[] } | null
}

export interface OcflOptions {
  readonly sketchLength: number
  readonly smallestCluster: number
}

interface Regrouping {
  readonly place: Placement
  readonly directions: readonly Float32Array[]
}

export const ocfl: TrialStrategy<OcflState, OcflOptions> = {
  name: 'ocfl',
  views: ['rows', 'sums'],
  parseOptions: ({ sketchLength = 1024, smallestCluster = 3 }) =>
    typeof sketchLength === 'number' && typeof smallestCluster === 'number'
      ? succeeded({ sketchLength, smallestCluster })
      : failed('SHOAL_ERR_CONFIG', "ocfl's options are numbers"),
  init: ({ initialModel, options }) => ({ options, temperature: null, models: [initialModel], clustering: null }),
  *round(state, ask, context) {
    const { clusters, start, train } = context
    const watched = state.clustering === null ? yield* watch(state, ask, context) : { temperature: state.temperature, regrouping: null }
    const { temperature, regrouping } = watched
    const place: Placement = regrouping?.place ?? { by: 'cluster' }
    const parents = regrouping?.directions.map(() => 0) ?? upTo(clusters, (k) => k)
    const { blocks } = yield* ask.sum('train', { ...(state.clustering === null ? { of: 'train' } : {}), models: parents.map(start), args: train, place })
    const models = modelsAfter(parents, blocks, context)
    const measured = yield* measureClusters(models, place, ask, context)
    const clustering = regrouping === null ? state.clustering : { origin: start(0), directions: regrouping.directions }
    return { state: { ...state, temperature, models, clustering }, publish: models, ...(regrouping === null ? {} : { place, unplaced: [0] }), ...measured }
  },
  admit({ options, models, clustering }) {
    if (clustering === null) return { procedure: 'adopt', args: {}, models }
    const { origin, directions } = clustering
    return {
      procedure: 'nearest-direction',
      args: { length: options.sketchLength, seed: SEED, margin: 0.05 },
      models: [origin, ...models],
      vectors: directions,
      fallback: origin,
    }
  },
}

interface Watched {
  readonly temperature: number | null
  readonly regrouping: Regrouping | null
}

/** Until the first rise of the temperature: take it, and at the rise look for clusters once. */
function* watch(state: OcflState, ask: TrialAsks, context: RoundContext): Asking<Watched> {
  const { start, train, view, rng } = context
  const { sketchLength, smallestCluster } = state.options
  const rises = (temperature: number): boolean => state.temperature !== null && temperature > state.temperature // section 4: strictly
  const sketch = { train, length: sketchLength, seed: SEED, normBins: 0 }

  if (view === 'rows') {
    const rows = yield* ask.rows('sketch', { models: [start(0)], args: sketch, rowLength: sketchLength, maxRowsPerClient: 1 })
    const vectors = rows.rows.map(({ vector }) => vector)
    const temperature = temperatureOf(vectors)
    if (temperature === null || !rises(temperature)) return { temperature: temperature ?? state.temperature, regrouping: null }
    const answer = yield* ask.compute('density-clusters', { rows: vectors, smallest: smallestCluster })
    if ('failure' in answer || answer.value.centroids.length < 2 || answer.value.silhouette < 0.1 || answer.value.contrast < 0.1)
      return { temperature, regrouping: null }
    const { labels, centroids } = answer.value
    return { temperature, regrouping: { place: { by: 'label', blocks: centroids.length, rows, labels }, directions: centroids } }
  }

  const moments = yield* ask.sum('moments', {
    models: [start(0)],
    args: { train, length: MOMENTS_LENGTH, seed: SEED },
    vectorLengths: [MOMENTS_LENGTH + (MOMENTS_LENGTH * (MOMENTS_LENGTH + 1)) / 2],
  })
  const sum = moments.blocks.get(0)
  const temperature = isWithheld(sum) ? null : temperatureFromMoments(sum.total, sum.count)
  if (temperature === null || !rises(temperature)) return { temperature: temperature ?? state.temperature, regrouping: null }

  const evidence = yield* ask.sum('sketch', { of: 'train', models: [start(0)], args: sketch, vectorLengths: [sketchLength] })
  const all = evidence.blocks.get(0)
  if (isWithheld(all)) return { temperature, regrouping: null }
  let division: Division = undivided(1)
  let groups = [groupOf(0, all, sketchLength)]
  const means = new Map([[0, groups[0].mean]])
  for (let level = 0; level < MAX_LEVELS && groups.length > 0; level += 1) {
    const before = division.splits.length
    division = yield* splitBySums(ask, division, groups, smallestCluster, rng)
    groups = division.splits.slice(before).flatMap(({ sides }) => sides)
    for (const { block, mean } of groups) means.set(block, mean)
  }
  if (division.splits.length === 0) return { temperature, regrouping: null }
  return { temperature, regrouping: { place: placementOf(division), directions: [...means].sort(([left], [right]) => left - right).map(([, mean]) => mean) } }
}

/** Half the root mean square of the cosine distances between different clients; null for fewer than two. */
function temperatureOf(units: readonly Float32Array[]): number | null {
  const clients = units.length
  if (clients < 2) return null
  let squares = 0
  for (const [index, left] of units.entries()) for (const right of units.slice(0, index)) squares += 2 * (1 - dot(left, right)) ** 2
  return Math.sqrt(squares / (clients * (clients - 1))) / 2
}

/** The same from sums: sum over pairs of (1 - cos)^2 = m^2 - 2 |sum s|^2 + |sum s s^T|^2. */
function temperatureFromMoments(total: Float64Array, clients: number): number | null {
  if (clients < 2) return null
  const first = total.subarray(0, MOMENTS_LENGTH)
  let entry = MOMENTS_LENGTH
  let second = 0
  for (let row = 0; row < MOMENTS_LENGTH; row += 1) {
    for (let column = row; column < MOMENTS_LENGTH; column += 1) {
      second += (row === column ? 1 : 2) * total[entry] ** 2
      entry += 1
    }
  }
  return Math.sqrt(Math.max(0, clients ** 2 - 2 * dot(first, first) + second) / (clients * (clients - 1))) / 2
}
