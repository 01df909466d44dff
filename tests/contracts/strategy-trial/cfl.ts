import { norm } from '@shoal/numeric'
import { failed, succeeded, type TrainArgs } from '@shoal/protocol'
import { type BlockSum, isWithheld, type Placement, type RoundContext } from '@shoal/strategies'
import { type Asking, measureClusters, modelsAfter, type TrialAsks, type TrialProcedures, type TrialStrategy, upTo } from './procedures.ts'
import { groupOf, placementOf, splitBySums, undivided } from './split-by-sums.ts'

const NORM_BINS = 32
const SEED = 'cfl'

/** Sattler, Mueller, Samek, "Clustered Federated Learning" (arXiv 1910.01991), Algorithms 2, 4 and 5. */
export interface CflState {
  readonly options: CflOptions
  /** As `start` was last: what a newcomer trains with. */
  readonly train: TrainArgs | null
  /** Leaves, in cluster order. */
  readonly models: readonly Float32Array[]
  /** Inner nodes; the first is the root. Children: numbers of nodes, or -1 - cluster. */
  readonly nodes: readonly {
    readonly model: Float32Array
    readonly means: readonly [Float32Array, Float32Array]
    readonly children: readonly [number, number]
  }[]
}

export interface CflOptions {
  readonly sketchLength: number
  /** Split when mean norm / max norm is below. */
  readonly normRatio: number
  readonly gammaMax: number
  readonly smallestPart: number
}

interface Cut {
  readonly cluster: number
  readonly means: readonly [Float32Array, Float32Array]
}

interface Regrouping {
  readonly place: Placement
  readonly parents: readonly number[]
  readonly cuts: readonly Cut[]
}

export const cfl: TrialStrategy<CflState, CflOptions> = {
  name: 'cfl',
  views: ['sums', 'rows'],
  parseOptions: ({ sketchLength = 1024, normRatio = 0.3, gammaMax = 0.72, smallestPart = 3 }) =>
    typeof sketchLength === 'number' && typeof normRatio === 'number' && typeof gammaMax === 'number' && typeof smallestPart === 'number'
      ? succeeded({ sketchLength, normRatio, gammaMax, smallestPart })
      : failed('SHOAL_ERR_CONFIG', "cfl's options are numbers"),
  init: ({ initialModel, options }) => ({ options, train: null, models: [initialModel], nodes: [] }),
  *round(state, ask, context) {
    const { options } = state
    const { clusters, start, train, view } = context
    const { sketchLength } = options
    const args = { train, length: sketchLength, seed: SEED, normBins: NORM_BINS }
    const evidence = yield* ask.sum('sketch', {
      models: upTo(clusters, start),
      args,
      place: { by: 'cluster' },
      vectorLengths: upTo(clusters, () => sketchLength + NORM_BINS),
    })
    const suspects = upTo(clusters, (k) => k).flatMap((k) => {
      const block = evidence.blocks.get(k)
      return !isWithheld(block) && isTorn(block, options) ? [{ cluster: k, block }] : [] // eq. 29-30: the mean is small, single updates are not
    })
    const regrouping = yield* view === 'rows' ? splitByRows(suspects, args, options, ask, context) : bySums(suspects, options, ask, context)
    const { parents, place, cuts } = regrouping
    const { blocks } = yield* ask.sum('train', { of: 'train', models: parents.map(start), args: train, place })
    const models = modelsAfter(parents, blocks, context)
    const measured = yield* measureClusters(models, place, ask, context)
    const moved = cuts.length > 0
    return {
      state: { options, train, models, nodes: grown(state, cuts, context) },
      publish: models,
      ...(moved ? { place, unplaced: cuts.map(({ cluster }) => cluster) } : {}),
      ...measured,
    }
  },
  admit({ options, train, models, nodes }) {
    if (nodes.length === 0) return { procedure: 'adopt', args: {}, models }
    return {
      procedure: 'walk-tree',
      args: { train, length: options.sketchLength, seed: SEED, branches: nodes.map(({ children }) => ({ children })) },
      models: [...nodes.map(({ model }) => model), ...models],
      vectors: nodes.flatMap(({ means }) => means),
      fallback: nodes[0].model,
    }
  },
}

interface Suspect {
  readonly cluster: number
  readonly block: BlockSum
}

function isTorn({ total, count }: BlockSum, { sketchLength, normRatio, smallestPart }: CflOptions): boolean {
  const bins = total.subarray(sketchLength)
  const normOf = (bin: number): number => 2 ** (bin / 2)
  const largest = normOf(bins.findLastIndex((members) => members > 0))
  const mean = bins.reduce((sum, members, bin) => sum + members * normOf(bin), 0) / count
  return count >= 2 * smallestPart && ((norm(total.subarray(0, sketchLength)) / count) * mean) / largest < normRatio
}

function* bySums(
  suspects: readonly Suspect[],
  { sketchLength, smallestPart }: CflOptions,
  ask: TrialAsks,
  { clusters, rng }: RoundContext,
): Asking<Regrouping> {
  const groups = suspects.map(({ cluster, block }) => groupOf(cluster, block, sketchLength))
  const division = yield* splitBySums(ask, undivided(clusters), groups, smallestPart, rng)
  const cuts = division.splits.map(({ group, sides }): Cut => ({ cluster: group, means: [sides[0].mean, sides[1].mean] }))
  return { place: placementOf(division), parents: division.parents, cuts }
}

function* splitByRows(
  suspects: readonly Suspect[],
  args: TrialProcedures['sketch'],
  { gammaMax, smallestPart, sketchLength }: CflOptions,
  ask: TrialAsks,
  { clusters }: RoundContext,
): Asking<Regrouping> {
  const parents = upTo(clusters, (k) => k)
  if (suspects.length === 0) return { place: { by: 'cluster' }, parents, cuts: [] }
  const rows = yield* ask.rows('sketch', {
    of: 'sketch',
    models: [],
    args,
    place: { by: 'cluster', only: suspects.map(({ cluster }) => cluster) },
    rowLength: sketchLength + 1,
    maxRowsPerClient: 1,
  })
  const labels = rows.rows.map(({ block }) => block)
  const cuts: Cut[] = []
  for (const { cluster } of suspects) {
    const members = rows.rows.flatMap(({ block, vector }, handle) => (block === cluster ? [{ handle, sketch: vector.subarray(0, sketchLength) }] : []))
    if (members.length < 2 * smallestPart) continue
    const answer = yield* ask.compute('bipartition', { rows: members.map(({ sketch }) => sketch) })
    if ('failure' in answer) continue
    const { sides, crossCosine } = answer.value
    const parts = [0, 1].map((side) => members.filter((_, index) => sides[index] === side))
    if (parts.some((part) => part.length < smallestPart) || gammaMax >= Math.sqrt((1 - crossCosine) / 2)) continue // section IV: the split is not trusted
    for (const { handle } of parts[1]) labels[handle] = parents.length
    parents.push(cluster)
    cuts.push({ cluster, means: [meanOf(parts[0].map(({ sketch }) => sketch)), meanOf(parts[1].map(({ sketch }) => sketch))] })
  }
  return { place: cuts.length === 0 ? { by: 'cluster' } : { by: 'label', blocks: parents.length, rows, labels }, parents, cuts }
}

const meanOf = (vectors: readonly Float32Array[]): Float32Array =>
  Float32Array.from(vectors[0], (_, entry) => vectors.reduce((sum, vector) => sum + vector[entry], 0) / vectors.length)

/** Each cut turns a leaf into a node: the model before the update, and the mean directions of the two branches. */
function grown({ nodes }: CflState, cuts: readonly Cut[], { clusters, start }: RoundContext): CflState['nodes'] {
  const tree = [...nodes]
  for (const [index, { cluster, means }] of cuts.entries()) {
    const leaf = -1 - cluster
    const parent = tree.findIndex(({ children }) => children.includes(leaf))
    if (parent !== -1) {
      const [left, right] = tree[parent].children
      tree[parent] = { ...tree[parent], children: [left === leaf ? tree.length : left, right === leaf ? tree.length : right] }
    }
    tree.push({ model: start(cluster), means, children: [leaf, -1 - (clusters + index)] })
  }
  return tree
}
