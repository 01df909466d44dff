import { adjustedRandIndex, findClusters } from '@shoal/clustering'
import { dealClassSplit, selectExamples } from '@shoal/data'
import { createRng, deriveSeed, shuffled } from '@shoal/numeric'
import { localOnly, oracleClusters } from '../baselines.ts'
import type { Plan } from '../experiment.ts'
import { generalScores, meanOfScores, personalScores, type Scores } from '../scores.ts'
import { MLP, mean, mnist, rounded, TRAIN } from '../setting.ts'
import { type SketchError, sketched, sketchOf, temperatureOf, watchSketches } from '../sketch-error.ts'
import { FEDAVG, runFederation } from '../watched-federation.ts'

const CLIENTS = 15
const TRUE_GROUPS = 3
const MIN_CLUSTER_SIZE = 3
/** Of moments, from which the temperature is taken by sums. */
const MOMENTS_BUCKETS = 64
const METHODS = ['k-means', 'mean-shift', 'affinity-propagation'] as const

export type Split = 'non-overlapping balanced' | 'non-overlapping imbalanced' | 'overlapping balanced' | 'overlapping imbalanced'
export const SPLITS: readonly Split[] = ['non-overlapping balanced', 'non-overlapping imbalanced', 'overlapping balanced', 'overlapping imbalanced']
export const isOverlapping = (split: Split): boolean => split.startsWith('overlapping')

export type SplitParameters = { readonly split: Split; readonly seed: number; readonly rounds: number; readonly pictures: number }

/** The same for experiments that read the same runs. */
export const SPLIT_SOURCE = 'class-splits'
export const SPLIT_VERSION = 1
const EXTENT = { full: { rounds: 20, pictures: 60_000 }, quick: { rounds: 8, pictures: 15_000 } }
const QUICK_SPLITS: readonly Split[] = ['non-overlapping balanced', 'overlapping balanced']

/** Without overlap first: those figures are the sharper ones. */
export function splitParameters({ mode, seeds }: Plan): SplitParameters[] {
  if (mode === 'quick') return QUICK_SPLITS.map((split) => ({ split, seed: seeds[0], ...EXTENT.quick }))
  return [false, true].flatMap((overlapping) =>
    seeds.flatMap((seed) => SPLITS.filter((split) => isOverlapping(split) === overlapping).map((split) => ({ split, seed, ...EXTENT.full }))),
  )
}

export const SPLIT_NOTES: readonly string[] = [
  `15 clients in 3 groups, MNIST dealt as in the authors' library: each draws N / 15 pictures of its group's classes with replacement, repetitions collapse, 30 % are kept for its test. In full N = ${EXTENT.full.pictures} (about 2,500 to 2,700 to train on), quick N = ${EXTENT.quick.pictures} (about 600).`,
  `Not the authors' network but the MLP 784-128-10, plain SGD with step ${TRAIN.learningRate}, ${TRAIN.steps} local steps of ${TRAIN.batchSize} a round (theirs: 3 epochs), ${EXTENT.full.rounds} rounds (theirs: 50). Level sealed, view rows, sketches of 1,024 numbers. Rounds count from 0, as theirs.`,
]

export interface Clustered {
  readonly method: string
  /** Adjusted Rand index of the clusters that the method makes of the rows at HDBSCAN's trigger. */
  readonly ari: number
  readonly clusters: number
  /** At the end of a federation that uses the method; null where none was run. */
  readonly personal: Scores | null
}

export interface SplitRun {
  /** Means over the clients. */
  readonly trainPictures: number
  readonly testPictures: number
  readonly ocfl: {
    /** The round in which clusters were found; null if never. */
    readonly trigger: number | null
    /** After each round: adjusted Rand index against the truth (0 while there is one cluster), and accuracy on the clients' own test pictures. */
    readonly ari: readonly number[]
    readonly accuracies: readonly number[]
    readonly clusters: number
    readonly silhouette: number | null
    readonly contrast: number | null
    readonly personal: Scores
    readonly general: Scores
  }
  readonly fedavg: { readonly accuracies: readonly number[]; readonly personal: Scores; readonly general: Scores }
  readonly oracle: { readonly personal: Scores; readonly general: Scores }
  readonly local: Scores
  readonly clusterers: readonly Clustered[]
  /** Round by round where clusters are never made: from whole updates, from sketches of 1,024 numbers, and from such of 64. */
  readonly temperatures: { readonly whole: readonly number[]; readonly sketched: readonly number[]; readonly moments: readonly number[] }
  readonly sketchError: SketchError
}

const accuraciesOf = (rounds: readonly { readonly metrics: { readonly accuracy: number | null } }[]): number[] =>
  rounds.map(({ metrics }) => rounded(metrics.accuracy ?? 0))

/** OCFL with HDBSCAN, what the other clusterers make of the same rows, and what it is held against: one split of the data, one seed. */
export async function runClassSplit({ split, seed, rounds, pictures }: SplitParameters, signal: AbortSignal): Promise<SplitRun> {
  const seedText = deriveSeed(String(seed), 'class-splits', split)
  const { train, test } = await mnist()
  const rng = createRng(deriveSeed(seedText, 'data'))
  const pool = pictures >= train.count ? train : selectExamples(train, shuffled([...train.labels.keys()], rng).slice(0, pictures))
  const { clients, truth } = dealClassSplit(pool, { overlapping: isOverlapping(split), balanced: split.endsWith(' balanced'), clients: CLIENTS }, rng)
  const setting = { architecture: MLP, clients, train: TRAIN, rounds, seed: seedText, signal }

  let rows: readonly Float32Array[] = []
  const ocfl = await runFederation({
    ...setting,
    strategy: { name: 'ocfl', options: {} },
    view: 'rows',
    isMeasured: true,
    // Rows are asked for until clusters are found, so the last are those that they were found in.
    onTrained: (trained) => {
      if (trained.rows.length > 0) rows = trained.rows
    },
  })
  const ocflPersonal = meanOfScores(await personalScores(ocfl, clients))
  const trigger = ocfl.rounds.find(({ partition }) => Math.max(...partition) > 0)
  const last = ocfl.rounds.findLast(({ signals }) => signals.silhouette !== undefined)?.signals

  const sketches = watchSketches(deriveSeed(seedText, 'evidence'))
  const temperatures = { whole: [] as number[], sketched: [] as number[], moments: [] as number[] }
  const fedavg = await runFederation({
    ...setting,
    ...FEDAVG,
    isMeasured: true,
    onTrained: ({ updates, round }) => {
      sketches.hear(updates)
      const { length } = updates[0]
      temperatures.whole.push(temperatureOf(updates))
      temperatures.sketched.push(temperatureOf(sketched(updates, sketchOf(length, deriveSeed(seedText, 'temperature', round)))))
      temperatures.moments.push(temperatureOf(sketched(updates, sketchOf(length, deriveSeed(seedText, 'moments', round), MOMENTS_BUCKETS))))
    },
  })
  const oracle = await oracleClusters(setting, truth)

  const clusterers: Clustered[] = []
  for (const method of trigger === undefined ? [] : METHODS) {
    const { labels } = findClusters({
      rows,
      method,
      minClusterSize: MIN_CLUSTER_SIZE,
      clusters: TRUE_GROUPS,
      noise: 'nearest',
      seed: deriveSeed(seedText, method),
    })
    // A federation with these clusters is that with HDBSCAN's, if they are the same; others cost a run, which the quick extent does without.
    const isSame = adjustedRandIndex(labels, trigger?.partition ?? []) > 1 - 1e-9
    const options = { method, ...(method === 'k-means' ? { clusters: TRUE_GROUPS } : {}) }
    const own =
      isSame || pictures < EXTENT.full.pictures
        ? null
        : await runFederation({ ...setting, strategy: { name: 'ocfl', options }, view: 'rows', isMeasured: false })
    const personal = isSame ? ocflPersonal : own === null ? null : meanOfScores(await personalScores(own, clients))
    clusterers.push({ method, ari: rounded(adjustedRandIndex(labels, truth)), clusters: Math.max(...labels) + 1, personal })
  }

  return {
    trainPictures: rounded(mean(clients.map((client) => client.train.count))),
    testPictures: rounded(mean(clients.map((client) => client.test.count))),
    ocfl: {
      trigger: trigger?.round ?? null,
      ari: ocfl.rounds.map(({ partition }) => rounded(adjustedRandIndex(partition, truth))),
      accuracies: accuraciesOf(ocfl.rounds),
      clusters: ocfl.models.length,
      silhouette: last?.silhouette ?? null,
      contrast: last?.contrast ?? null,
      personal: ocflPersonal,
      general: await generalScores(ocfl, test),
    },
    fedavg: {
      accuracies: accuraciesOf(fedavg.rounds),
      personal: meanOfScores(await personalScores(fedavg, clients)),
      general: await generalScores(fedavg, test),
    },
    oracle: { personal: meanOfScores(await personalScores(oracle, clients)), general: await generalScores(oracle, test) },
    local: await localOnly(setting),
    clusterers,
    temperatures,
    sketchError: sketches.error(),
  }
}
