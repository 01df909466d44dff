import type { VNode } from 'preact'
import { type Point, placePoints, type Scale } from './chart-path.ts'

const WIDTH = 480
const HEIGHT = 160
const BOX = { left: 60, top: 12, width: 408, height: 120 }
/** Shares of the height at which a line with its value is drawn. */
const GRID = [0, 0.5, 1] as const

/** One curve over the rounds, light enough for every page; `TimeSeries` can do more. It takes the same room before there is anything to show. */
export function LineChart(props: {
  /** Read out in place of the picture. */
  label: string
  points: readonly Point[]
  /** `x` are rounds. */
  scale: Scale
  /** How a value at the left edge is written. */
  format: (value: number) => string
  /** How a round is called below the line. */
  roundName: (round: number) => string
  /** Stands there while there is no point. */
  empty: string
}): VNode {
  const { label, points, scale, format, roundName, empty } = props
  const right = BOX.left + BOX.width
  const path = (curve: readonly Point[]): string =>
    placePoints(curve, BOX, scale)
      .map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`)
      .join(' ')
  const yOf = (y: number): number => placePoints([{ x: 0, y }], BOX, scale)[0]?.[1] ?? 0
  const last = placePoints(points.slice(-1), BOX, scale)[0]
  return (
    <svg class="chart wide" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {GRID.map((share) => {
        const value = scale.y[0] + share * (scale.y[1] - scale.y[0])
        return (
          <g key={share}>
            <line class="chart-grid" x1={BOX.left} x2={right} y1={yOf(value)} y2={yOf(value)} />
            <text class="chart-label" x={BOX.left - 6} y={yOf(value) + 4} text-anchor="end">
              {format(value)}
            </text>
          </g>
        )
      })}
      <polyline class="chart-line" points={path(points)} />
      {last !== undefined && <circle class="chart-dot" cx={last[0]} cy={last[1]} r={4} />}
      <text class="chart-label" x={BOX.left} y={HEIGHT - 6}>
        {points.length === 0 ? empty : roundName(scale.x[0])}
      </text>
      {points.length > 0 && scale.x[1] > scale.x[0] && (
        <text class="chart-label" x={right} y={HEIGHT - 6} text-anchor="end">
          {roundName(scale.x[1])}
        </text>
      )}
    </svg>
  )
}
