import type { FederationView, RoundSummary } from '@shoal/protocol'
import { AccuracyChart, type Column, DataTable, formatDuration, formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'

const ROUND_COLUMNS: readonly Column<RoundSummary>[] = [
  { title: 'Round', cell: ({ round }) => round, isNumber: true },
  { title: 'Accuracy', cell: ({ metrics }) => formatPercent(metrics.accuracy), isNumber: true },
  { title: 'Loss', cell: ({ metrics }) => metrics.loss?.toFixed(3) ?? '-', isNumber: true },
  { title: 'Volunteers', cell: ({ clients }) => clients, isNumber: true },
  { title: 'Took', cell: ({ startedAt, endedAt }) => formatDuration(endedAt - startedAt), isNumber: true },
  { title: 'Outcome', cell: ({ outcome, reason }) => (reason === null ? outcome : `${outcome}: ${reason}`) },
]

/** How well it learns, round by round. */
export function LearningPanel({ view }: { view: FederationView }): VNode {
  return (
    <>
      <AccuracyChart rounds={view.rounds} />
      <h3>Rounds</h3>
      <DataTable
        caption="Rounds, newest first"
        columns={ROUND_COLUMNS}
        rows={[...view.rounds].reverse()}
        keyOf={({ round }) => round}
        empty="No round has ended yet."
      />
    </>
  )
}
