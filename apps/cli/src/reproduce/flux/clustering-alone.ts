import { adjustedRandIndex, descriptorClusters } from '@shoal/clustering'
import { createLocalProcedures, type ProcedureCall } from '@shoal/learning'
import { loadNodeBackend } from '@shoal/learning/node'
import { initialParameters } from '@shoal/learning/zoo'
import { addScaled, deriveSeed } from '@shoal/numeric'
import { type DescriptorArgs, describedLength, descriptorBlocks, descriptorLength, ShoalError } from '@shoal/protocol'
import { defineExperiment, type Experiment, type Figure, type Finished, type Plan } from '../experiment.ts'
import { mean, rounded } from '../setting.ts'
import { CLASSES, dealFederation, MLP_128, type ShiftOrNone, trainArgs } from './shift-setting.ts'

const CLIENTS = 10
const PICTURES = 10_000
/** Of averaging, for latents that say something. */
const ROUNDS = 3
const TRAIN = trainArgs({ clients: CLIENTS, pictures: PICTURES, epochs: 1, batchSize: 32, learningRate: 0.005 })
const SEEDS = 3
const LEAST_TO_VOTE = 50
/** The paper's, the specification's, and our default. */
const RULES = {
  elbow: { rule: 'elbow', floorFactor: 0 },
  'floor 1.5': { rule: 'elbow+floor', floorFactor: 1.5 },
  'floor 1.2 to 1.5': { rule: 'elbow+floor', floorFactor: 1.2, capFactor: 1.5 },
} as const
type Rule = keyof typeof RULES
const DEFAULT: Rule = 'floor 1.2 to 1.5'
const NAMES = Object.keys(RULES) as Rule[]

/** The columns of the specification's table (flux.md 7.4), measured there on FMNIST: adjusted Rand indices. */
const COLUMNS = [
  { shift: 'iid', level: 0, elbow: '0.0-0.33', floor: 1 },
  { shift: 'px', level: 2, elbow: '0.83', floor: 1 },
  { shift: 'px', level: 4, elbow: '0.92', floor: 1 },
  { shift: 'px', level: 6, elbow: '0.59', floor: 0.69 },
  { shift: 'px', level: 8, elbow: '0.62', floor: 0.62 },
  { shift: 'py', level: 2, elbow: '0.83', floor: 0.86 },
  { shift: 'py', level: 4, elbow: '0.84', floor: 1 },
  { shift: 'py', level: 6, elbow: '0.91', floor: 0.91 },
  { shift: 'pyx', level: 2, elbow: '0.49', floor: 0.33 },
] as const
const QUICK = ['iid 0', 'px 4', 'pyx 2']

type Parameters = { readonly shift: ShiftOrNone; readonly level: number; readonly seed: number }

interface Found {
  readonly ari: number
  readonly clusters: number
  readonly epsilon: number
}
interface ClusteringRun {
  readonly trueClusters: number
  readonly rules: Readonly<Record<Rule, Found>>
  /** K told, and nothing else: FLUX-prior. */
  readonly prior: Found
  readonly elbow: number | null
  readonly floor: number | null
}
type Run = Finished<Parameters, ClusteringRun>

async function run({ shift, level, seed }: Parameters, signal: AbortSignal): Promise<ClusteringRun> {
  const loaded = await loadNodeBackend('wasm')
  if (!loaded.ok) throw new ShoalError(loaded.failure)
  const own = deriveSeed(String(seed), 'flux-clustering', shift, level)
  const { clients, truth } = await dealFederation({ shift, level, clients: CLIENTS, pictures: PICTURES, seed: own })
  const local = clients.map((data) => createLocalProcedures({ architecture: MLP_128, ...data }))
  const call = (model: Float32Array, client: number): Omit<ProcedureCall, 'procedure' | 'kind' | 'args'> => ({
    models: [model],
    vectors: [],
    block: 0,
    cluster: 0,
    of: null,
    seed: deriveSeed(own, 'client', client),
    maxWeight: PICTURES,
  })

  let model = initialParameters(MLP_128, own)
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = model
    for (const [client, { run: ask, endRound }] of local.entries()) {
      signal.throwIfAborted()
      const trained = await ask({ ...call(start, client), procedure: 'train', kind: 'sum', args: TRAIN, seed: deriveSeed(own, 'client', client, round) })
      if (!trained.ok) throw new ShoalError(trained.failure)
      if (trained.value.kind !== 'parts') throw new TypeError('an update was expected')
      model = addScaled(model, trained.value.parts[0].vector, 1 / CLIENTS)
      endRound()
    }
  }

  const descriptor: DescriptorArgs = { length: CLASSES, seed: own, classes: CLASSES, leastExamples: 2 }
  const [length, blocks] = [descriptorLength(descriptor), descriptorBlocks(descriptor)]
  const rows: Float32Array[] = []
  for (const [client, { run: ask }] of local.entries()) {
    const args = { ...descriptor, halves: true, leastToVote: LEAST_TO_VOTE, noise: null }
    const described = await ask({ ...call(model, client), procedure: 'describe', kind: 'rows', args })
    if (!described.ok) throw new ShoalError(described.failure)
    if (described.value.kind !== 'rows' || described.value.rows[0].length !== describedLength(descriptor, true))
      throw new TypeError('a descriptor was expected')
    rows.push(described.value.rows[0])
  }
  const clustersBy = (rule: Rule, clusters: number | null = null) =>
    descriptorClusters({
      rows: rows.map((row) => row.subarray(0, length)),
      blocks,
      length: descriptor.length,
      halves: rows.map((row) => row.subarray(length, length + blocks)),
      votes: rows.map((row) => row[row.length - 1] === 1),
      ...RULES[rule],
      epsilonScale: 1,
      missing: 'raw',
      scaler: 'min-max',
      frozen: null,
      clusters,
      leastMembers: 1,
      maxClusters: CLIENTS,
      seed: own,
    })
  const summary = ({ labels, centroids, epsilon }: ReturnType<typeof clustersBy>): Found => ({
    ari: rounded(adjustedRandIndex(labels, truth)),
    clusters: centroids.length,
    epsilon: rounded(epsilon),
  })
  const { elbow, floor } = clustersBy(DEFAULT)
  return {
    trueClusters: new Set(truth).size,
    rules: {
      elbow: summary(clustersBy('elbow')),
      'floor 1.5': summary(clustersBy('floor 1.5')),
      'floor 1.2 to 1.5': summary(clustersBy('floor 1.2 to 1.5')),
    },
    prior: summary(clustersBy('elbow', new Set(truth).size)),
    elbow: elbow === null ? null : rounded(elbow),
    floor: floor === null ? null : rounded(floor),
  }
}

function parametersOf({ mode, seeds }: Plan): Parameters[] {
  const columns = mode === 'quick' ? COLUMNS.filter(({ shift, level }) => QUICK.includes(`${shift} ${level}`)) : COLUMNS
  return seeds.slice(0, SEEDS).flatMap((seed) => columns.map(({ shift, level }) => ({ shift, level, seed })))
}

const ariOf = (finished: readonly Run[], rule: Rule): number => mean(finished.map(({ data }) => data.rules[rule].ari))
const listed = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(' ')

/** How far below the specification's own measurement, made on other pictures. */
const SLACK = 0.1

const columnFigure = ({ shift, level, elbow, floor }: (typeof COLUMNS)[number]): Figure<Parameters, ClusteringRun> => ({
  name: `${shift}${level === 0 ? '' : level}: adjusted Rand index`,
  paper: `elbow ${elbow}, floor 1.5 ${floor.toFixed(2)} (not the paper's: the specification's, on FMNIST)`,
  tolerance: shift === 'iid' ? `${DEFAULT}: one cluster in every seed` : `${DEFAULT}: >= ${(floor - SLACK).toFixed(2)}`,
  isAbout: (parameters) => parameters.shift === shift && parameters.level === level,
  judge: (finished) => {
    const of = (rule: Rule): string =>
      `${rule} ${ariOf(finished, rule).toFixed(2)} (${listed(finished.map(({ data }) => data.rules[rule].ari))}; K ${finished.map(({ data }) => data.rules[rule].clusters).join(' ')})`
    return {
      ours: `${NAMES.map(of).join(', ')}, true K ${finished.map(({ data }) => data.trueClusters).join(' ')}; K told ${listed([mean(finished.map(({ data }) => data.prior.ari))])}`,
      isReached: shift === 'iid' ? finished.every(({ data }) => data.rules[DEFAULT].clusters === 1) : ariOf(finished, DEFAULT) >= floor - SLACK - 1e-9,
    }
  },
})

const choiceFigure: Figure<Parameters, ClusteringRun> = {
  name: 'the rule that measures better over the table',
  paper: "- (elbow is the paper's, the others ours)",
  tolerance: `the default, ${DEFAULT}, has the largest mean`,
  judge: (finished) => ({
    ours: NAMES.map((rule) => `${rule} ${ariOf(finished, rule).toFixed(3)}`).join(', '),
    isReached: NAMES.every((rule) => ariOf(finished, DEFAULT) >= ariOf(finished, rule)),
  }),
}

/** The specification's table of clusterings without federated learning, which decides how near is near by default. */
export const clusteringAlone: Experiment = defineExperiment<Parameters, ClusteringRun>({
  id: 'clustering',
  title: 'descriptors alone: which rule finds the groups',
  notes: [
    `10 clients of ${PICTURES / CLIENTS} pictures of MNIST, of which ${TRAIN.steps * TRAIN.batchSize} are trained on and described; an MLP with one hidden layer of 128, whose outputs are the latents, after ${ROUNDS} rounds of averaging over all clients (one epoch of ${TRAIN.batchSize}, step ${TRAIN.learningRate}). ${SEEDS} seeds. The numbers beside ours were measured on FMNIST.`,
    "All rules see the same descriptors. elbow is the paper's; the others are ours, no nearer than so many times what two halves of one client's own pictures lie apart, repetitions left out of the halves: 1.5 of it (the specification's), or between 1.2 and 1.5 of it, which is the default. 1.2 was chosen on some columns of seeds 1 to 3, and the cap of 1.5 (before 1.75 and 2) on seeds 4 to 6: seeds from 7 on had no part in it.",
  ],
  source: 'flux-clustering',
  version: 2,
  parameters: parametersOf,
  run,
  figures: [...COLUMNS.map(columnFigure), choiceFigure],
  plots: (finished) => [
    {
      title: 'Clusters found by distance alone',
      xLabel: 'column of the table: iid, px 2 4 6 8, py 2 4 6, pyx 2',
      yLabel: 'adjusted Rand index',
      caption: 'Mean over the seeds.',
      series: NAMES.map((rule) => ({
        name: rule,
        points: COLUMNS.flatMap(({ shift, level }, place) => {
          const own = finished.filter(({ parameters }) => parameters.shift === shift && parameters.level === level)
          return own.length === 0 ? [] : [[place, ariOf(own, rule)] as const]
        }),
      })),
    },
  ],
})
