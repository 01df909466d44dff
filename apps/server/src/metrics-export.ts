import type { FederationState } from '@shoal/coordinator'
import type { Metrics, RoundSummary, TrafficList } from '@shoal/protocol'

/** Every round in one line: what the federation measured, by cluster, and what its strategy did. Times in milliseconds since the epoch. */
export function metricsCsv(rounds: readonly RoundSummary[]): string {
  const clusters = rounds.reduce((most, { clusterSizes }) => Math.max(most, clusterSizes.length), 0)
  const signals = [...new Set(rounds.flatMap((round) => Object.keys(round.signals)))].sort()
  const names = Array.from({ length: clusters }, (_, cluster) => [
    `cluster_${cluster}_clients`,
    `cluster_${cluster}_accuracy`,
    `cluster_${cluster}_loss`,
  ]).flat()
  const header = ['round', 'outcome', 'reason', 'clients', 'started_at', 'ended_at', 'accuracy', 'loss', ...names, ...signals]
  const lines = rounds.map((round) => {
    const { accuracy, loss } = round.metrics
    const ofClusters = Array.from({ length: clusters }, (_, cluster) => [
      round.clusterSizes[cluster] ?? '',
      ...cellsOf(clusterMetricsOf(round, cluster)),
    ]).flat()
    const ofSignals = signals.map((signal) => round.signals[signal] ?? '')
    return [
      round.round,
      round.outcome,
      round.reason ?? '',
      round.clients,
      round.startedAt,
      round.endedAt,
      accuracy ?? '',
      loss ?? '',
      ...ofClusters,
      ...ofSignals,
    ]
  })
  return [header, ...lines].map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('')
}

/** With one cluster what was measured is of that one. */
const clusterMetricsOf = ({ clusters, clusterSizes, metrics }: RoundSummary, cluster: number): Metrics | undefined =>
  clusters[cluster] ?? (clusterSizes.length === 1 && cluster === 0 ? metrics : undefined)

const cellsOf = (metrics: Metrics | undefined): (number | '')[] => [metrics?.accuracy ?? '', metrics?.loss ?? '']

/** RFC 4180; a cell that a spreadsheet would take for a formula is marked as text. */
function cellOf(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The same for programs, with what the strategy found in words. */
export function metricsJson({ id, config, lifecycle, rounds }: FederationState, traffic: TrafficList): unknown {
  const { name, strategy, privacy } = config
  return { federation: id, name, strategy: strategy.name, privacy: privacy.level, lifecycle, rounds, traffic }
}
