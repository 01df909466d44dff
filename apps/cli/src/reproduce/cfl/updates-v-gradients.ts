import { defineExperiment, type Experiment, type Finished } from '../experiment.ts'
import { meanSeries } from '../plot.ts'
import { runLabelSwap, SWAP_NOTES, SWAP_SOURCE, SWAP_VERSION, type SwapParameters, type SwapRound } from './label-swap.ts'

const SIZES = { full: [20, 50, 100, 200], quick: [50] }

/** Mean over all rounds of all runs. */
const meanOver = (finished: readonly Finished<SwapParameters, SwapRound[]>[], by: 'gap' | 'gradientGap'): number => {
  const gaps = finished.flatMap(({ data }) => data.map((round) => round[by]))
  return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
}

/** Figures 5 and 6 of Sattler 2019 held against each other: cosines of updates, or of gradients? */
export const updatesVersusGradients: Experiment = defineExperiment<SwapParameters, SwapRound[]>({
  id: 'S5',
  title: 'separation by updates against separation by gradients, in the runs of S2 and S4',
  notes: SWAP_NOTES,
  source: SWAP_SOURCE,
  version: SWAP_VERSION,
  parameters: ({ mode, seeds }) => seeds.flatMap((seed) => SIZES[mode].map((examples) => ({ examples, seed }))),
  run: runLabelSwap,
  figures: [
    {
      name: 'mean g from updates > mean g from gradients',
      paper: 'updates better',
      tolerance: 'larger, over all rounds, sizes and seeds',
      judge: (finished) => {
        const [updates, gradients] = [meanOver(finished, 'gap'), meanOver(finished, 'gradientGap')]
        return { ours: `${updates.toFixed(3)} against ${gradients.toFixed(3)}`, isReached: updates > gradients }
      },
    },
  ],
  plots: (finished) => {
    const sizes = [...new Set(finished.map(({ parameters }) => parameters.examples))].sort((left, right) => left - right)
    return [
      {
        title: 'Lead of updates over gradients by round',
        xLabel: 'round of FedAvg',
        yLabel: 'g from updates - g from gradients',
        caption: 'Mean over the seeds, a curve per number of examples a client.',
        series: sizes.map((examples) =>
          meanSeries(
            `${examples} examples`,
            finished
              .filter(({ parameters }) => parameters.examples === examples)
              .map(({ data }) => data.map((round, index) => [index + 1, round.gap - round.gradientGap] as const)),
          ),
        ),
      },
    ]
  },
})
