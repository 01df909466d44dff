import type { RoundSummary } from '@shoal/protocol'
import type { VNode } from 'preact'
import { type Point, placePoints } from './chart-path.ts'
import { formatPercent } from './format.ts'

const WIDTH = 480
const HEIGHT = 160
const BOX = { left: 60, top: 12, width: 408, height: 120 }
const GRID = [0, 0.5, 1] as const

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

/** The accuracy of the shared model over the rounds; takes the same room before there is anything to show. */
export function AccuracyChart({ rounds }: { rounds: readonly RoundSummary[] }): VNode {
  const points = accuracyPoints(rounds)
  const places = placePoints(points, BOX)
  const last = places[places.length - 1]
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={describe(points)}>
      {GRID.map((share) => {
        const y = BOX.top + (1 - share) * BOX.height
        return (
          <g key={share}>
            <line class="chart-grid" x1={BOX.left} x2={BOX.left + BOX.width} y1={y} y2={y} />
            <text class="chart-label" x={BOX.left - 6} y={y + 4} text-anchor="end">
              {share * 100} %
            </text>
          </g>
        )
      })}
      <polyline class="chart-line" points={places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')} />
      {last !== undefined && <circle class="chart-dot" cx={last[0]} cy={last[1]} r={4} />}
      <text class="chart-label" x={BOX.left} y={HEIGHT - 6}>
        {points.length === 0 ? 'No round has been measured yet' : `round ${points[0]?.x}`}
      </text>
      {points.length > 1 && (
        <text class="chart-label" x={BOX.left + BOX.width} y={HEIGHT - 6} text-anchor="end">
          round {points[points.length - 1]?.x}
        </text>
      )}
    </svg>
  )
}
