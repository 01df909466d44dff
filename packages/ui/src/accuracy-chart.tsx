import type { RoundSummary } from '@shoal/protocol'
import type { VNode } from 'preact'
import type { Point } from './chart-path.ts'
import { formatPercent } from './format.ts'
import { LineChart } from './line-chart.tsx'

/** The rounds that were measured, as points of a curve. */
const accuracyPoints = (rounds: readonly RoundSummary[]): readonly Point[] =>
  rounds.flatMap(({ round, metrics }) => (metrics.accuracy === null ? [] : [{ x: round, y: metrics.accuracy }]))

function describe(points: readonly Point[]): string {
  const first = points[0]
  const last = points[points.length - 1]
  if (first === undefined || last === undefined) return 'Accuracy of the shared model by round: not measured yet.'
  if (points.length === 1) return `Accuracy of the shared model: ${formatPercent(first.y)} after round ${first.x}.`
  return `Accuracy of the shared model by round: from ${formatPercent(first.y)} after round ${first.x} to ${formatPercent(last.y)} after round ${last.x}.`
}

/** The accuracy of the shared model over the rounds. */
export function AccuracyChart({ rounds }: { rounds: readonly RoundSummary[] }): VNode {
  const points = accuracyPoints(rounds)
  const [from = 0, to = from] = [points[0]?.x, points[points.length - 1]?.x]
  return (
    <LineChart
      label={describe(points)}
      points={points}
      scale={{ x: [from, to], y: [0, 1] }}
      format={(share) => `${share * 100} %`}
      empty="No round has been measured yet"
    />
  )
}
