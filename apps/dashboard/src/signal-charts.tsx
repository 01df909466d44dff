import type { RoundSummary } from '@shoal/protocol'
import { type Column, DataTable, LineChart, type Point } from '@shoal/ui'
import type { VNode } from 'preact'
import type { GroupHistory } from './group-history.ts'
import { type Gauge, measureTitle, type SignalRow, seriesOf, signalTableOf } from './signal-history.ts'

/** What the strategy decides by, as curves, and everything it measured as a table. */
export function SignalCharts({ rounds, gauge, history }: { rounds: readonly RoundSummary[]; gauge: Gauge; history: GroupHistory }): VNode {
  const { series, top } = seriesOf(rounds, gauge)
  // Room is kept for the curve that will come.
  const shown = series.length === 0 ? [{ cluster: 0, points: [] }] : series
  return (
    <>
      <h4>{gauge.title}</h4>
      <p class="quiet">{gauge.sentence}</p>
      <ul class="groups">
        {shown.map(({ cluster, points }) => (
          <li key={cluster}>
            {shown.length > 1 && <p class="chart-title">Group {cluster + 1}</p>}
            <LineChart
              size="small"
              label={readingsInWords(shown.length > 1 ? `${gauge.title} Group ${cluster + 1}` : gauge.title, points)}
              points={points}
              scale={{ x: history.span, y: [0, top] }}
              format={(value) => String(Number(value.toPrecision(2)))}
              marks={history.splits}
              {...(gauge.limit === null ? {} : { limit: gauge.limit })}
              empty="Not measured yet"
            />
          </li>
        ))}
      </ul>
      <details>
        <summary>All that was measured, as a table</summary>
        <SignalTable rounds={rounds} />
      </details>
    </>
  )
}

function SignalTable({ rounds }: { rounds: readonly RoundSummary[] }): VNode {
  const { rows, measures } = signalTableOf(rounds)
  const columns: readonly Column<SignalRow>[] = [
    { title: 'Round', cell: ({ round }) => round, isNumber: true },
    { title: 'Group', cell: ({ cluster }) => cluster + 1, isNumber: true },
    ...measures.map(
      (measure): Column<SignalRow> => ({ title: measureTitle(measure), cell: ({ values }) => values[measure]?.toFixed(3) ?? '-', isNumber: true }),
    ),
  ]
  return (
    <DataTable
      caption="What the strategy measured, newest round first"
      columns={columns}
      rows={rows}
      keyOf={({ round, cluster }) => `${round} ${cluster}`}
      empty="Nothing was measured yet."
    />
  )
}

function readingsInWords(what: string, points: readonly Point[]): string {
  const first = points[0]
  const last = points[points.length - 1]
  if (first === undefined || last === undefined) return `${what} Not measured yet.`
  return `${what} ${first.y.toFixed(2)} in round ${first.x}, ${last.y.toFixed(2)} in round ${last.x}.`
}
