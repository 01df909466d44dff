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

/** Rows of two columns, the first as wide as its widest cell. */
function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}

export interface ClosingOptions {
  readonly target: number
  /** What took part: real tabs are compared with the simulator, simulated clients are the simulator. */
  readonly who: 'tabs' | 'clients'
  /** Backend and renderer, as the tabs told them. */
  readonly computed: string
  /** Why the federation ended. */
  readonly ended: string
}

/** The closing table. */
export function closingTable(report: RunReport, options: ClosingOptions): string {
  const { accuracy, baselineAccuracy, baselineSeconds, rounds, seconds, bytesUp, bytesDown, tabs } = report
  const perTab = (bytes: number): string => `${megabytes(bytes / tabs)} each (${megabytes(bytes)} in all)`
  const reached = accuracy !== null && accuracy >= options.target
  return table([
    ['accuracy', `${shown(accuracy, 4)} on the official test set (${reached ? 'reached' : 'missed'} ${options.target})`],
    ...(options.who === 'clients'
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
