import type { RoundReport, RoundSummary, RunReport } from '@shoal/protocol'

/** A finished round, as reports list it. */
export function roundReportOf(summary: RoundSummary, measured: Pick<RoundReport, 'bytesUp' | 'bytesDown' | 'seconds'>): RoundReport {
  const { round, outcome, reason, metrics, clients, clusters, clusterSizes, signals } = summary
  const notes = outcome === 'aborted' ? [...summary.notes, `The round was aborted: ${reason}`] : summary.notes
  return { round, ...metrics, clients, clusters, clusterSizes, signals, notes, ...measured }
}

/** What the expert reached when it was last measured; nothing where there was none. */
export function expertOf(rounds: readonly RoundReport[]): Pick<RunReport, 'expertAccuracy'> {
  const accuracy = rounds.findLast(({ signals }) => signals.expertAccuracy !== undefined)?.signals.expertAccuracy
  return accuracy === undefined ? {} : { expertAccuracy: accuracy }
}
