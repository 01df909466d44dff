import { createRng, deriveSeed } from '@shoal/numeric'
import type { ProcedureTable } from '@shoal/protocol'
import { modelsAfter, upTo } from './cluster-models.ts'
import { type Asking, type Asks, isWithheld, type JobTable, type RoundContext, type Strategy } from './contract.ts'
import { measureClusters } from './measure.ts'
import { type Found, findByRows, findBySums } from './ocfl-clusters.ts'
import { type OcflOptions, parseOcflOptions } from './ocfl-options.ts'
import type { Clustering, OcflState } from './ocfl-state.ts'
import { type Readings, readBySums, readRows } from './ocfl-temperature.ts'
import { newTrigger, observe } from './trigger.ts'

/** A cluster is warm above this share of the temperature at which the first clusters were found; so many warm rounds allow another shot. */
const WARM_SHARE = 0.5
const WARM_ROUNDS = 5
/** A newcomer's two best cosines closer than this are a toss-up: the losses of the clusters' models decide. */
const TOSS_UP = 0.05

/**
 * One-shot clustered federated learning: Zuziak, Pellungrini, Rinzivillo (arXiv 2503.04231, 2509.01587), after the authors' library. Federated averaging runs
 * while one number is watched: the temperature, the norm of the cosine distances between the clients' updates. At its first rise what all have in common is used
 * up; clients are clustered once by those distances, and from then on averaging stays inside clusters.
 *
 * Difference from the paper: inside a cluster clients count by their examples, as in federated averaging before; the authors' code takes the plain mean.
 */
export const ocfl: Strategy<OcflState, ProcedureTable, JobTable, OcflOptions> = {
  name: 'ocfl',
  views: ['rows', 'sums'],
  // Its bars are for directions without noise: noise alone would pass for groups.
  levels: ['sealed', 'masked'],
  parseOptions: parseOcflOptions,
  init({ initialModel, options, seed }) {
    const rng = createRng(deriveSeed(seed, 'ocfl', 'sketch')) // the federation's own seed is nobody's business
    const sketchSeed = `ocfl-${rng.word()}-${rng.word()}`
    return { options, sketchSeed, train: null, models: [initialModel], trigger: newTrigger, attempts: 0, notBefore: 0, clustering: null }
  },
  *round(state, ask, context) {
    const { clusters, start, train } = context
    const isWatched = state.attempts < state.options.maxAttempts && (state.clustering?.shots ?? 0) < state.options.maxShots
    const { found, signals, notes, ...watched } = isWatched ? yield* watch(state, ask, context) : unwatched
    const parents = found?.parents ?? upTo(clusters)
    const place = found?.place ?? ({ by: 'cluster' } as const)

    const { blocks } = yield* ask.sum('train', { ...(isWatched ? { of: 'train' } : {}), models: parents.map(start), args: train, place })
    const models = modelsAfter(parents, blocks, context)
    const next = { ...state, ...watched.state, train }
    if (found === null && [...blocks.values()].every(isWithheld)) return { state: next, publish: [], signals, notes }

    const measured = yield* measureClusters(models, place, ask, context)
    const moves = found === null ? {} : { place, unplaced: found.clusters }
    return { state: { ...next, models }, publish: models, ...moves, ...measured, signals, notes }
  },
  admit({ options, sketchSeed, train, models, clustering }) {
    if (clustering === null || train === null) return { procedure: 'adopt', args: {}, models }
    const { origin, directions } = clustering
    return {
      procedure: 'nearest-direction',
      args: { train, length: options.sketchLength, seed: sketchSeed, margin: TOSS_UP },
      models: [origin, ...models],
      vectors: directions,
    }
  },
}

interface Watched {
  /** What of the state has changed. */
  readonly state: Partial<OcflState>
  readonly found: Found | null
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

const unwatched: Watched = { state: {}, found: null, signals: {}, notes: [] }

/** Trains, takes the temperature, and where it says so looks for clusters. */
function* watch(state: OcflState, ask: Asks, context: RoundContext): Asking<Watched> {
  const { view, round, start } = context
  const readings = view === 'rows' ? yield* readRows(state, ask, context) : yield* readBySums(state, ask, context)
  const { change, searched, note } = state.clustering === null ? watchAll(state, readings, context) : watchClusters(state, state.clustering, readings)
  const notes = [...readings.notes, ...(note === null ? [] : [note])]
  if (searched.length === 0) return { state: change, found: null, signals: readings.signals, notes }

  const search = yield* readings.rows === null ? findBySums(searched, state, ask, context) : findByRows(searched, readings.rows, state.options, ask, context)
  const signals = { ...readings.signals, ...search.signals }
  notes.push(...search.notes)
  const { found } = search
  if (found === null) {
    if (!search.isDecided) return { state: change, found, signals, notes }
    // Difference from the paper: its code calls one cluster, or noise alone, a clustering and never looks again. Here it is an attempt, and there may be more.
    const { cooldown, maxAttempts } = state.options
    const attempts = state.attempts + 1
    notes.push(`No structure: attempt ${attempts} of ${maxAttempts}.`)
    return { state: { ...change, attempts, notBefore: round + 1 + cooldown }, found, signals, notes }
  }
  const before = state.clustering
  const clustering: Clustering = {
    shots: (before?.shots ?? 0) + 1,
    temperature: before?.temperature ?? readings.ofCluster(0).temperature ?? 0,
    origin: before?.origin ?? start(0),
    directions: before === null ? found.directions : found.parents.map((parent) => before.directions[parent]),
    warmRounds: found.parents.map(() => 0),
  }
  return { state: { ...change, clustering }, found, signals, notes }
}

interface Decision {
  readonly change: Partial<OcflState>
  /** The clusters inside which clusters are to be looked for. */
  readonly searched: readonly number[]
  readonly note: string | null
}

/** One model for all: the trigger decides. */
function watchAll(state: OcflState, readings: Readings, { round, cohortSize, clusterSizes }: RoundContext): Decision {
  const { temperature, clients } = readings.ofCluster(0)
  const reading = { temperature, clients, cohortSize, members: clusterSizes[0] ?? 0, precision: readings.precision }
  const { trigger, fires } = observe(state.trigger, reading, round, state.options)
  if (!fires || round < state.notBefore) return { change: { trigger }, searched: [], note: null }
  const note = `The temperature rises to ${temperature?.toFixed(3)} from ${state.trigger.temperatures.at(-1)?.toFixed(3)}: clusters are looked for among ${clients} clients.`
  return { change: { trigger: { ...trigger, rises: 0 } }, searched: [0], note }
}

/** Difference from the paper, which has one shot: a cluster that stays warm may be searched again, if `maxShots` says so. */
function watchClusters(state: OcflState, clustering: Clustering, readings: Readings): Decision {
  const warmRounds = clustering.warmRounds.map((rounds, cluster) => {
    const { temperature } = readings.ofCluster(cluster)
    if (temperature === null) return rounds
    return temperature > WARM_SHARE * clustering.temperature ? rounds + 1 : 0
  })
  const isDue = (cluster: number): boolean => warmRounds[cluster] >= WARM_ROUNDS && readings.ofCluster(cluster).clients >= 2 * state.options.minClusterSize
  const searched = upTo(warmRounds.length).filter(isDue)
  const change = { clustering: { ...clustering, warmRounds: warmRounds.map((rounds, cluster) => (searched.includes(cluster) ? 0 : rounds)) } }
  return { change, searched, note: searched.length === 0 ? null : `Warm for ${WARM_ROUNDS} rounds: clusters are looked for inside ${searched.join(', ')}.` }
}
