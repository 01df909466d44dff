import { bipartition } from '@shoal/clustering'
import { drawPermutations, LABEL_PAIRS, type LabelledImages, permuteLabels, plantGroups, swapLabels } from '@shoal/data'
import { createRng, deriveSeed, norm, type Rng } from '@shoal/numeric'
import { defineExperiment, type Experiment, type Finished } from '../experiment.ts'
import { meanSeries, type Plot } from '../plot.ts'
import { MLP, meanOf, mnist, rounded, TRAIN } from '../setting.ts'
import { sketched, sketchOf } from '../sketch-error.ts'
import { FEDAVG, runFederation } from '../watched-federation.ts'

const CLASSES = 10
const ROUNDS = { full: 24, quick: 16 }
const SMALLEST_PART = 3

/** The grid, of which the default is one. A gamma of 0 is no test. */
const RATIOS = [0.2, 0.25, 0.3, 0.35, 0.4]
const GAMMAS = [0, 0.6, 0.72, 0.8]
const DEFAULT = { ratio: 0.3, gamma: 0.72 }
type Setting = typeof DEFAULT
const GRID: readonly Setting[] = GAMMAS.flatMap((gamma) => RATIOS.map((ratio) => ({ ratio, gamma })))

type Transformations = readonly ((set: LabelledImages) => LabelledImages)[]
interface Population {
  readonly groups: (rng: Rng) => Transformations
  readonly clientsPerGroup: number
  readonly pictures: number
}

const swaps = (count: number) => (): Transformations => LABEL_PAIRS.slice(0, count).map((pair) => (set) => swapLabels(set, [pair]))
const alike = (): Transformations => [(set) => set]
const permutations = (rng: Rng): Transformations => drawPermutations(4, CLASSES, rng).map((permutation) => (set) => permuteLabels(set, permutation))

/** Who takes part: planted groups, and clients who are all alike, with many pictures and with few. */
const POPULATIONS = {
  'demo: 3 swaps x 5': { groups: swaps(3), clientsPerGroup: 5, pictures: 1000 },
  '2 swaps x 5': { groups: swaps(2), clientsPerGroup: 5, pictures: 1000 },
  'S7: 4 permutations x 5': { groups: permutations, clientsPerGroup: 5, pictures: 1000 },
  '15 alike': { groups: alike, clientsPerGroup: 15, pictures: 1000 },
  '15 alike, 100 pictures': { groups: alike, clientsPerGroup: 15, pictures: 100 },
  '40 alike': { groups: alike, clientsPerGroup: 40, pictures: 500 },
} as const satisfies Record<string, Population>
type PopulationName = keyof typeof POPULATIONS
const NAMES = Object.keys(POPULATIONS) as PopulationName[]
const isPlanted = (population: PopulationName): boolean => !population.includes('alike')

type Parameters = { readonly population: PopulationName; readonly seed: number; readonly rounds: number }

/** What the rule would see in a round, as long as nothing was cut before. */
interface Sight {
  /** Norm of the mean update over the largest norm. */
  readonly ratio: number
  /** Of the best cut: the largest cosine across, the clients of its smaller part, and whether it mixes no group. */
  readonly cross: number
  readonly smaller: number
  readonly isRight: boolean
}
type Run = Finished<Parameters, readonly Sight[]>

async function run({ population, seed, rounds }: Parameters, signal: AbortSignal): Promise<Sight[]> {
  const seedText = deriveSeed(String(seed), 'default-rule', population)
  const { groups, clientsPerGroup, pictures }: Population = POPULATIONS[population]
  const { clients, truth } = plantGroups(await mnist(), {
    groups: groups(createRng(deriveSeed(seedText, 'groups'))),
    clientsPerGroup,
    trainPerClient: pictures,
    testPerClient: 10,
    rng: createRng(deriveSeed(seedText, 'data')),
  })
  const found: Sight[] = []
  await runFederation({
    ...FEDAVG,
    architecture: MLP,
    clients,
    train: TRAIN,
    rounds,
    seed: seedText,
    isMeasured: false,
    signal,
    onTrained: ({ updates, round }) => {
      const cut = bipartition(sketched(updates, sketchOf(updates[0].length, deriveSeed(seedText, 'sketch', round))))
      if (cut === null) throw new RangeError('updates without direction')
      const { sides, crossCosine } = cut
      const ones = sides.filter((side) => side === 1).length
      found.push({
        ratio: rounded(norm(meanOf(updates)) / Math.max(...updates.map(norm))),
        cross: rounded(crossCosine),
        smaller: Math.min(ones, sides.length - ones),
        isRight: truth.every((group, client) => truth.every((other, index) => group !== other || sides[client] === sides[index])),
      })
    },
  })
  return found
}

/** The first cut that the rule makes, if it makes any. */
function firstCut(sights: readonly Sight[], { ratio, gamma }: Setting): { readonly round: number; readonly isRight: boolean } | null {
  const bound = gamma === 0 ? Number.POSITIVE_INFINITY : 1 - 2 * gamma ** 2
  const round = sights.findIndex((sight) => sight.ratio < ratio && sight.cross < bound && sight.smaller >= SMALLEST_PART)
  return round < 0 ? null : { round, isRight: sights[round].isRight }
}

interface Tally {
  readonly right: number
  readonly wrong: number
  /** Mean round of the right cuts. */
  readonly meanRound: number
}

function tallyOf(finished: readonly Run[], setting: Setting): Tally {
  const cuts = finished.flatMap(({ data }) => firstCut(data, setting) ?? [])
  const right = cuts.filter(({ isRight }) => isRight)
  return { right: right.length, wrong: cuts.length - right.length, meanRound: right.reduce((sum, { round }) => sum + round, 0) / right.length }
}

const named = ({ ratio, gamma }: Setting): string => `${ratio.toFixed(2)}/${gamma === 0 ? 'no test' : gamma.toFixed(2)}`
const told = (finished: readonly Run[], setting: Setting): string => {
  const { right, wrong, meanRound } = tallyOf(finished, setting)
  return `${named(setting)}: ${right} right${right === 0 ? '' : ` (round ${meanRound.toFixed(1)})`}, ${wrong} wrong`
}

function plotsOf(finished: readonly Run[]): Plot[] {
  const curves = (of: (sight: Sight) => number) =>
    NAMES.flatMap((population) => {
      const own = finished.filter(({ parameters }) => parameters.population === population)
      if (own.length === 0) return []
      return [
        meanSeries(
          population,
          own.map(({ data }) => data.map((sight, round) => [round, of(sight)] as const)),
        ),
      ]
    })
  return [
    {
      title: 'When the rule looks: mean norm / largest norm, before any cut',
      xLabel: 'round',
      yLabel: 'mean norm / largest norm',
      caption: 'Mean over the seeds. Below 0.30 a cluster is examined. Noise alone takes m clients to about 1 / sqrt(m).',
      series: curves(({ ratio }) => ratio),
    },
    {
      title: 'What it sees: largest cosine across the best cut',
      xLabel: 'round',
      yLabel: 'cosine',
      caption: 'Mean over the seeds. A gamma of 0.72 refuses a cut above -0.04, one of 0.60 above 0.28, one of 0.80 above -0.28.',
      series: curves(({ cross }) => cross),
    },
  ]
}

/** How the default of CFL's norm ratio and gamma was found: every setting of a grid is judged by the same runs of FedAvg, which is what CFL does up to its first cut. */
export const defaultRule: Experiment = defineExperiment<Parameters, readonly Sight[]>({
  id: 'rule',
  title: 'The default rule: when is the first cut made, and is it right?',
  notes: [
    `MNIST, the MLP 784-128-10, plain SGD with step ${TRAIN.learningRate}, ${TRAIN.steps} local steps of ${TRAIN.batchSize}, ${ROUNDS.full} rounds (quick: ${ROUNDS.quick}). Up to its first cut CFL is FedAvg, so one run of FedAvg judges all settings: a pair of ratio and gamma. Cosines are those of sketches of 1,024 numbers, parts have ${SMALLEST_PART} clients or more. Rounds count from 0.`,
    'A right cut mixes no planted group. Among clients who are all alike every cut is wrong.',
    'This is the rule by rows. By sums the same ratio says when to look, and the explained share of the spread whether to cut; the control with homogeneous data covers both.',
  ],
  source: 'default-rule',
  version: 1,
  parameters: ({ mode, seeds }) =>
    (mode === 'quick' ? seeds.slice(0, 1) : seeds).flatMap((seed) =>
      (mode === 'quick' ? NAMES.slice(0, 1) : NAMES).map((population) => ({ population, seed, rounds: ROUNDS[mode] })),
    ),
  run,
  figures: [
    ...NAMES.map((population) => ({
      name: `first cut, ${population}`,
      paper: '-',
      tolerance: isPlanted(population) ? `${named(DEFAULT)}: right in every seed` : `${named(DEFAULT)}: none in any seed`,
      isAbout: (parameters: Parameters) => parameters.population === population,
      judge: (finished: readonly Run[]) => {
        const { right, wrong } = tallyOf(finished, DEFAULT)
        return {
          ours: GRID.map((setting) => told(finished, setting)).join('; '),
          isReached: wrong === 0 && right === (isPlanted(population) ? finished.length : 0),
        }
      },
    })),
    {
      name: 'the default beside the rest of the grid',
      paper: '-',
      tolerance: 'no other setting without a wrong cut makes more right ones',
      judge: (finished) => {
        const tallies = GRID.map((setting) => ({ setting, tally: tallyOf(finished, setting) }))
        const own = tallyOf(finished, DEFAULT)
        const faultless = tallies.filter(({ tally }) => tally.wrong === 0)
        return {
          ours: `${told(finished, DEFAULT)}; without a wrong cut: ${faultless.map(({ setting }) => told(finished, setting)).join('; ') || 'none'}`,
          isReached: own.wrong === 0 && faultless.every(({ tally }) => tally.right <= own.right),
        }
      },
    },
  ],
  plots: plotsOf,
})
