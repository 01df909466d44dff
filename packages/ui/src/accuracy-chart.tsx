import type { RoundSummary } from '@shoal/protocol'
import type { VNode } from 'preact'
import type { Point } from './chart-path.ts'
import { formatPercent } from './format.ts'
import { inLanguages, type Language } from './language.ts'
import { LineChart } from './line-chart.tsx'

const chartWords = inLanguages({
  en: {
    unmeasured: 'Accuracy of the shared model by round: not measured yet.',
    once: (share: string, round: number): string => `Accuracy of the shared model: ${share} after round ${round}.`,
    fromTo: (first: string, from: number, last: string, to: number): string =>
      `Accuracy of the shared model by round: from ${first} after round ${from} to ${last} after round ${to}.`,
    round: (round: number): string => `round ${round}`,
    empty: 'No round has been measured yet',
  },
  de: {
    unmeasured: 'Treffer des gemeinsamen Modells nach Runden: noch nicht gemessen.',
    once: (share: string, round: number): string => `Treffer des gemeinsamen Modells: ${share} nach Runde ${round}.`,
    fromTo: (first: string, from: number, last: string, to: number): string =>
      `Treffer des gemeinsamen Modells nach Runden: von ${first} nach Runde ${from} bis ${last} nach Runde ${to}.`,
    round: (round: number): string => `Runde ${round}`,
    empty: 'Noch ist keine Runde gemessen',
  },
})

/** The rounds that were measured, as points of a curve. */
const accuracyPoints = (rounds: readonly RoundSummary[]): readonly Point[] =>
  rounds.flatMap(({ round, metrics }) => (metrics.accuracy === null ? [] : [{ x: round, y: metrics.accuracy }]))

function describe(points: readonly Point[], language: Language): string {
  const words = chartWords[language]
  const first = points[0]
  const last = points[points.length - 1]
  if (first === undefined || last === undefined) return words.unmeasured
  if (points.length === 1) return words.once(formatPercent(first.y, language), first.x)
  return words.fromTo(formatPercent(first.y, language), first.x, formatPercent(last.y, language), last.x)
}

/** The accuracy of the shared model over the rounds. */
export function AccuracyChart({ rounds, language = 'en' }: { rounds: readonly RoundSummary[]; language?: Language }): VNode {
  const points = accuracyPoints(rounds)
  const [from = 0, to = from] = [points[0]?.x, points[points.length - 1]?.x]
  return (
    <LineChart
      label={describe(points, language)}
      points={points}
      scale={{ x: [from, to], y: [0, 1] }}
      format={(share) => `${share * 100} %`}
      roundName={chartWords[language].round}
      empty={chartWords[language].empty}
    />
  )
}
