import { adjustedRandIndex, purity } from '@shoal/clustering'
import { drawPermutations, permuteLabels, plantGroups, type Transformation } from '@shoal/data'
import { createRng, deriveSeed } from '@shoal/numeric'
import { localOnly, oracleClusters } from '../baselines.ts'
import { defineExperiment, type Experiment, type Finished, type Judgement } from '../experiment.ts'
import { meanSeries } from '../plot.ts'
import { meanOfScores, personalScores } from '../scores.ts'
import { separationOf } from '../separation.ts'
import { MLP, mean, mnist, rounded, TRAIN } from '../setting.ts'
import { type SketchError, watchSketches } from '../sketch-error.ts'
import { FEDAVG, runFederation, type TrainedRound, type WatchedFederation } from '../watched-federation.ts'

const CLASSES = 10
const GROUPS = 4
const CLIENTS_PER_GROUP = 5
const TEST_PICTURES = 200
const EXTENT = { full: { rounds: 36, pictures: 1000 }, quick: { rounds: 20, pictures: 500 } }
/** After the same shares of the run as in the paper, which splits in rounds 50, 100 and 150 of 200. */
const scheduleOf = (rounds: number): number[] => [1, 2, 3].map((quarter) => (quarter * rounds) / 4)

const ARMS = ['rows', 'fedavg', 'sums', 'schedule', 'oracle', 'local'] as const
type Arm = (typeof ARMS)[number]
const ARM_NAMES: Readonly<Record<Arm, string>> = {
  rows: 'CFL, view rows',
  sums: 'CFL, view sums',
  schedule: 'CFL, splitEvery',
  fedavg: 'FedAvg',
  oracle: 'oracle clusters',
  local: 'local only',
}
const FEDERATIONS: Readonly<Record<'rows' | 'fedavg' | 'sums' | 'schedule', (rounds: number) => Pick<WatchedFederation, 'strategy' | 'view'>>> = {
  rows: () => ({ strategy: { name: 'cfl', options: {} }, view: 'rows' }),
  sums: () => ({ strategy: { name: 'cfl', options: {} }, view: 'sums' }),
  schedule: (rounds) => ({ strategy: { name: 'cfl', options: { splitEvery: scheduleOf(rounds) } }, view: 'rows' }),
  fedavg: () => FEDAVG,
}

type Parameters = { readonly arm: Arm; readonly seed: number; readonly rounds: number; readonly pictures: number }

interface ArmRun {
  /** Accuracy on the clients' own test pictures at the end. */
  readonly accuracy: number
  /** The same after each round; empty where clusters were given or nobody else takes part. */
  readonly accuracies: readonly number[]
  /** Rounds after which there were more clusters than before, with their number. */
  readonly splits: readonly { readonly round: number; readonly clusters: number }[]
  readonly clusters: number
  readonly ari: number
  readonly purity: number
  /** g of each cluster's updates in the last round. */
  readonly gaps: readonly number[]
  readonly sketchError: SketchError | null
}

type Run = Finished<Parameters, ArmRun>

async function run({ arm, seed, rounds, pictures }: Parameters, signal: AbortSignal): Promise<ArmRun> {
  const seedText = deriveSeed(String(seed), 'permuted-labels')
  const permutations = drawPermutations(GROUPS, CLASSES, createRng(deriveSeed(seedText, 'permutations')))
  const { clients, truth } = plantGroups(await mnist(), {
    groups: permutations.map(
      (permutation): Transformation =>
        (set) =>
          permuteLabels(set, permutation),
    ),
    clientsPerGroup: CLIENTS_PER_GROUP,
    trainPerClient: pictures,
    testPerClient: TEST_PICTURES,
    rng: createRng(deriveSeed(seedText, 'data')),
  })
  const setting = { architecture: MLP, clients, train: TRAIN, rounds, seed: seedText, signal }
  const nothing = { accuracies: [], splits: [], gaps: [], sketchError: null }
  if (arm === 'local') return { ...nothing, accuracy: (await localOnly(setting)).accuracy, clusters: clients.length, ari: 0, purity: 1 }
  if (arm === 'oracle') {
    const { accuracy } = meanOfScores(await personalScores(await oracleClusters(setting, truth), clients))
    return { ...nothing, accuracy, clusters: GROUPS, ari: 1, purity: 1 }
  }

  const sketches = watchSketches(deriveSeed(seedText, 'evidence'))
  let last: TrainedRound | null = null
  const federation = await runFederation({
    ...setting,
    ...FEDERATIONS[arm](rounds),
    isMeasured: true,
    onTrained: (trained) => {
      sketches.hear(trained.updates)
      last = trained
    },
  })
  const counts = federation.rounds.map(({ partition }) => Math.max(...partition) + 1)
  return {
    accuracy: meanOfScores(await personalScores(federation, clients)).accuracy,
    accuracies: federation.rounds.map(({ metrics }) => rounded(metrics.accuracy ?? 0)),
    splits: counts.flatMap((clusters, round) => (clusters > (counts[round - 1] ?? 1) ? [{ round, clusters }] : [])),
    clusters: federation.models.length,
    ari: rounded(adjustedRandIndex(federation.partition, truth)),
    purity: rounded(purity(federation.partition, truth)),
    gaps: last === null ? [] : gapsOf(last, truth),
    sketchError: sketches.error(),
  }
}

/** The separation gap inside each cluster; of clusters of one client there is none. */
function gapsOf({ updates, clusters }: TrainedRound, truth: readonly number[]): number[] {
  return [...new Set(clusters)]
    .sort((left, right) => left - right)
    .flatMap((cluster) => {
      const members = [...clusters.keys()].filter((client) => clusters[client] === cluster)
      const separation = separationOf(
        members.map((client) => updates[client]),
        members.map((client) => truth[client]),
      )
      return separation === null ? [] : [rounded(separation.gap)]
    })
}

const isOf =
  (...arms: Arm[]) =>
  ({ arm }: Parameters): boolean =>
    arms.includes(arm)
const of = (finished: readonly Run[], arm: Arm): readonly Run[] => finished.filter(({ parameters }) => parameters.arm === arm)
const accuraciesOf = (finished: readonly Run[], arm: Arm): readonly number[] => of(finished, arm).map(({ data }) => data.accuracy)
const shown = (values: readonly number[], digits = 2): string => values.map((value) => value.toFixed(digits)).join(' ')

const isRight = ({ data }: Run): boolean => data.clusters === GROUPS && data.ari > 1 - 1e-9

const clustersFigure = (arm: 'rows' | 'sums' | 'schedule') => ({
  name: `${ARM_NAMES[arm]}: clusters`,
  paper: '4, all pure; splits in rounds 50, 100, 150',
  tolerance: 'all 4 groups, every cluster pure, no further split, in every seed',
  isAbout: isOf(arm),
  judge: (finished: readonly Run[]): Judgement => ({
    ours:
      `${finished.filter(isRight).length} of ${finished.length} seeds: ` +
      finished
        .map(({ data }) => `${data.clusters} (purity ${data.purity.toFixed(2)}, splits ${data.splits.map(({ round }) => round).join(' ') || 'none'})`)
        .join('; '),
    isReached: finished.every(isRight),
  }),
})

const accuracyFigure = (arm: 'rows' | 'sums' | 'schedule') => ({
  name: `${ARM_NAMES[arm]}: final accuracy over FedAvg's`,
  paper: '3 (60 % after 20 %)',
  tolerance: '>= 2 in every seed',
  isAbout: isOf(arm, 'fedavg'),
  judge: (finished: readonly Run[]): Judgement => {
    const ratios = of(finished, arm).map(
      ({ parameters, data }) => data.accuracy / (of(finished, 'fedavg').find((other) => other.parameters.seed === parameters.seed)?.data.accuracy ?? 1),
    )
    return { ours: `${shown(ratios)}; accuracy ${shown(accuraciesOf(finished, arm), 3)}`, isReached: ratios.every((ratio) => ratio >= 2) }
  },
})

/** Figure 8 of Sattler 2019, on MNIST and a model of a browser's size. */
export const permutedLabels: Experiment = defineExperiment<Parameters, ArmRun>({
  id: 'S7',
  title: 'MNIST with permuted labels, 20 clients in 4 groups of 5 (Fig. 8)',
  notes: [
    `The paper has CIFAR-10 and a 5-layer CNN of which it gives no shape. Here: MNIST, the MLP 784-128-10, ${EXTENT.full.pictures} pictures a client (quick: ${EXTENT.quick.pictures}), plain SGD with step ${TRAIN.learningRate}, ${TRAIN.steps} local steps of ${TRAIN.batchSize} a round, ${EXTENT.full.rounds} rounds (quick: ${EXTENT.quick.rounds}). The figures compare in shape, not in number.`,
    'Each group has a permutation of the 10 labels of its own, and no two groups call a class alike: the best that one model can reach for all is an accuracy of 0.25.',
    "CFL runs with its defaults; 'splitEvery' replays splits after a quarter, a half and three quarters of the run, as the paper shows them, and the test of gamma still applies. Rounds count from 0.",
  ],
  source: 'permuted-labels',
  version: 1,
  parameters: ({ mode, seeds }) =>
    mode === 'quick'
      ? (['rows', 'fedavg'] as const).map((arm) => ({ arm, seed: seeds[0], ...EXTENT.quick }))
      : seeds.flatMap((seed) => ARMS.map((arm) => ({ arm, seed, ...EXTENT.full }))),
  run,
  figures: [
    {
      name: 'FedAvg stalls: accuracy at the end',
      paper: 'about 20 %',
      tolerance: '<= 30 % in every seed',
      isAbout: isOf('fedavg'),
      judge: (finished) => ({ ours: shown(accuraciesOf(finished, 'fedavg'), 3), isReached: finished.every(({ data }) => data.accuracy <= 0.3) }),
    },
    clustersFigure('rows'),
    accuracyFigure('rows'),
    clustersFigure('sums'),
    accuracyFigure('sums'),
    clustersFigure('schedule'),
    accuracyFigure('schedule'),
    {
      name: 'g at the end, largest over all clusters (view rows)',
      paper: '< 0 in every cluster',
      tolerance: '< 0 in every cluster',
      isAbout: isOf('rows'),
      judge: (finished) => {
        const largest = finished.map(({ data }) => Math.max(...data.gaps))
        return { ours: shown(largest), isReached: largest.every((gap) => gap < 0) }
      },
    },
    {
      name: 'CFL (rows) beside its bounds',
      paper: '-',
      tolerance: 'above local only, at most 0.03 below oracle clusters (mean)',
      isAbout: isOf('rows', 'local', 'oracle'),
      judge: (finished) => {
        const arms = (['rows', 'local', 'oracle'] as const).map((arm) => accuraciesOf(finished, arm))
        if (arms.some(({ length }) => length === 0)) return null
        const [own, local, oracle] = arms.map(mean)
        return { ours: `CFL ${own.toFixed(3)}, local only ${local.toFixed(3)}, oracle ${oracle.toFixed(3)}`, isReached: own > local && own >= oracle - 0.03 }
      },
    },
    {
      name: 'cosines from sketches of 1,024 numbers: error',
      paper: '-',
      tolerance: 'root mean square <= 1 / sqrt(1024) = 0.031',
      isAbout: isOf('rows', 'sums', 'schedule', 'fedavg'),
      judge: (finished) => {
        const errors = finished.flatMap(({ data }) => data.sketchError ?? [])
        const rms = Math.sqrt(mean(errors.map((error) => error.rms ** 2)))
        return {
          ours: `rms ${rms.toFixed(4)}, largest ${Math.max(...errors.map(({ max }) => max)).toFixed(3)} of ${errors.reduce((sum, { pairs }) => sum + pairs, 0)} pairs`,
          isReached: rms <= 1 / 32,
        }
      },
    },
  ],
  plots: (finished) => {
    const first = of(finished, 'rows')[0]
    return [
      {
        title: 'Accuracy by round, permuted labels',
        xLabel: 'round',
        yLabel: "accuracy on the clients' own test pictures",
        caption: `Mean over the seeds; the marks are the splits of ${ARM_NAMES.rows} with seed ${first?.parameters.seed ?? '-'}, with the number of clusters after each.`,
        ...(first === undefined ? {} : { marks: first.data.splits.map(({ round, clusters }) => ({ x: round, label: String(clusters) })) }),
        series: (['rows', 'sums', 'schedule', 'fedavg'] as const).flatMap((arm) => {
          const curves = of(finished, arm).map(({ data }) => data.accuracies.map((accuracy, round) => [round, accuracy] as const))
          return curves.length === 0 ? [] : [meanSeries(ARM_NAMES[arm], curves)]
        }),
      },
    ]
  },
})
