import { defineExperiment, type Experiment, type Figure, type Finished, type Plan } from '../experiment.ts'
import { meanSeries } from '../plot.ts'
import { mean } from '../setting.ts'
import { EXTENTS, runShift, SHIFT_SOURCE, SHIFT_VERSION, type ShiftParameters, type ShiftRun } from './shift-run.ts'

const SHIFTS = [
  { shift: 'px', level: 3 },
  { shift: 'py', level: 6 },
  { shift: 'pyx', level: 2 },
] as const
const METHODS = ['flux', 'fedavg'] as const
const CLIENTS = 10
const FOLDS = { quick: 1, full: 2 }
const LEAST_GAIN = 3
const LEAST_ARI = 0.8

type Run = Finished<ShiftParameters, ShiftRun>

const parametersOf = ({ mode, seeds }: Plan): ShiftParameters[] =>
  seeds
    .slice(0, FOLDS[mode])
    .flatMap((fold) =>
      SHIFTS.flatMap(({ shift, level }) => METHODS.map((method) => ({ shift, level, fold, method, clients: CLIENTS, extent: 'small' as const }))),
    )

const of = (finished: readonly Run[], method: string, shift?: string): Run[] =>
  finished.filter(({ parameters }) => parameters.method === method && (shift === undefined || parameters.shift === shift))
const percent = (runs: readonly Run[], score: 'known' | 'test'): number => 100 * mean(runs.map(({ data }) => data[score]))

const gainFigure = (score: 'known' | 'test', words: string): Figure<ShiftParameters, ShiftRun> => ({
  name: `FLUX above FedAvg, ${words}, mean over the three shifts`,
  paper: '>= 5 points over all levels in the full setting',
  tolerance: `>= ${LEAST_GAIN} points`,
  judge: (finished) => {
    const gain = percent(of(finished, 'flux'), score) - percent(of(finished, 'fedavg'), score)
    const each = SHIFTS.map(
      ({ shift, level }) =>
        `${shift}${level} ${percent(of(finished, 'flux', shift), score).toFixed(1)} after ${percent(of(finished, 'fedavg', shift), score).toFixed(1)}`,
    )
    return { ours: `${gain.toFixed(1)} points (${each.join('; ')})`, isReached: gain >= LEAST_GAIN }
  },
})

const ariFigure: Figure<ShiftParameters, ShiftRun> = {
  name: 'px3: adjusted Rand index of the clusters, elbow+floor',
  paper: '-',
  tolerance: `>= ${LEAST_ARI}, mean over the folds`,
  isAbout: ({ shift, method }) => shift === 'px' && method === 'flux',
  judge: (finished) => {
    const values = finished.map(({ data }) => data.ari)
    return {
      ours: `${mean(values).toFixed(2)} (${values.map((value) => value.toFixed(2)).join(' ')}; K ${finished.map(({ data }) => `${data.clusters} of ${data.trueClusters}`).join(', ')})`,
      isReached: mean(values) >= LEAST_ARI,
    }
  },
}

/** The short acceptance run of flux.md 7.4. */
export const acceptance: Experiment = defineExperiment<ShiftParameters, ShiftRun>({
  id: 'acceptance',
  title: 'MNIST, 10 clients of 600 pictures, 6 rounds: px3, py6, pyx2',
  notes: [
    `LeNet-5 with three channels, 480 pictures of each client to train on and 120 for its validation, 100 test pictures shifted alike; ${EXTENTS.small.epochs} epochs of ${EXTENTS.small.batchSize} a round with step ${EXTENTS.small.learningRate} and momentum 0.9: smaller batches and larger steps than the authors', who have ten times the pictures. Clusters are looked for after ${EXTENTS.small.clusterAt} rounds.`,
    'Known: a client is served by the cluster that it trained in. Found: by the one that its test pictures find by their fingerprint, labels unseen, as a newcomer would.',
  ],
  source: SHIFT_SOURCE,
  version: SHIFT_VERSION,
  parameters: parametersOf,
  run: runShift,
  figures: [gainFigure('known', 'known'), gainFigure('test', 'found'), ariFigure],
  plots: (finished) =>
    SHIFTS.flatMap(({ shift, level }) => {
      const own = finished.filter(({ parameters }) => parameters.shift === shift)
      if (own.length === 0) return []
      return [
        {
          title: `Accuracy by round, ${shift}${level}`,
          xLabel: 'round',
          yLabel: "accuracy on the clients' validation pictures",
          caption: 'Mean over the folds.',
          series: METHODS.flatMap((method) => {
            const curves = of(own, method).map(({ data }) => data.accuracies.map((value, round) => [round, value] as const))
            return curves.length === 0 ? [] : [meanSeries(method, curves)]
          }),
        },
      ]
    }),
})
