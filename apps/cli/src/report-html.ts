import type { RoundReport, RunReport } from '@shoal/protocol'
import { groupCells } from './demo-display.ts'

const WIDTH = 760
const HEIGHT = 300
const MARGIN = { top: 20, right: 60, bottom: 40, left: 60 }
const INNER_WIDTH = WIDTH - MARGIN.left - MARGIN.right
const INNER_HEIGHT = HEIGHT - MARGIN.top - MARGIN.bottom
const TICKS = 5

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
const shown = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits))
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`

interface Scale {
  readonly low: number
  readonly high: number
}

/** The range of the measured values, never of zero width. */
function scaleOf(values: readonly number[]): Scale {
  const low = Math.min(...values)
  const high = Math.max(...values)
  return high > low ? { low, high } : { low: low - 0.5, high: high + 0.5 }
}

const xOf = (index: number, count: number): number => MARGIN.left + (count < 2 ? INNER_WIDTH / 2 : (index / (count - 1)) * INNER_WIDTH)
const yOf = (value: number, { low, high }: Scale): number => MARGIN.top + (1 - (value - low) / (high - low)) * INNER_HEIGHT

function curveOf(rounds: readonly RoundReport[], field: 'accuracy' | 'loss', scale: Scale): string {
  const points = rounds.flatMap((round, index) => {
    const value = round[field]
    return value === null ? [] : [{ x: xOf(index, rounds.length), y: yOf(value, scale), title: `round ${round.round}: ${field} ${value.toFixed(4)}` }]
  })
  const line = `<polyline class="${field}" points="${points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')}"/>`
  const dots = points.map(({ x, y, title }) => `<circle class="${field}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3"><title>${title}</title></circle>`)
  return [line, ...dots].join('')
}

function axisOf(field: 'accuracy' | 'loss', scale: Scale): string {
  const x = field === 'accuracy' ? MARGIN.left - 8 : WIDTH - MARGIN.right + 8
  const anchor = field === 'accuracy' ? 'end' : 'start'
  const ticks = Array.from({ length: TICKS }, (_, tick) => scale.low + (tick / (TICKS - 1)) * (scale.high - scale.low))
  return ticks
    .map((value) => `<text class="${field}" x="${x}" y="${(yOf(value, scale) + 4).toFixed(1)}" text-anchor="${anchor}">${value.toFixed(2)}</text>`)
    .join('')
}

/** Accuracy (left scale) and loss (right scale) by round. */
function chartOf(rounds: readonly RoundReport[]): string {
  const curves = (['accuracy', 'loss'] as const).map((field) => {
    const values = rounds.flatMap((round) => round[field] ?? [])
    if (values.length === 0) return ''
    const scale = scaleOf(values)
    return axisOf(field, scale) + curveOf(rounds, field, scale)
  })
  const xLabels = rounds.flatMap(({ round }, index) =>
    index === 0 || index === rounds.length - 1
      ? [`<text x="${xOf(index, rounds.length)}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${round}</text>`]
      : [],
  )
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Accuracy and loss by round">
<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${INNER_WIDTH}" height="${INNER_HEIGHT}"/>
${curves.join('\n')}
${xLabels.join('')}<text x="${MARGIN.left + INNER_WIDTH / 2}" y="${HEIGHT - 4}" text-anchor="middle">round</text>
</svg>`
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1b2733;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #d5dde5;font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}svg{width:100%;height:auto}svg rect{fill:none;stroke:#d5dde5}svg text{font-size:12px;fill:#52606d}
polyline{fill:none;stroke-width:2}polyline.accuracy{stroke:#0b62a8}polyline.loss{stroke:#b0480a;stroke-dasharray:5 3}circle.accuracy{fill:#0b62a8}circle.loss{fill:#b0480a}
text.accuracy{fill:#0b62a8}text.loss{fill:#b0480a}`

/** What the strategy found, and the clusters at the end; nothing where there is neither. */
function findingsOf(report: RunReport): string {
  const notes = report.rounds.flatMap(({ round, notes: found }) => found.map((note) => `<li>round ${round}: ${escaped(note)}</li>`))
  const [header, ...groups] = groupCells(report)
  const rows = groups.map(([cluster, ...cells]) => `<tr><th scope="row">${cluster}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
  const head = header.map((cell) => `<th>${cell}</th>`).join('')
  const table = `<table><caption>Clusters</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`
  return `${rows.length === 0 ? '' : table}${notes.length === 0 ? '' : `<ul>${notes.join('')}</ul>`}`
}

/** A run as one HTML file that needs nothing else: a chart, what was run, and every round. `facts` are further rows of the summary. */
export function renderReportHtml(title: string, report: RunReport, facts: readonly (readonly [string, string])[]): string {
  const summary: [string, string][] = [
    ['strategy', report.strategy],
    ['privacy', `${report.privacy}, view ${report.view}`],
    ['backend', report.backend],
    ...(report.clustersOf === 'points'
      ? []
      : ([
          ['accuracy', shown(report.accuracy, 4)],
          ...(report.expertAccuracy === undefined ? [] : [['expert, one model for everybody', shown(report.expertAccuracy, 4)]]),
          ['FedAvg under the same seed', shown(report.baselineAccuracy, 4)],
        ] as [string, string][])),
    ...(report.ari === null
      ? []
      : ([
          ['adjusted Rand index', shown(report.ari, 3)],
          ['purity', shown(report.purity, 3)],
        ] as [string, string][])),
    ['bytes up, down', `${megabytes(report.bytesUp)}, ${megabytes(report.bytesDown)}`],
    ['seconds', report.seconds.toFixed(1)],
    ...facts.map(([name, value]): [string, string] => [name, value]),
  ]
  const rows = report.rounds.map(
    ({ round, accuracy, loss, clients, bytesUp, bytesDown, seconds }) =>
      `<tr><td>${round}</td><td>${shown(accuracy, 4)}</td><td>${shown(loss, 4)}</td><td>${clients}</td><td>${megabytes(bytesUp)}</td><td>${megabytes(bytesDown)}</td><td>${seconds.toFixed(2)}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>
${chartOf(report.rounds)}
<p><span style="color:#0b62a8">accuracy (left scale)</span>, <span style="color:#b0480a">loss in nats (right scale, dashed)</span></p>
<table><caption>The run</caption>${summary.map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join('')}</table>
${findingsOf(report)}
<table><caption>Rounds</caption><thead><tr><th>round</th><th>accuracy</th><th>loss</th><th>clients</th><th>up</th><th>down</th><th>seconds</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>
</body></html>
`
}
