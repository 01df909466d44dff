import { createRng, deriveSeed } from '@shoal/numeric'
import type { ProcedureTable, TrainArgs } from '@shoal/protocol'
import { type CflOptions, parseCflOptions } from './cfl-options.ts'
import { bisectByRows, bisectBySums, type Suspect } from './cfl-split.ts'
import { modelsAfter, upTo } from './cluster-models.ts'
import { type Asking, type Asks, isWithheld, type JobTable, type RoundContext, type Strategy } from './contract.ts'
import { type Evidence, evidenceLength, readEvidence } from './evidence.ts'
import { measureClusters } from './measure.ts'
import { type ParameterTree, withSplit } from './parameter-tree.ts'

/**
 * Clustered federated learning: Sattler, Mueller, Samek, "Clustered Federated Learning: Model-Agnostic Distributed Multi-Task Optimization under Privacy
 * Constraints" (arXiv 1910.01991). Federated averaging runs inside each cluster. Where the mean update has become small while single updates are still large,
 * the clients pull in different directions, and the cluster is cut in two by the directions of their updates: Algorithm 5, with weighted means as in Algorithm 2.
 *
 * Difference from the paper: no update is kept in coordinates of a map that clients share in secret (one colluder breaks it). Clients send seeded sketches, as sums
 * or as rows without owners, and the update itself only once, into the final cluster.
 */
export interface CflState {
  readonly options: CflOptions
  /** Public seed of the sketches. */
  readonly sketchSeed: string
  /** As the federation trains, for newcomers; null before the first round. */
  readonly train: TrainArgs | null
  /** theta_c of each cluster. */
  readonly models: readonly Float32Array[]
  /** The round from which each cluster exists. */
  readonly since: readonly number[]
  /** The round after which everybody was asked for; null before the first time. */
  readonly census: number | null
  readonly tree: ParameterTree
}

/** A share of the clients looks torn by noise as well; so many rounds pass before everybody is asked for again. */
const ROUNDS_BETWEEN_CENSUSES = 5
/** A newcomer's two cosines closer than this are a toss-up: the losses of the two children decide. */
const TOSS_UP = 0.02

export const cfl: Strategy<CflState, ProcedureTable, JobTable, CflOptions> = {
  name: 'cfl',
  views: ['sums', 'rows'],
  // Its bars are for directions without noise: noise alone would pass for two groups that pull apart.
  levels: ['sealed', 'masked'],
  // A group is cut where its mean update vanishes: a median of clients that pull apart comes to rest elsewhere, and nothing would ever be cut.
  centres: ['mean', 'clipped'],
  parseOptions: parseCflOptions,
  init({ initialModel, options, seed }) {
    const rng = createRng(deriveSeed(seed, 'cfl', 'sketch')) // the federation's own seed is nobody's business
    return { options, sketchSeed: `cfl-${rng.word()}-${rng.word()}`, train: null, models: [initialModel], since: [0], census: null, tree: [] }
  },
  *round(state, ask, context) {
    const { options } = state
    const { start, train, view, round } = context

    // Algorithm 5, the server's side of a round: every cluster shows its mean update and its largest, and those that are torn are cut.
    const { suspects, isCensusDue, signals, notes } = yield* examine(state, ask, context)
    const bisect = view === 'rows' ? bisectByRows : bisectBySums
    const { place, parents, splits, ...told } = yield* bisect(suspects, sketchArgs(state, train), options, ask, context)

    // Difference from the paper: Algorithm 5 leaves the children's first aggregate open. As in the authors' code it is taken over each child, in this same round.
    const { blocks } = yield* ask.sum('train', { of: 'train', models: parents.map(start), args: train, place })
    const models = modelsAfter(parents, blocks, context)
    const since = parents.map((parent, block) => (splits.some(({ cluster, added }) => block === cluster || block === added) ? round + 1 : state.since[parent]))
    const census = isCensusDue ? round : state.census
    const next: CflState = { ...state, train, models, since, census, tree: splits.reduce(withSplit, state.tree) }
    const rest = { isCensusDue, signals: { ...signals, ...told.signals }, notes: [...notes, ...told.notes] }
    if (splits.length === 0 && [...blocks.values()].every(isWithheld)) return { state: { ...state, train, census }, publish: [], ...rest }

    const measured = yield* measureClusters(models, place, ask, context)
    const moves = splits.length === 0 ? {} : { place, unplaced: splits.map(({ cluster }) => cluster) }
    return { state: next, publish: models, ...moves, ...measured, ...rest }
  },
  admit({ options, sketchSeed, train, models, tree }) {
    if (tree.length === 0 || train === null) return { procedure: 'adopt', args: {}, models }
    const branches = tree.map(({ children }) => ({ children: [children[0], children[1]] as [number, number] }))
    return {
      procedure: 'walk-tree', // Algorithm 4
      args: { train, length: options.sketchLength, seed: sketchSeed, margin: TOSS_UP, branches },
      models: [...tree.map(({ model }) => model), ...models],
      vectors: tree.flatMap((node) => node.branches),
    }
  },
}

const sketchArgs = ({ options, sketchSeed }: CflState, train: TrainArgs) => ({ train, length: options.sketchLength, seed: sketchSeed })

interface Examined {
  readonly suspects: readonly Suspect[]
  /** A cluster looks torn, but too few of it took part for a decision. */
  readonly isCensusDue: boolean
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

/** Trains, asks every cluster for its evidence, and says which clusters may be split in this round. */
function* examine(state: CflState, ask: Asks, context: RoundContext): Asking<Examined> {
  const { options } = state
  const { clusters, start, train, round, clusterSizes } = context
  const sketchLength = options.sketchLength ?? start(0).length
  const { blocks } = yield* ask.sum('sketch', {
    models: upTo(clusters).map(start),
    args: sketchArgs(state, train),
    place: { by: 'cluster' },
    vectorLengths: upTo(clusters).map(() => evidenceLength(sketchLength)),
  })
  const signals: Record<string, number> = {}
  const notes: string[] = []
  const suspects: Suspect[] = []
  const isSample = context.cohortSize < clusterSizes.reduce((sum, size) => sum + size, 0)
  const mayBeDue = isSample && (state.census === null || round - state.census >= ROUNDS_BETWEEN_CENSUSES)
  let isCensusDue = false
  for (const cluster of upTo(clusters)) {
    const block = blocks.get(cluster)
    const evidence = isWithheld(block) ? null : readEvidence(block, sketchLength)
    if (evidence === null) continue
    signals[`mean-norm.${cluster}`] = evidence.meanNorm
    signals[`max-norm.${cluster}`] = evidence.maxNorm
    if (evidence.maxNorm > 0) signals[`ratio.${cluster}`] = evidence.meanNorm / evidence.maxNorm
    if (!isTorn(evidence, options, round)) continue
    const size = Math.max(clusterSizes[cluster] ?? 0, evidence.count)
    isCensusDue ||= mayBeDue && evidence.count < options.quorum * size
    const refusal = whyNotExamined(evidence, size, round - state.since[cluster], clusters + suspects.length, options)
    if (refusal === null) suspects.push({ cluster, evidence, quorum: Math.ceil(options.quorum * size) })
    else notes.push(`Cluster ${cluster} (${evidence.count} clients) pulls in different directions; it is not examined: ${refusal}.`)
  }
  if (isCensusDue) notes.push('The next round asks everybody.')
  return { suspects, isCensusDue, signals, notes }
}

/** The split criterion: close to a stationary point of the cluster's objective, and not of its clients'. */
function isTorn({ meanNorm, maxNorm }: Evidence, { test }: CflOptions, round: number): boolean {
  switch (test.by) {
    case 'norms':
      return meanNorm < test.epsilon1 && maxNorm > test.epsilon2
    // Difference from the paper: no absolute threshold by default. epsilon1 and epsilon2 grow with step size, number of steps and model, and fit one setting only.
    // Alike clients reach 1 / sqrt(m) as well, by noise alone: it is the gamma test that keeps them together.
    case 'ratio':
      return maxNorm > 0 && meanNorm < test.below * maxNorm
    case 'schedule':
      return test.rounds.includes(round)
    case 'period':
      return round > 0 && round % test.every === 0
  }
}

/**
 * Difference from the paper, which has every client in every round: a split is decided on (nearly) the whole cluster, or the absent would have to be guessed.
 * With partial participation a torn cluster has the next round ask everybody, the census; updates of different rounds start from different models and are never mixed.
 */
function whyNotExamined({ count }: Evidence, size: number, age: number, clusters: number, options: CflOptions): string | null {
  const { minClients, smallestPart, quorum, cooldown, maxClusters } = options
  if (count < minClients || count < 2 * smallestPart) return `a split needs ${Math.max(minClients, 2 * smallestPart)}`
  if (count < quorum * size) return `only ${count} of its ${size} clients answered`
  if (age < cooldown) return `it exists for ${age} of ${cooldown} rounds`
  return clusters < maxClusters ? null : `there are ${maxClusters} clusters already`
}
