import type { Plot } from './plot.ts'

const WIDTH = 720
const HEIGHT = 320
const MARGIN = { top: 16, right: 20, bottom: 48, left: 66 }
const RIGHT = WIDTH - MARGIN.right
const BOTTOM = HEIGHT - MARGIN.bottom
const TICKS = 5
/** Classes `c0` .. `c7` of the page's style. */
const COLOURS = 8
const DASHES = ['', '6 3', '2 3']
/** Curves with more points than this are drawn without dots. */
const MOST_DOTS = 30
const LEGEND_LINE = 18

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A number as a reader wants it: no more digits than tell it from its neighbours. */
export function shownNumber(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1)
  return String(Number(value.toPrecision(3)))
}

interface Axis {
  at(value: number): number
  readonly ticks: readonly number[]
}

function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / TICKS
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((multiple) => multiple * magnitude >= rough) ?? 10) * magnitude
  return Array.from({ length: Math.floor(high / step) - Math.ceil(low / step) + 1 }, (_, index) => (Math.ceil(low / step) + index) * step)
}

function logTicks(low: number, high: number): number[] {
  const decades = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, index) => 10 ** (Math.floor(low) + index))
  const fine = high - low < 2 ? decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]) : decades
  return fine.filter((tick) => Math.log10(tick) >= low - 1e-9 && Math.log10(tick) <= high + 1e-9)
}

/** The range of the values, never of zero width, on the pixels `from` .. `to`. */
function axisOf(values: readonly number[], kind: 'linear' | 'log', from: number, to: number): Axis {
  const scaled = kind === 'log' ? values.map(Math.log10) : values
  let low = Math.min(...scaled)
  let high = Math.max(...scaled)
  if (!(high > low)) {
    low -= 0.5
    high += 0.5
  }
  return {
    at: (value) => from + (((kind === 'log' ? Math.log10(value) : value) - low) / (high - low)) * (to - from),
    ticks: kind === 'log' ? logTicks(low, high) : linearTicks(low, high),
  }
}

const px = (value: number): string => value.toFixed(1)

/** The points that a logarithmic axis can show. */
const drawable = ({ series, scale = {} }: Plot): Plot['series'] =>
  series.map(({ name, points }) => ({ name, points: points.filter(([x, y]) => (scale.x !== 'log' || x > 0) && (scale.y !== 'log' || y > 0)) }))

/** The plot as one inline SVG with axis labels, a legend and, where the y axis has a zero inside, a line there. Colours come from the page's style. */
export function renderPlot(plot: Plot): string {
  const { title, xLabel, yLabel, scale = {}, marks = [] } = plot
  const curves = drawable(plot)
  const points = curves.flatMap((curve) => curve.points)
  if (points.length === 0) return `<p>${escaped(title)}: nothing to draw.</p>`
  const x = axisOf(
    points.map(([value]) => value),
    scale.x ?? 'linear',
    MARGIN.left,
    RIGHT,
  )
  const y = axisOf(
    points.map(([, value]) => value),
    scale.y ?? 'linear',
    BOTTOM,
    MARGIN.top,
  )
  const height = HEIGHT + LEGEND_LINE * Math.ceil(curves.length / 2)
  const grid = [
    ...x.ticks.map(
      (tick) =>
        `<line class="grid" x1="${px(x.at(tick))}" x2="${px(x.at(tick))}" y1="${MARGIN.top}" y2="${BOTTOM}"/><text x="${px(x.at(tick))}" y="${BOTTOM + 16}" text-anchor="middle">${shownNumber(tick)}</text>`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<line class="${tick === 0 ? 'zero' : 'grid'}" x1="${MARGIN.left}" x2="${RIGHT}" y1="${px(y.at(tick))}" y2="${px(y.at(tick))}"/><text x="${MARGIN.left - 8}" y="${px(y.at(tick) + 4)}" text-anchor="end">${shownNumber(tick)}</text>`,
    ),
  ]
  const lines = curves.map(({ name, points: own }, index) => {
    const look = `class="c${index % COLOURS}" stroke-dasharray="${DASHES[Math.floor(index / COLOURS) % DASHES.length]}"`
    const dots =
      own.length > MOST_DOTS
        ? []
        : own.map(
            ([px0, py0]) =>
              `<circle class="c${index % COLOURS}" cx="${px(x.at(px0))}" cy="${px(y.at(py0))}" r="3"><title>${escaped(name)}: ${shownNumber(px0)}, ${shownNumber(py0)}</title></circle>`,
          )
    const legendX = MARGIN.left + (index % 2) * ((RIGHT - MARGIN.left) / 2)
    const legendY = HEIGHT + LEGEND_LINE * Math.floor(index / 2) + 8
    const legend = `<line ${look} x1="${legendX}" x2="${legendX + 26}" y1="${legendY}" y2="${legendY}"/><text x="${legendX + 32}" y="${legendY + 4}">${escaped(name)}</text>`
    return `<polyline ${look} points="${own.map(([px0, py0]) => `${px(x.at(px0))},${px(y.at(py0))}`).join(' ')}"/>${dots.join('')}${legend}`
  })
  const verticals = marks.map(
    (mark) =>
      `<line class="mark" x1="${px(x.at(mark.x))}" x2="${px(x.at(mark.x))}" y1="${MARGIN.top}" y2="${BOTTOM}"/><text x="${px(x.at(mark.x) + 4)}" y="${MARGIN.top + 12}">${escaped(mark.label)}</text>`,
  )
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
${grid.join('')}
<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${RIGHT - MARGIN.left}" height="${BOTTOM - MARGIN.top}"/>
${lines.join('\n')}
${verticals.join('')}
<text x="${(MARGIN.left + RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(xLabel)}</text>
<text transform="translate(14 ${(MARGIN.top + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>
</svg>`
}
