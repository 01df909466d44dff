import type { RoundSummary } from '@shoal/protocol'
import { type Point, roundTop } from '@shoal/ui'

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
    sentence: `The mean update, as a share of the largest. Near 1 all volunteers pull the same way; below the level dashed line (${USUAL_RATIO_LIMIT.toFixed(2)}, unless set otherwise) a group is examined for a split.`,
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

export interface SignalSeries {
  readonly cluster: number
  readonly points: readonly Point[]
}

/** A gauge's readings, one series a group that was ever read, and what the upper edge of their charts stands for. */
export function seriesOf(rounds: readonly RoundSummary[], { signal, limit }: Gauge): { readonly series: readonly SignalSeries[]; readonly top: number } {
  const byCluster = new Map<number, Point[]>()
  for (const { round, signals } of rounds) {
    for (const [name, value] of Object.entries(signals)) {
      const { measure, cluster } = partsOf(name)
      if (measure === signal) byCluster.set(cluster, [...(byCluster.get(cluster) ?? []), { x: round, y: value }])
    }
  }
  const series = [...byCluster].sort(([left], [right]) => left - right).map(([cluster, points]) => ({ cluster, points }))
  return { series, top: roundTop(Math.max(limit ?? 0, ...series.flatMap(({ points }) => points.map(({ y }) => y)))) }
}

export interface SignalRow {
  readonly round: number
  readonly cluster: number
  /** By the name of the measure. */
  readonly values: Readonly<Record<string, number>>
}

/** All that was measured, a row for each round and group, newest first; and the measures there are, in the order in which they first came. */
export function signalTableOf(rounds: readonly RoundSummary[]): { readonly rows: readonly SignalRow[]; readonly measures: readonly string[] } {
  const measures = new Set<string>()
  const rows = rounds.map(({ round, signals }) => {
    const byCluster = new Map<number, Record<string, number>>()
    for (const [name, value] of Object.entries(signals)) {
      const { measure, cluster } = partsOf(name)
      measures.add(measure)
      byCluster.set(cluster, { ...byCluster.get(cluster), [measure]: value })
    }
    return [...byCluster].sort(([left], [right]) => left - right).map(([cluster, values]): SignalRow => ({ round, cluster, values }))
  })
  return { rows: rows.reverse().flat(), measures: [...measures] }
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

export const measureTitle = (measure: string): string => MEASURE_TITLES[measure] ?? measure

/** Why there is one group so far, where the strategy said nothing. */
export function whyTogether(rounds: readonly RoundSummary[], gauge: Gauge): string {
  if (rounds.length === 0) return 'No round has ended yet.'
  const last = seriesOf(rounds, gauge).series[0]?.points.at(-1)
  if (last === undefined) return 'Nothing was measured yet that could tell groups apart.'
  const value = last.y.toFixed(2)
  if (gauge.limit === null) return `The shared direction is not used up: the temperature was ${value} in round ${last.x} and had not risen.`
  return `In round ${last.x} the mean update was ${value} of the largest: ${last.y < gauge.limit ? 'they pull apart' : 'the volunteers still pull the same way'}.`
}
