import { STAGES } from './load-measures.ts'
import type { LoadRound, SwarmReport } from './swarm-report.ts'

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
const shown = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0))
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600}th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #d5dde5;font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}code{font-size:.9em;overflow-wrap:anywhere}svg{width:100%;height:auto}svg text{font-size:12px;fill:#52606d}`

const WIDTH = 760
const HEIGHT = 220
const MARGIN = { top: 16, right: 16, bottom: 32, left: 60 }

/** How long each round took, as bars; aborted and unchanged ones in another colour. */
function roundChart(rounds: readonly LoadRound[]): string {
  const longest = Math.max(1, ...rounds.map(({ milliseconds }) => milliseconds))
  const innerWidth = WIDTH - MARGIN.left - MARGIN.right
  const innerHeight = HEIGHT - MARGIN.top - MARGIN.bottom
  const step = innerWidth / Math.max(1, rounds.length)
  const bars = rounds.map(({ round, milliseconds, outcome }, index) => {
    const height = (milliseconds / longest) * innerHeight
    const place = `x="${(MARGIN.left + index * step).toFixed(1)}" y="${(MARGIN.top + innerHeight - height).toFixed(1)}" width="${(0.8 * step).toFixed(1)}" height="${height.toFixed(1)}"`
    return `<rect ${place} fill="${outcome === 'updated' ? '#0b62a8' : '#b0480a'}"><title>round ${round}: ${outcome}, ${shown(milliseconds)} ms</title></rect>`
  })
  const first = rounds[0]?.round ?? 0
  const last = rounds.at(-1)?.round ?? 0
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Milliseconds of each round">
${bars.join('\n')}
<text x="${MARGIN.left - 8}" y="${MARGIN.top + 8}" text-anchor="end">${shown(longest)} ms</text><text x="${MARGIN.left - 8}" y="${HEIGHT - MARGIN.bottom}" text-anchor="end">0</text>
<text x="${MARGIN.left}" y="${HEIGHT - 8}">round ${first}</text><text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 8}" text-anchor="end">${last}</text>
</svg>`
}

const table = (caption: string, header: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ''
    : `<table><caption>${escaped(caption)}</caption><thead><tr>${header.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('')}</tr></thead><tbody>${rows
        .map(([name, ...cells]) => `<tr><th scope="row">${escaped(name)}</th>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`)
        .join('\n')}</tbody></table>`

const tallies = (counts: Readonly<Record<string, number>>): string[][] => Object.entries(counts).map(([what, times]) => [what, String(times)])

/** A load's report as one HTML file that needs nothing else. */
export function renderSwarmHtml(report: SwarmReport): string {
  const {
    command,
    commit,
    seed,
    startedAt,
    seconds,
    machine,
    server,
    federation,
    shape,
    rounds,
    roundsPerSecond,
    stages,
    counts,
    perClientAndRound,
    errors,
    satOut,
    tabs,
  } = report
  const { cost } = server
  const title = `Load test: ${shape.clients} clients${shape.tabs > 0 ? ` and ${shape.tabs} tabs` : ''}, ${federation.privacy}`
  const facts: [string, string][] = [
    ['server', `${server.origin}${server.isOwn ? ', started for the load' : ''}`],
    ['federation', `${federation.id}: ${federation.strategy}, ${federation.privacy}, ${federation.parameters} parameters; ${federation.ended}`],
    [
      'load',
      `ramp ${shape.rampSeconds} s, thinking ${shape.thinkMs.join(' to ')} ms, churn ${shape.churnPerMinute} a minute, mishaps ${JSON.stringify(shape.drop)}`,
    ],
    ['seed, commit', `${seed}, ${commit}`],
    ['begun, seconds', `${startedAt}, ${seconds.toFixed(1)}`],
    ['machine of the clients', `${machine}; event loop p99 ${shown(report.clientsLagP99Ms)} ms at worst`],
    ['rounds', `${rounds.length}, ${roundsPerSecond.toFixed(3)} a second`],
    ['bytes for a client in a round', `up ${perClientAndRound.bytesUp.toFixed(0)}, down ${perClientAndRound.bytesDown.toFixed(0)}`],
    ...(cost === null
      ? []
      : ([
          ['CPU of the server', `${cost.cpuSeconds.toFixed(2)} s`],
          ['RSS of the server', `${megabytes(cost.rssBeforeBytes)} before, ${megabytes(cost.rssPeakBytes)} at most, ${megabytes(cost.rssAfterBytes)} after`],
          ['event-loop delay of the server', `p99 ${shown(cost.eventLoopP99Ms)} ms, longest ${shown(cost.eventLoopMaxMs)} ms`],
          ['folded by the server', String(cost.folded)],
        ] as [string, string][])),
  ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>
<p><code>${escaped(command)}</code></p>
${roundChart(rounds)}
${table('The load', ['', ''], facts)}
${table(
  'Latency in milliseconds',
  ['stage', 'count', 'mean', 'p50', 'p90', 'p99', 'max'],
  [...STAGES, 'round' as const].flatMap((stage) => {
    const summary = stages[stage]
    return summary === undefined ? [] : [[stage, String(summary.count), ...[summary.mean, summary.p50, summary.p90, summary.p99, summary.max].map(shown)]]
  }),
)}
${table('Counted by the clients', ['what', 'times'], tallies(counts))}
${table('Errors that clients met', ['code', 'times'], tallies(errors))}
${table('Asks that clients sat out', ['code', 'times'], tallies(satOut))}
${table('Contributions that the server refused', ['code', 'times'], tallies(cost?.refused ?? {}))}
${table(
  'Tabs',
  ['tab', 'state', 'backend', 'complaint'],
  tabs.map(({ name, state, backend, complaint }) => [name, state, backend ?? '-', complaint ?? '-']),
)}
${table(
  'Rounds',
  ['round', 'outcome', 'clients', 'ms', 'up', 'down', 'notes'],
  rounds.map(({ round, outcome, clients, milliseconds, bytesUp, bytesDown, notes }) => [
    String(round),
    outcome,
    String(clients),
    shown(milliseconds),
    megabytes(bytesUp),
    megabytes(bytesDown),
    notes.join('; '),
  ]),
)}
</body></html>
`
}
