import type { RoundReport, RoundSummary } from '@shoal/protocol'

/** A finished round, as reports list it. */
export function roundReportOf(summary: RoundSummary, measured: Pick<RoundReport, 'bytesUp' | 'bytesDown' | 'seconds'>): RoundReport {
  const { round, metrics, clients, clusters, clusterSizes, signals, notes } = summary
  return { round, ...metrics, clients, clusters, clusterSizes, signals, notes, ...measured }
}
