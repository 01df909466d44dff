import { defineExperiment, type Experiment } from '../experiment.ts'
import { meanSeries } from '../plot.ts'
import { runLabelSwap, SWAP_NOTES, SWAP_SOURCE, SWAP_VERSION, type SwapParameters, type SwapRound } from './label-swap.ts'

/** Examples per client; the paper has 100. */
const EXAMPLES = { full: 100, quick: 50 }
const LASTING_ROUNDS = 3
const LATEST_ROUND = 15

/** The first round, from 1, from which g > 0 for three rounds in a row; null if there is none. */
export function firstLastingRound(rounds: readonly Pick<SwapRound, 'gap'>[]): number | null {
  const index = rounds.findIndex(
    (_, start) => start + LASTING_ROUNDS <= rounds.length && rounds.slice(start, start + LASTING_ROUNDS).every(({ gap }) => gap > 0),
  )
  return index < 0 ? null : index + 1
}

const curve = (data: readonly SwapRound[], field: 'gap' | 'gradientGap' | 'cross') => data.map((round, index) => [index + 1, round[field]] as const)

/** Figure 6 of Sattler 2019, MNIST: after how many rounds of plain FedAvg do updates tell the groups apart? */
export const separationByRound: Experiment = defineExperiment<SwapParameters, SwapRound[]>({
  id: 'S4',
  title: `MNIST label swap, ${EXAMPLES.full} examples a client (${EXAMPLES.quick} in a quick run): separation after each of 50 rounds (Fig. 6)`,
  notes: SWAP_NOTES,
  source: SWAP_SOURCE,
  version: SWAP_VERSION,
  parameters: ({ mode, seeds }) => seeds.map((seed) => ({ examples: EXAMPLES[mode], seed })),
  run: runLabelSwap,
  figures: [
    {
      name: `first round with g > 0 for ${LASTING_ROUNDS} rounds`,
      paper: 'about 10, then rising',
      tolerance: `<= ${LATEST_ROUND} in every seed`,
      judge: (finished) => {
        const firsts = finished.map(({ data }) => firstLastingRound(data))
        return { ours: firsts.map((round) => round ?? 'never').join(', '), isReached: firsts.every((round) => round !== null && round <= LATEST_ROUND) }
      },
    },
    {
      name: 'correct split whenever g > 0',
      paper: 'always',
      tolerance: 'always',
      judge: (finished) => {
        const separated = finished.flatMap(({ data }) => data).filter(({ gap }) => gap > 0)
        const wrong = separated.filter(({ isCorrect }) => !isCorrect).length
        return { ours: `${wrong} wrong of ${separated.length}`, isReached: wrong === 0 }
      },
    },
  ],
  plots: (finished) => [
    {
      title: 'Separation gap by round',
      xLabel: 'round of FedAvg',
      yLabel: 'separation gap g',
      caption: `The mean over the seeds from updates and from gradients, and each seed's own from updates.`,
      series: [
        meanSeries(
          'updates, mean',
          finished.map(({ data }) => curve(data, 'gap')),
        ),
        meanSeries(
          'gradients, mean',
          finished.map(({ data }) => curve(data, 'gradientGap')),
        ),
        ...finished.map(({ parameters, data }) => ({ name: `updates, seed ${parameters.seed}`, points: curve(data, 'gap') })),
      ],
    },
    {
      title: 'Largest cosine across the split by round',
      xLabel: 'round of FedAvg',
      yLabel: 'cross cosine',
      caption: 'Of updates, over the pairs that the best split separates.',
      series: finished.map(({ parameters, data }) => ({ name: `seed ${parameters.seed}`, points: curve(data, 'cross') })),
    },
  ],
})
