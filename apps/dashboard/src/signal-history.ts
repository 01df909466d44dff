import type { RoundSummary } from '@shoal/protocol'
import type { ChartTable, Reading, Series } from '@shoal/ui'
import { groupTitle } from './learning-history.ts'

/** CFL looks for a split where the mean update is below this share of the largest, unless the federation was set up otherwise. */
const USUAL_RATIO_LIMIT = 0.3

/** What a strategy decides by, in words. */
export interface Gauge {
  readonly signal: string
  readonly title: string
  readonly sentence: string
  readonly limit: number | null
}

const GAUGES: Readonly<Record<string, Gauge>> = {
  cfl: {
    signal: 'ratio',
    title: 'Do the updates pull apart?',
    sentence: `The mean update, as a share of the largest. Near 1 all volunteers pull the same way; below the dashed line (${USUAL_RATIO_LIMIT.toFixed(2)}, unless set otherwise) a group is examined for a split.`,
    limit: USUAL_RATIO_LIMIT,
  },
  ocfl: {
    signal: 'temperature',
    title: 'Is the shared direction used up?',
    sentence: 'The temperature: how different the directions of the volunteers’ updates are. Groups are looked for when it rises.',
    limit: null,
  },
}

/** Null for strategies that decide nothing about groups. */
export const gaugeOf = (strategy: string): Gauge | null => GAUGES[strategy] ?? null

/** What a signal read in every round, one curve a group that was ever read. */
export function signalCurvesOf(rounds: readonly RoundSummary[], signal: string): readonly (Series & { readonly cluster: number })[] {
  const byCluster = new Map<number, Reading[]>()
  for (const [index, { signals }] of rounds.entries()) {
    for (const [name, value] of Object.entries(signals)) {
      const { measure, cluster } = partsOf(name)
      if (measure !== signal) continue
      const values = byCluster.get(cluster) ?? rounds.map(() => null)
      values[index] = value
      byCluster.set(cluster, values)
    }
  }
  return [...byCluster].sort(([left], [right]) => left - right).map(([cluster, values]) => ({ cluster, title: groupTitle(cluster), values, style: cluster }))
}

/** The two norms of a group's updates, and what the mean must fall below to be examined: a share of the largest. */
export function normCurvesOf(rounds: readonly RoundSummary[], cluster: number, limit: number): readonly Series[] {
  const valuesOf = (signal: string): readonly Reading[] => signalCurvesOf(rounds, signal).find((curve) => curve.cluster === cluster)?.values ?? []
  const largest = valuesOf('max-norm')
  return [
    { title: measureTitle('mean-norm'), values: valuesOf('mean-norm') },
    { title: measureTitle('max-norm'), values: largest, style: 2 },
    { title: `Limit: ${limit} of the largest`, values: largest.map((value) => (value === null ? null : value * limit)), style: 1 },
  ]
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
  if (gauge.limit === null) return `The shared direction is not used up: the temperature was ${value} in round ${round} and had not risen.`
  return `In round ${round} the mean update was ${value} of the largest: ${last < gauge.limit ? 'they pull apart' : 'the volunteers still pull the same way'}.`
}
