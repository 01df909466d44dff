import type { VNode } from 'preact'
import { type Point, placePoints, type Scale } from './chart-path.ts'

const FRAMES = {
  wide: { width: 480, height: 160, box: { left: 60, top: 12, width: 408, height: 120 } },
  small: { width: 280, height: 130, box: { left: 46, top: 10, width: 222, height: 92 } },
} as const
/** Shares of the height at which a line with its value is drawn. */
const GRID = [0, 0.5, 1] as const

/** One curve over the rounds, with what may be drawn around it. It takes the same room before there is anything to show. */
export function LineChart(props: {
  /** Read out in place of the picture. */
  label: string
  points: readonly Point[]
  /** Drawn thin behind, for comparison. */
  beside?: readonly Point[]
  /** `x` are rounds. */
  scale: Scale
  /** How a value at the left edge is written. */
  format: (value: number) => string
  /** Rounds with a dashed upright line. */
  marks?: readonly number[]
  /** A value with a dashed level line. */
  limit?: number
  size?: keyof typeof FRAMES
  /** Stands there while there is no point. */
  empty: string
}): VNode {
  const { label, points, beside = [], scale, format, marks = [], limit, size = 'wide', empty } = props
  const { width, height, box } = FRAMES[size]
  const right = box.left + box.width
  const path = (curve: readonly Point[]): string =>
    placePoints(curve, box, scale)
      .map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`)
      .join(' ')
  const yOf = (y: number): number => placePoints([{ x: 0, y }], box, scale)[0]?.[1] ?? 0
  const last = placePoints(points.slice(-1), box, scale)[0]
  return (
    <svg class={`chart ${size}`} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {GRID.map((share) => {
        const value = scale.y[0] + share * (scale.y[1] - scale.y[0])
        return (
          <g key={share}>
            <line class="chart-grid" x1={box.left} x2={right} y1={yOf(value)} y2={yOf(value)} />
            <text class="chart-label" x={box.left - 6} y={yOf(value) + 4} text-anchor="end">
              {format(value)}
            </text>
          </g>
        )
      })}
      {placePoints(
        marks.map((x) => ({ x, y: 0 })),
        box,
        scale,
      ).map(([x]) => (
        <line key={x} class="chart-mark" x1={x} x2={x} y1={box.top} y2={box.top + box.height} />
      ))}
      {limit !== undefined && <line class="chart-mark" x1={box.left} x2={right} y1={yOf(limit)} y2={yOf(limit)} />}
      <polyline class="chart-line beside" points={path(beside)} />
      <polyline class="chart-line" points={path(points)} />
      {last !== undefined && <circle class="chart-dot" cx={last[0]} cy={last[1]} r={4} />}
      <text class="chart-label" x={box.left} y={height - 6}>
        {points.length === 0 ? empty : `round ${scale.x[0]}`}
      </text>
      {points.length > 0 && scale.x[1] > scale.x[0] && (
        <text class="chart-label" x={right} y={height - 6} text-anchor="end">
          round {scale.x[1]}
        </text>
      )}
    </svg>
  )
}
