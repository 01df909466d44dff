import { plantGroups } from '@shoal/data'
import { createRng, deriveSeed } from '@shoal/numeric'
import { defineExperiment, type Experiment, type Figure, type Finished, type Plan } from '../experiment.ts'
import { meanSeries, type Plot } from '../plot.ts'
import { MLP, mnist, rounded, TRAIN } from '../setting.ts'
import { runFederation } from '../watched-federation.ts'

const CLIENTS = 15
const TRAIN_PICTURES = 1000
const TEST_PICTURES = 200
const ROUNDS = { full: 20, quick: 8 }
const VIEWS = ['rows', 'sums'] as const

type View = (typeof VIEWS)[number]
type Strategy = 'cfl' | 'ocfl'
type Parameters = { readonly strategy: Strategy; readonly view: View; readonly seed: number; readonly rounds: number }

interface HomogeneousRun {
  readonly clusters: number
  /** What the strategy watches, by round: mean norm / max norm, or the temperature. */
  readonly watched: readonly number[]
  /** What it measured whenever it looked for groups. */
  readonly attempts: readonly Attempt[]
  readonly accuracy: number
}

interface Attempt {
  readonly round: number
  /** As `cross-cosine`, `explained-share`, `silhouette`, `contrast`. */
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

type Run = Finished<Parameters, HomogeneousRun>

const WATCHED: Readonly<Record<Strategy, string>> = { cfl: 'ratio.0', ocfl: 'temperature' }
const EVIDENCE = ['cross-cosine', 'explained-share', 'silhouette', 'contrast']

/** Clients who all have the same kind of data: whoever finds groups among them has invented them. */
async function run({ strategy, view, seed, rounds }: Parameters, signal: AbortSignal): Promise<HomogeneousRun> {
  const seedText = deriveSeed(String(seed), 'homogeneous')
  const { clients } = plantGroups(await mnist(), {
    groups: [(set) => set],
    clientsPerGroup: CLIENTS,
    trainPerClient: TRAIN_PICTURES,
    testPerClient: TEST_PICTURES,
    rng: createRng(deriveSeed(seedText, 'data')),
  })
  const federation = await runFederation({
    architecture: MLP,
    clients,
    strategy: { name: strategy, options: {} },
    view,
    train: TRAIN,
    rounds,
    seed: seedText,
    isMeasured: true,
    signal,
  })
  return {
    clusters: federation.models.length,
    watched: federation.rounds.flatMap(({ signals }) => signals[WATCHED[strategy]] ?? []).map(rounded),
    attempts: federation.rounds.flatMap(({ round, signals, notes }): Attempt[] => {
      const found = Object.entries(signals).flatMap(([name, value]) =>
        EVIDENCE.includes(name.replace(/\.0$/, '')) ? [[name.replace(/\.0$/, ''), rounded(value)] as const] : [],
      )
      return notes.length === 0 && found.length === 0 ? [] : [{ round, signals: Object.fromEntries(found), notes }]
    }),
    accuracy: rounded(federation.rounds.at(-1)?.metrics.accuracy ?? 0),
  }
}

const span = (values: readonly number[]): string => (values.length === 0 ? 'none' : `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`)

const figureOf = (strategy: Strategy, view: View): Figure<Parameters, HomogeneousRun> => ({
  name: `no split, view ${view}`,
  paper: '-',
  tolerance: 'in every seed',
  isAbout: (parameters) => parameters.view === view,
  judge: (finished) => {
    const whole = finished.filter(({ data }) => data.clusters === 1).length
    const attempts = finished.flatMap(({ data }) => data.attempts)
    const watched =
      strategy === 'cfl'
        ? `least ratio ${finished.map(({ data }) => Math.min(...data.watched).toFixed(2)).join(' ')}`
        : `temperature ${span(finished.flatMap(({ data }) => data.watched))}`
    const evidence = EVIDENCE.flatMap((name) => {
      const values = attempts.flatMap(({ signals }) => signals[name] ?? [])
      return values.length === 0 ? [] : [`${name} ${span(values)}`]
    })
    return { ours: [`${whole} of ${finished.length}`, watched, `${attempts.length} attempts`, ...evidence].join('; '), isReached: whole === finished.length }
  },
})

function plotsOf(strategy: Strategy, finished: readonly Run[]): Plot[] {
  const label = strategy === 'cfl' ? 'mean norm / max norm' : 'temperature'
  return [
    {
      title: `Homogeneous data: ${label} by round`,
      xLabel: 'round',
      yLabel: label,
      caption: `Mean over the seeds. ${strategy === 'cfl' ? 'A cluster is examined below 0.30; noise alone takes 15 clients to about 1 / sqrt(15) = 0.26.' : 'It rises here as well: the silhouette decides that there is nothing to find.'}`,
      series: VIEWS.flatMap((view) => {
        const curves = finished
          .filter(({ parameters }) => parameters.view === view)
          .map(({ data }) => data.watched.map((value, round) => [round, value] as const))
        return curves.length === 0 ? [] : [meanSeries(`view ${view}`, curves)]
      }),
    },
  ]
}

/** The control of either strategy. No source has it. */
const homogeneous = (strategy: Strategy): Experiment =>
  defineExperiment<Parameters, HomogeneousRun>({
    id: 'homogeneous',
    title: `15 clients with the same kind of data: ${strategy.toUpperCase()} finds nothing to split`,
    notes: [
      `MNIST, ${TRAIN_PICTURES} pictures of all classes a client, the MLP 784-128-10, plain SGD with step ${TRAIN.learningRate}, ${TRAIN.steps} local steps of ${TRAIN.batchSize} a round, ${ROUNDS.full} rounds (quick: ${ROUNDS.quick}), the strategy's defaults.`,
    ],
    source: 'homogeneous',
    version: 1,
    parameters: ({ mode, seeds }: Plan) =>
      (mode === 'quick' ? seeds.slice(0, 1) : seeds).flatMap((seed) => VIEWS.map((view) => ({ strategy, view, seed, rounds: ROUNDS[mode] }))),
    run,
    figures: VIEWS.map((view) => figureOf(strategy, view)),
    plots: (finished) => plotsOf(strategy, finished),
  })

export const homogeneousCfl = homogeneous('cfl')
export const homogeneousOcfl = homogeneous('ocfl')
