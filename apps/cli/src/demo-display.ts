import type { RoundReport, RunReport } from '@shoal/protocol'

const BAR_CELLS = 24
const FULL_CELL = '█'
const EMPTY_CELL = '░'

/** Share of wrong answers of a model that knows nothing of ten classes: where the bar begins. */
const CHANCE_ERROR = 0.9

/** How far the error has come down from chance to that of `target`, as a bar of one width. On a logarithmic scale: every halving of the error counts the same. */
export function progressBar(accuracy: number | null, target: number): string {
  const error = Math.min(CHANCE_ERROR, Math.max(1 - (accuracy ?? 0), 1 - target))
  const full = Math.floor((BAR_CELLS * Math.log(CHANCE_ERROR / error)) / Math.log(CHANCE_ERROR / (1 - target)))
  return FULL_CELL.repeat(full) + EMPTY_CELL.repeat(BAR_CELLS - full)
}

const shown = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits))
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`

/** One line of a finished round. Bytes are those of all clients together. */
export function roundLine(report: RoundReport, target: number): string {
  const { round, accuracy, loss, clients, seconds, bytesUp, bytesDown } = report
  return [
    `round ${String(round).padStart(3)}`,
    progressBar(accuracy, target),
    `accuracy ${shown(accuracy, 4)} of ${target}`,
    `loss ${shown(loss, 3)}`,
    `${clients} ${clients === 1 ? 'client' : 'clients'}`,
    `${seconds.toFixed(1)} s`,
    `up ${megabytes(bytesUp)}`,
    `down ${megabytes(bytesDown)}`,
  ].join('  ')
}

/** The line of a round; where there are clusters the accuracy of each below it, and whatever the strategy found. */
export function roundLines(report: RoundReport, goal: number): string {
  const clusters = report.clusters.map(({ accuracy }, cluster) => `${cluster}: ${shown(accuracy, 3)} (${report.clusterSizes[cluster] ?? 0})`)
  return [
    roundLine(report, goal),
    ...(clusters.length > 1 ? [`           clusters  ${clusters.join('   ')}`] : []),
    ...report.notes.map((note) => `           > ${note}`),
  ].join('\n')
}

/** Each cluster that was found: who is in it, and what its own model and the one for everybody reach on its members' own test pictures. */
export function groupTable({ groups }: Pick<RunReport, 'groups'>): string {
  const planted = groups[0]?.planted.length ?? 0
  const header = ['cluster', 'clients', ...Array.from({ length: planted }, (_, group) => `of group ${group + 1}`), 'accuracy', 'FedAvg']
  const rows = groups.map(({ cluster, clients, planted: members, accuracy, baselineAccuracy }) => [
    String(cluster),
    String(clients),
    ...members.map(String),
    shown(accuracy, 4),
    shown(baselineAccuracy, 4),
  ])
  return [header, ...rows].map((cells) => `  ${cells.map((cell, column) => cell.padStart(header[column].length)).join('  ')}`).join('\n')
}

/** Rows of two columns, the first as wide as its widest cell. */
function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}

export interface ClosingOptions {
  /** Whether the run got where it should. */
  readonly verdict: string
  /** What took part: real tabs are compared with the simulator, simulated clients are the simulator. */
  readonly who: 'tabs' | 'clients'
  /** Backend and renderer, as the tabs told them. */
  readonly computed: string
  /** Why the federation ended. */
  readonly ended: string
}

/** The closing table. */
export function closingTable(report: RunReport, options: ClosingOptions): string {
  const { accuracy, ari, baselineAccuracy, baselineSeconds, clusters, rounds, seconds, bytesUp, bytesDown, tabs } = report
  const isPlanted = ari !== null
  const perTab = (bytes: number): string => `${megabytes(bytes / tabs)} each (${megabytes(bytes)} in all)`
  return table([
    ...(isPlanted
      ? [
          ['groups', `${options.verdict}: ${clusters} clusters, adjusted Rand index ${shown(ari, 3)}, purity ${shown(report.purity, 3)}`] as const,
          ['accuracy', `${shown(accuracy, 4)} on the volunteers' own test pictures, each with its cluster's model`] as const,
        ]
      : [['accuracy', `${shown(accuracy, 4)} on the official test set (${options.verdict})`] as const]),
    ...(options.who === 'clients' && !isPlanted
      ? []
      : [['FedAvg in the simulator', `${shown(baselineAccuracy, 4)} (same seed, rounds and data; ${shown(baselineSeconds, 1)} s, not counted)`] as const]),
    ['strategy', `${report.strategy}, privacy ${report.privacy}, view ${report.view}`],
    ['rounds', String(rounds.length)],
    [options.who, `${tabs}, computing with ${options.computed}`],
    ['uploaded', perTab(bytesUp)],
    ['downloaded', perTab(bytesDown)],
    ['seconds', seconds.toFixed(1)],
    ['ended', options.ended],
  ])
}
