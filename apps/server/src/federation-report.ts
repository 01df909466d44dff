import type { FederationState } from '@shoal/coordinator'
import { createLayout } from '@shoal/numeric'
import type { ClusterInsight, Metrics, PrivacyInsight, RoundSummary } from '@shoal/protocol'

export interface ReportFacts {
  readonly clusters: ClusterInsight
  readonly privacy: PrivacyInsight
  readonly policyHash: string
  readonly fingerprint: string
}

/** Rounds of the table; the curves and the exported metrics have all. */
const ROUNDS_LISTED = 1000
/** Points of a curve: every n-th round of more, and the last. */
const MAX_POINTS = 500
const WIDTH = 760
const HEIGHT = 260
const MARGIN = 48
const COLOURS = ['#0b62a8', '#b0480a', '#1b7f4b', '#8a2be2', '#a61e4d', '#5c6b00', '#006d77', '#6b4f2a']

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
const shown = (value: number | null, digits = 4): string => (value === null ? '–' : value.toFixed(digits))
const day = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** A federation as one HTML file that needs nothing else: what was trained, how, what protected the volunteers, and what came of it. */
export function federationReport(state: FederationState, { clusters, privacy, policyHash, fingerprint }: ReportFacts): string {
  const { config, rounds } = state
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(config.name)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(config.name)}</h1>
<p>${escaped(config.description)}</p>
<h2>What was trained, and how</h2>
${factsTable(factsOf(state, policyHash, fingerprint))}
<h2>Learning</h2>
${chartOf('Accuracy', rounds, 'accuracy')}
${chartOf('Loss in nats', rounds, 'loss')}
<h2>Clusters</h2>
${treeTable(clusters)}
<h2>Privacy</h2>
${privacySection(privacy)}
<h2>Rounds</h2>
${roundsTable(rounds)}
</body></html>
`
}

function factsOf({ id, config, lifecycle, reason, rounds, clients }: FederationState, policyHash: string, fingerprint: string): [string, string][] {
  const { strategy, privacy, model, data, train, cohort, stop } = config
  const last = rounds.at(-1)
  const [first] = rounds
  return [
    ['federation', id],
    ['asked by', config.operator],
    ['state', reason === '' ? lifecycle : `${lifecycle}: ${reason}`],
    ['strategy', withOptions(strategy.name, strategy.options)],
    ...(strategy.expert === undefined
      ? []
      : ([['expert', withOptions('one for all, distilled from the models of the clusters', strategy.expert.options)]] satisfies [string, string][])),
    ['privacy', `${privacy.level}, view ${privacy.view}`],
    ['model', `${model.architecture}, ${createLayout(model.parameters).length} parameters`],
    ['data', `${data.kind}, ${data.shape.join(' x ')}, ${data.classes.length} classes`],
    ['training', `${train.steps} steps of ${train.batchSize} examples, learning rate ${train.learningRate}`],
    ['clients', `${clients.size} took part; ${cohort.min} to ${cohort.max} in a round`],
    ['stops', `after ${stop.rounds} rounds${stop.accuracy === null ? '' : ` or at accuracy ${stop.accuracy}`}`],
    ...(first === undefined || last === undefined
      ? []
      : ([
          ['ran', `${day(first.startedAt)} to ${day(last.endedAt)}, ${rounds.length} rounds`],
          ['accuracy at the end', shown(lastMeasured(rounds).accuracy)],
        ] satisfies [string, string][])),
    ['policy hash', policyHash],
    ['fingerprint of the key', fingerprint],
  ]
}

const withOptions = (words: string, options: Readonly<Record<string, unknown>>): string =>
  Object.keys(options).length === 0 ? words : `${words} ${JSON.stringify(options)}`

const lastMeasured = (rounds: readonly RoundSummary[]): Metrics =>
  rounds.findLast(({ metrics }) => metrics.accuracy !== null || metrics.loss !== null)?.metrics ?? { accuracy: null, loss: null }

const factsTable = (facts: readonly (readonly [string, string])[]): string =>
  `<table>${facts.map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join('')}</table>`

interface Curve {
  readonly name: string
  readonly points: readonly { readonly round: number; readonly value: number }[]
}

/** A curve for each cluster and one for all together; nothing where nothing was measured. */
function chartOf(title: string, rounds: readonly RoundSummary[], field: keyof Metrics): string {
  const clusters = rounds.reduce((most, round) => Math.max(most, round.clusters.length), 0)
  const curveOf = (name: string, pick: (round: RoundSummary) => Metrics | undefined): Curve => ({
    name,
    points: thinned(
      rounds.flatMap((round) => {
        const value = pick(round)?.[field] ?? null
        return value === null ? [] : [{ round: round.round, value }]
      }),
    ),
  })
  const ofClusters = clusters < 2 ? [] : Array.from({ length: clusters }, (_, cluster) => curveOf(`cluster ${cluster}`, (round) => round.clusters[cluster]))
  const curves = [curveOf('all', ({ metrics }) => metrics), ...ofClusters].filter(({ points }) => points.length > 0)
  if (curves.length === 0) return `<p>${title}: not measured.</p>`
  const values = curves.flatMap(({ points }) => points.map(({ value }) => value))
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const lastRound = Math.max(1, rounds.length - 1)
  const x = (round: number): string => (MARGIN + (round / lastRound) * (WIDTH - 2 * MARGIN)).toFixed(1)
  const y = (value: number): string => (HEIGHT - MARGIN - (high > low ? (value - low) / (high - low) : 0.5) * (HEIGHT - 1.5 * MARGIN)).toFixed(1)
  const colourOf = (index: number): string => COLOURS[index % COLOURS.length] ?? ''
  const lines = curves.map(({ name, points }, index) => {
    const dot =
      points.length === 1 ? points.map(({ round, value }) => `<circle cx="${x(round)}" cy="${y(value)}" r="3" fill="${colourOf(index)}"/>`).join('') : ''
    return `<polyline stroke="${colourOf(index)}" points="${points.map(({ round, value }) => `${x(round)},${y(value)}`).join(' ')}"><title>${name}</title></polyline>${dot}`
  })
  const legend = curves.map(({ name }, index) => `<span style="color:${colourOf(index)}">${name}</span>`).join(', ')
  return `<figure><figcaption>${title}: ${legend}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} by round">
<path d="M${MARGIN} ${MARGIN / 2}V${HEIGHT - MARGIN}H${WIDTH - MARGIN}"/>
<text x="${MARGIN - 6}" y="${y(high)}" text-anchor="end">${high.toFixed(3)}</text><text x="${MARGIN - 6}" y="${y(low)}" text-anchor="end">${low.toFixed(3)}</text>
<text x="${MARGIN}" y="${HEIGHT - MARGIN + 18}">0</text><text x="${WIDTH - MARGIN}" y="${HEIGHT - MARGIN + 18}" text-anchor="end">${rounds.length - 1}</text>
${lines.join('\n')}
</svg></figure>`
}

function thinned<Point>(points: readonly Point[]): readonly Point[] {
  const step = Math.ceil(points.length / MAX_POINTS)
  return points.filter((_, index) => (points.length - 1 - index) % step === 0)
}

function treeTable({ tree }: ClusterInsight): string {
  const rows = tree.map(({ node, parent, cluster, bornInRound, splitInRound, why, members, metrics }) => {
    const what = cluster === null ? `split in round ${splitInRound}` : `cluster ${cluster}`
    const cells = [node, parent ?? '–', what, bornInRound, members, shown(metrics.accuracy), shown(metrics.loss), escaped(why)]
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  return `<table><thead><tr><th>model</th><th>from</th><th>now</th><th>since round</th><th>members</th><th>accuracy</th><th>loss</th><th>why it split</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

function privacySection({ level, view, operatorSees, operatorDoesNotSee, sums, refusals, ledger }: PrivacyInsight): string {
  const list = (sentences: readonly string[]): string => `<ul>${sentences.map((sentence) => `<li>${escaped(sentence)}</li>`).join('')}</ul>`
  const refused = Object.entries(refusals).map(([code, count]): [string, string] => [code, String(count)])
  const spent = ledger?.rounds.at(-1)
  return `<p>Level ${level}, view ${view}. In the words that the volunteers agreed to:</p>
<h3>The operator sees</h3>${list(operatorSees)}
<h3>The operator does not see</h3>${list(operatorDoesNotSee)}
${ledger === null || spent === undefined ? '' : `<p>A client that was in every sum has spent epsilon ${spent.epsilon.toFixed(3)} of ${ledger.budget} at delta ${ledger.delta}.</p>`}
${sums.length === 0 ? '' : `<p>The latest ${sums.length} sums that were opened are over ${sums.reduce((least, { clients }) => Math.min(least, clients), Number.POSITIVE_INFINITY)} clients or more.</p>`}
${refused.length === 0 ? '' : `<h3>Refused since the server started</h3>${factsTable(refused)}`}`
}

function roundsTable(rounds: readonly RoundSummary[]): string {
  const listed = rounds.slice(-ROUNDS_LISTED)
  const rows = listed.map(({ round, outcome, reason, clients, startedAt, endedAt, metrics, clusterSizes, notes }) => {
    const seconds = ((endedAt - startedAt) / 1000).toFixed(1)
    const cells = [
      round,
      reason === null ? outcome : `${outcome}: ${reason}`,
      clients,
      seconds,
      shown(metrics.accuracy),
      shown(metrics.loss),
      clusterSizes.join(', '),
    ]
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}<td>${escaped(notes.join(' '))}</td></tr>`
  })
  const note = listed.length < rounds.length ? `<p>The latest ${listed.length} of ${rounds.length}.</p>` : ''
  return `${note}<table><thead><tr><th>round</th><th>outcome</th><th>clients</th><th>seconds</th><th>accuracy</th><th>loss</th><th>clients of each cluster</th><th>found</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0;display:block;overflow-x:auto}th,td{padding:.25rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #d5dde5;font-variant-numeric:tabular-nums}
td{overflow-wrap:anywhere}figure{margin:1rem 0}svg{width:100%;height:auto}svg path{fill:none;stroke:#97a3ae}svg text{font-size:12px;fill:#52606d}polyline{fill:none;stroke-width:2}`
