import type { RoundSummary } from '@shoal/protocol'
import type { ChartTable, Reading, Series } from '@shoal/ui'
import { groupTitle } from './learning-history.ts'

type Options = Readonly<Record<string, unknown>>

/** CFL looks for a split where the mean update is below this share of the largest, unless the federation was set up otherwise. */
const USUAL_RATIO_LIMIT = 0.3

/** What a strategy decides by, in words. */
export interface Gauge {
  readonly signal: string
  readonly title: string
  readonly sentence: string
  /** Below it a group is examined; null where something else decides, or while the federation's options are not known. */
  readonly limit: number | null
  /** Lengths that the norms of updates are held against. */
  readonly lengths: readonly { readonly y: number; readonly words: string }[]
}

const TEMPERATURE: Gauge = {
  signal: 'temperature',
  title: 'Is the shared direction used up?',
  sentence: 'The temperature: how different the directions of the volunteers’ updates are. Groups are looked for when it rises.',
  limit: null,
  lengths: [],
}

const MOVED: Gauge = {
  signal: 'moved',
  title: 'Do volunteers still move?',
  sentence: 'Volunteers whose device chose another group’s model than it had, when it tried them all. Near 0 the groups are found.',
  limit: null,
  lengths: [],
}

const CHANGED: Gauge = {
  signal: 'changed',
  title: 'Do points still change groups?',
  sentence: 'Share of all points that changed their group when they were sorted anew, in the run that fits best. Below 0.001 in every run it is over.',
  limit: null,
  lengths: [],
}

/** Null for strategies that measure nothing about groups. `options`: as the federation was set up; null while they are not known. */
export function gaugeOf(strategy: string, options: Options | null): Gauge | null {
  if (strategy === 'ocfl') return TEMPERATURE
  if (strategy === 'ifca') return MOVED
  if (strategy === 'uifca') return CHANGED
  if (strategy !== 'cfl') return null
  const { limit, lengths, examined } = options === null ? UNKNOWN_TEST : splitTestOf(options)
  const sentence = `The mean update, as a share of the largest. Near 1 all volunteers pull the same way. ${examined}`
  return { signal: 'ratio', title: 'Do the updates pull apart?', sentence, limit, lengths }
}

const UNKNOWN_TEST = { limit: null, lengths: [], examined: 'Where it is small, a group is examined for a split.' }

/** When CFL examines a group, as it reads its options. */
function splitTestOf({ normRatio, epsilon1, epsilon2, splitEvery }: Options): Pick<Gauge, 'limit' | 'lengths'> & { readonly examined: string } {
  if (typeof splitEvery === 'number')
    return {
      limit: null,
      lengths: [],
      examined: `Here every group is examined for a split ${splitEvery === 1 ? 'in every round' : `every ${splitEvery} rounds`}, whatever this says.`,
    }
  if (Array.isArray(splitEvery))
    return { limit: null, lengths: [], examined: `Here every group is examined for a split in round ${splitEvery.join(', ')}, whatever this says.` }
  if (typeof epsilon1 === 'number' && typeof epsilon2 === 'number') {
    const lengths = [
      { y: epsilon1, words: `mean below ${epsilon1}` },
      { y: epsilon2, words: `largest above ${epsilon2}` },
    ]
    return { limit: null, lengths, examined: 'Here a group is examined for a split by the lengths themselves: see the norms below.' }
  }
  const limit = typeof normRatio === 'number' ? normRatio : USUAL_RATIO_LIMIT
  return { limit, lengths: [], examined: `Below the dashed line (${limit.toFixed(2)}) a group is examined for a split.` }
}

/** What a signal read in every round, one curve a group that was ever read. */
export function signalCurvesOf(rounds: readonly RoundSummary[], signal: string): readonly (Series & { readonly cluster: number })[] {
  const byCluster = readingsOf(rounds).get(signal) ?? []
  return [...byCluster].sort(([left], [right]) => left - right).map(([cluster, values]) => ({ cluster, title: groupTitle(cluster), values, style: cluster }))
}

type Readings = ReadonlyMap<string, ReadonlyMap<number, readonly Reading[]>>
/** Several charts show signals of the same rounds: they are read once. */
const known = new WeakMap<readonly RoundSummary[], Readings>()

/** Every signal by what it measures and by group, round by round. */
function readingsOf(rounds: readonly RoundSummary[]): Readings {
  const before = known.get(rounds)
  if (before !== undefined) return before
  const byMeasure = new Map<string, Map<number, Reading[]>>()
  const byName = new Map<string, Reading[]>()
  const valuesOf = (name: string): Reading[] => {
    const { measure, cluster } = partsOf(name)
    const values = rounds.map((): Reading => null)
    const byCluster = byMeasure.get(measure) ?? new Map<number, Reading[]>()
    byMeasure.set(measure, byCluster.set(cluster, values))
    byName.set(name, values)
    return values
  }
  for (const [index, { signals }] of rounds.entries()) {
    for (const [name, value] of Object.entries(signals)) (byName.get(name) ?? valuesOf(name))[index] = value
  }
  known.set(rounds, byMeasure)
  return byMeasure
}

/** The two norms of a group's updates, and what the mean must fall below to be examined, where that is a share of the largest. */
export function normCurvesOf(rounds: readonly RoundSummary[], cluster: number, limit: number | null): readonly Series[] {
  const valuesOf = (signal: string): readonly Reading[] => signalCurvesOf(rounds, signal).find((curve) => curve.cluster === cluster)?.values ?? []
  const largest = valuesOf('max-norm')
  const norms = [
    { title: measureTitle('mean-norm'), values: valuesOf('mean-norm') },
    { title: measureTitle('max-norm'), values: largest, style: 2 },
  ]
  if (limit === null) return norms
  return [...norms, { title: `Limit: ${limit} of the largest`, values: largest.map((value) => (value === null ? null : value * limit)), style: 1 }]
}

/** Everything that was measured, a row for each round and group, newest first. */
export function signalTable(rounds: readonly RoundSummary[]): ChartTable {
  const measures = new Set<string>()
  const rows = rounds.flatMap(({ round, signals }) => {
    const byCluster = new Map<number, Record<string, number>>()
    for (const [name, value] of Object.entries(signals)) {
      const { measure, cluster } = partsOf(name)
      measures.add(measure)
      byCluster.set(cluster, { ...byCluster.get(cluster), [measure]: value })
    }
    return [...byCluster].sort(([left], [right]) => right - left).map(([cluster, values]) => ({ round, cluster, values }))
  })
  const names = [...measures]
  return {
    columns: ['Round', 'Group', ...names.map(measureTitle)],
    rows: rows.reverse().map(({ round, cluster, values }) => [round, cluster + 1, ...names.map((name) => values[name] ?? null)]),
  }
}

/** `ratio.2` is the ratio of group 2; `temperature` is that of the only group. */
function partsOf(name: string): { readonly measure: string; readonly cluster: number } {
  const [, measure = name, cluster = '0'] = /^(.+)\.(\d+)$/.exec(name) ?? []
  return { measure, cluster: Number(cluster) }
}

const MEASURE_TITLES: Readonly<Record<string, string>> = {
  ratio: 'Mean / largest',
  'mean-norm': 'Mean update',
  'max-norm': 'Largest update',
  'explained-share': 'Explained by the cut',
  'cross-cosine': 'Largest cosine across',
  temperature: 'Temperature',
  silhouette: 'Silhouette',
  contrast: 'Contrast',
  entropy: 'Evenness of the choices',
  moved: 'Volunteers that moved',
  epsilon: 'Near is below',
  elbow: 'Bend of the distances',
  floor: 'What chance explains',
  distance: 'Distance from the middle of the group',
  pending: 'Volunteers that no group fits',
  expertAccuracy: 'Accuracy of the expert',
  averageAccuracy: 'Accuracy of the average',
  klBefore: 'Divergence before',
  klAfter: 'Divergence after',
  fidelity: 'Fidelity of the generator',
  distilSeconds: 'Seconds of distillation',
  leastLoss: 'Mean loss of the chosen models',
  changed: 'Points that changed',
  best: 'Run that fits best',
  loss: 'Its loss',
  spread: 'Loss of the worst run above the best',
}

const measureTitle = (measure: string): string => MEASURE_TITLES[measure] ?? measure

/** Why there is one group so far, where the strategy said nothing. */
export function whyTogether(rounds: readonly RoundSummary[], gauge: Gauge): string {
  if (rounds.length === 0) return 'No round has ended yet.'
  const values = signalCurvesOf(rounds, gauge.signal)[0]?.values ?? []
  const index = values.findLastIndex((value) => value !== null)
  const last = values[index] ?? null
  if (last === null) return 'Nothing was measured yet that could tell groups apart.'
  const [round, value] = [rounds[index]?.round ?? 0, last.toFixed(2)]
  if (gauge.signal === 'moved') return 'Every volunteer chose the same model.'
  if (gauge.signal === 'temperature') return `The shared direction is not used up: the temperature was ${value} in round ${round} and had not risen.`
  const pulls = gauge.limit === null ? '' : last < gauge.limit ? ': they pull apart' : ': the volunteers still pull the same way'
  return `In round ${round} the mean update was ${value} of the largest${pulls}.`
}
