import { defineExperiment, type Experiment, type Figure, type Finished, type Judgement } from '../experiment.ts'
import { meanSeries, type Plot } from '../plot.ts'
import { mean } from '../setting.ts'
import {
  isOverlapping,
  runClassSplit,
  SPLIT_NOTES,
  SPLIT_SOURCE,
  SPLIT_VERSION,
  SPLITS,
  type Split,
  type SplitParameters,
  type SplitRun,
  splitParameters,
} from './class-splits.ts'

type Run = Finished<SplitParameters, SplitRun>
type SplitFigure = Figure<SplitParameters, SplitRun>

/** Published time-means, and the round of the trigger, of HDBSCAN on MNIST with 15 clients. */
const PAPER_TRIGGER = 2
const PAPER_ROUNDS = 50
const LATEST_TRIGGER = 6
const SHARE_OF_SEEDS = 0.8
const LEAST_MEAN_ARI = 0.9
const EXACT = 1 - 1e-9

const shown = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(' ')
const finalAri = ({ data }: Run): number => data.ocfl.ari[data.ocfl.ari.length - 1]

const triggerFigure = (split: Split): SplitFigure => ({
  name: `${split}: round of the trigger`,
  paper: String(PAPER_TRIGGER),
  tolerance: `1 to ${LATEST_TRIGGER}, in every seed`,
  isAbout: (parameters) => parameters.split === split,
  judge: (finished) => ({
    ours: finished.map(({ data }) => data.ocfl.trigger ?? 'never').join(' '),
    isReached: finished.every(({ data: { ocfl } }) => ocfl.trigger !== null && ocfl.trigger >= 1 && ocfl.trigger <= LATEST_TRIGGER),
  }),
})

const ariFigure = (split: Split): SplitFigure => ({
  name: `${split}: final adjusted Rand index`,
  paper: '1.00',
  tolerance: isOverlapping(split) ? `mean >= ${LEAST_MEAN_ARI}` : `1.00 in ${SHARE_OF_SEEDS * 5} of 5 seeds`,
  isAbout: (parameters) => parameters.split === split,
  judge: (finished) => {
    const values = finished.map(finalAri)
    return {
      ours: `${shown(values)} (clusters ${finished.map(({ data }) => data.ocfl.clusters).join(' ')})`,
      isReached: isOverlapping(split) ? mean(values) >= LEAST_MEAN_ARI : values.filter((value) => value >= EXACT).length >= SHARE_OF_SEEDS * values.length,
    }
  },
})

/** As published under "RAND": its mean over 50 rounds, of which rounds before the trigger count 0. */
const timeMean = (ari: readonly number[], rounds: number): number => mean(Array.from({ length: rounds }, (_, round) => ari[Math.min(round, ari.length - 1)]))

const timeMeanFigure = (split: Split): SplitFigure => ({
  name: `${split}: adjusted Rand index, mean over ${PAPER_ROUNDS} rounds`,
  paper: '0.96',
  tolerance: `mean >= ${1 - LATEST_TRIGGER / PAPER_ROUNDS}, as if right from round ${LATEST_TRIGGER} on`,
  isAbout: (parameters) => parameters.split === split,
  judge: (finished) => {
    const extrapolated = mean(finished.map(({ data }) => timeMean(data.ocfl.ari, PAPER_ROUNDS)))
    const run = mean(finished.map(({ data }) => mean(data.ocfl.ari)))
    return {
      ours: `${extrapolated.toFixed(3)}, the last partition standing for the rounds not run; ${run.toFixed(3)} over those run`,
      isReached: extrapolated >= 1 - LATEST_TRIGGER / PAPER_ROUNDS,
    }
  },
})

/** Final values of the published runs on MNIST and FMNIST (ocfl.md 8); of affinity propagation there is none, its published call has the wrong sign. */
const CLUSTERERS = [
  { method: 'k-means', name: 'k-means, told that there are 3', paper: '1.00', least: 0.9 },
  { method: 'affinity-propagation', name: 'affinity propagation, of negated distances', paper: '- (published with the wrong sign)', least: 0.9 },
  { method: 'mean-shift', name: 'mean shift', paper: '0.74 to 1.00', least: 0.7 },
]

const clustererFigure = ({ method, name, paper, least }: (typeof CLUSTERERS)[number]): SplitFigure => ({
  name: `${name}: adjusted Rand index on the trigger's rows`,
  paper,
  tolerance: `mean over all splits >= ${least}`,
  judge: (finished): Judgement => {
    const values = finished.map(({ data }) => data.clusterers.find((found) => found.method === method)?.ari ?? 0)
    const bySplit = SPLITS.flatMap((split) => {
      const own = finished
        .filter(({ parameters }) => parameters.split === split)
        .flatMap(({ data }) => data.clusterers.filter((found) => found.method === method))
      if (own.length === 0) return []
      const f1 = own.flatMap(({ personal }) => personal?.f1 ?? [])
      const words = f1.length === 0 ? 'not run' : `${mean(f1).toFixed(3)}${f1.length < own.length ? ` in ${f1.length} of ${own.length}` : ''}`
      return [`${split} ${shown(own.map(({ ari }) => ari))} (personal F1 ${words})`]
    })
    return { ours: `mean ${mean(values).toFixed(3)}: ${bySplit.join('; ')}`, isReached: mean(values) >= least }
  },
})

function plotsOf(finished: readonly Run[]): Plot[] {
  return [
    {
      title: 'Adjusted Rand index by round, OCFL with HDBSCAN',
      xLabel: 'round',
      yLabel: 'adjusted Rand index',
      caption: 'Against the true groups, mean over the seeds; 0 while there is one cluster.',
      series: SPLITS.flatMap((split) => {
        const curves = finished
          .filter(({ parameters }) => parameters.split === split)
          .map(({ data }) => data.ocfl.ari.map((value, round) => [round, value] as const))
        return curves.length === 0 ? [] : [meanSeries(split, curves)]
      }),
    },
  ]
}

/** Tables of Zuziak 2025: the clusters that are found, and when. */
export const foundClusters: Experiment = defineExperiment<SplitParameters, SplitRun>({
  id: 'clusters',
  title: 'MNIST, 15 clients, four splits: trigger and clusters',
  notes: [
    ...SPLIT_NOTES,
    'Until the trigger all clusterers see the same federation, so HDBSCAN runs as a federation and the others cluster the rows of its trigger. Where their clusters are the same, so is the rest of the run; where not, a federation with that clusterer is run (quick: not run).',
  ],
  source: SPLIT_SOURCE,
  version: SPLIT_VERSION,
  parameters: splitParameters,
  run: runClassSplit,
  figures: [...SPLITS.flatMap((split) => [triggerFigure(split), ariFigure(split), timeMeanFigure(split)]), ...CLUSTERERS.map(clustererFigure)],
  plots: plotsOf,
})
