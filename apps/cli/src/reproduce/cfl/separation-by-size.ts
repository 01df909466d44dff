import { defineExperiment, type Experiment, type Finished, type Judgement } from '../experiment.ts'
import { meanSeries } from '../plot.ts'
import { isSeparated, lateGap, runLabelSwap, SWAP_NOTES, SWAP_SOURCE, SWAP_VERSION, type SwapParameters, type SwapRound } from './label-swap.ts'

/** Those that are judged come first. */
const SIZES = { full: [50, 20, 100, 10, 200], quick: [50, 20] }

type Run = Finished<SwapParameters, SwapRound[]>

const separatedFigure = (examples: number, share: number) => ({
  name: `g > 0 at the end of 50 rounds, ${examples} examples a client`,
  paper: 'yes (from 20 examples on)',
  tolerance: `in ${share * 100} % of the seeds (${share * 5} of 5)`,
  isAbout: (parameters: SwapParameters) => parameters.examples === examples,
  judge: (finished: readonly Run[]): Judgement => {
    const separated = finished.filter(({ data }) => isSeparated(data)).length
    return {
      ours: `${separated} of ${finished.length}: g ${finished.map(({ data }) => lateGap(data, 'gap').toFixed(3)).join(' ')}`,
      isReached: separated >= share * finished.length,
    }
  },
})

/** Figure 5 of Sattler 2019, MNIST: how much data does it take to tell the groups apart? */
export const separationBySize: Experiment = defineExperiment<SwapParameters, SwapRound[]>({
  id: 'S2',
  title: 'MNIST label swap, 4 groups of 5: separation by examples per client (Fig. 5)',
  notes: SWAP_NOTES,
  source: SWAP_SOURCE,
  version: SWAP_VERSION,
  parameters: ({ mode, seeds }) => SIZES[mode].flatMap((examples) => seeds.map((seed) => ({ examples, seed }))),
  run: runLabelSwap,
  figures: [
    separatedFigure(50, 0.8),
    separatedFigure(20, 0.6),
    {
      name: 'g grows with the examples per client',
      paper: 'yes',
      tolerance: 'mean over seeds: largest size > smallest',
      judge: (finished) => {
        const sizes = [...new Set(finished.map(({ parameters }) => parameters.examples))].sort((left, right) => left - right)
        const means = sizes.map((examples) => meanGap(finished, examples, 'gap'))
        return {
          ours: sizes.map((examples, index) => `${examples}: ${means[index].toFixed(3)}`).join(', '),
          isReached: sizes.length > 1 && means[means.length - 1] > means[0],
        }
      },
    },
  ],
  plots: (finished) => {
    const sizes = [...new Set(finished.map(({ parameters }) => parameters.examples))].sort((left, right) => left - right)
    const seeds = [...new Set(finished.map(({ parameters }) => parameters.seed))]
    return [
      {
        title: 'Separation gap by examples per client',
        xLabel: 'examples per client',
        yLabel: 'separation gap g',
        scale: { x: 'log' },
        caption: 'Mean of the last ten of 50 rounds of FedAvg; the means over the seeds, and each seed alone from updates.',
        series: [
          { name: 'updates, mean', points: sizes.map((examples) => [examples, meanGap(finished, examples, 'gap')] as const) },
          { name: 'gradients, mean', points: sizes.map((examples) => [examples, meanGap(finished, examples, 'gradientGap')] as const) },
          ...seeds.map((seed) => ({
            name: `updates, seed ${seed}`,
            points: finished
              .filter(({ parameters }) => parameters.seed === seed)
              .map(({ parameters, data }) => [parameters.examples, lateGap(data, 'gap')] as const)
              .sort(([left], [right]) => left - right),
          })),
        ],
      },
    ]
  },
})

function meanGap(finished: readonly Run[], examples: number, by: 'gap' | 'gradientGap'): number {
  const own = finished.filter(({ parameters }) => parameters.examples === examples)
  return meanSeries('', [own.map(({ data }) => [0, lateGap(data, by)] as const)]).points[0][1]
}
