import type { RoundSummary } from '@shoal/protocol'
import { type Column, DataTable, formatPercent, LineChart, type Point } from '@shoal/ui'
import type { VNode } from 'preact'
import type { ClientsKnown } from './client-list.ts'
import { type Finding, findingsOf, type Group, type GroupHistory, groupHistoryOf, hereIn } from './group-history.ts'
import { SignalCharts } from './signal-charts.tsx'
import { type Gauge, whyTogether } from './signal-history.ts'

const FINDING_COLUMNS: readonly Column<Finding>[] = [
  { title: 'Round', cell: ({ from, to }) => (from === to ? from : `${from} to ${to}`), isNumber: true },
  { title: 'What was found', cell: ({ sentence }) => sentence },
]

/** Which groups there are, how each does, and why they were parted or not. */
export function GroupsPanel({ rounds, gauge, clients }: { rounds: readonly RoundSummary[]; gauge: Gauge | null; clients: ClientsKnown }): VNode {
  const history = groupHistoryOf(rounds)
  const findings = findingsOf(rounds)
  const [latest] = findings
  const why = latest?.sentence ?? (gauge === null ? '' : whyTogether(rounds, gauge))
  const unplaced = clients.list === null ? 0 : hereIn(clients.list, null)
  return (
    <section aria-labelledby="groups-title">
      <h3 id="groups-title">Groups</h3>
      <p role="status">{history.groups.length > 1 ? countInWords(history) : `One group so far. ${why}`}</p>
      {history.groups.length > 1 && (
        <>
          {clients.problem !== null && <p class="quiet">Who is here is not known at the moment: {clients.problem}</p>}
          <ul class="groups">
            {history.groups.map((group) => (
              <GroupCard key={group.cluster} group={group} history={history} here={clients.list === null ? null : hereIn(clients.list, group.cluster)} />
            ))}
          </ul>
          <p class="quiet">
            Thick line: the group’s own accuracy. Thin line: over all volunteers. Upright dashed line: a round in which groups were parted.
            {unplaced > 0 && ` Here without a group yet: ${unplaced}; their devices find it out by themselves.`}
          </p>
        </>
      )}
      {gauge !== null && <SignalCharts rounds={rounds} gauge={gauge} history={history} />}
      <h4>What was found</h4>
      <DataTable
        caption="What was found, newest first"
        columns={FINDING_COLUMNS}
        rows={findings}
        keyOf={({ from, sentence }) => `${from} ${sentence}`}
        empty="Nothing yet."
      />
    </section>
  )
}

function countInWords({ groups, splits }: GroupHistory): string {
  const last = splits[splits.length - 1]
  return `${groups.length} groups${last === undefined ? '' : ` since round ${last}`}.`
}

function GroupCard({ group, history, here }: { group: Group; history: GroupHistory; here: number | null }): VNode {
  const { cluster, size, accuracy, points } = group
  return (
    <li>
      <h4>Group {cluster + 1}</h4>
      <dl class="facts">
        <div>
          <dt>Volunteers</dt>
          <dd>
            {size}
            {here !== null && <span class="quiet">, {here} here</span>}
          </dd>
        </div>
        <div>
          <dt>Accuracy now</dt>
          <dd>{formatPercent(accuracy)}</dd>
        </div>
      </dl>
      <LineChart
        size="small"
        label={curveInWords(`Accuracy of group ${cluster + 1}`, points, history)}
        points={points}
        beside={history.everybody}
        scale={{ x: history.span, y: [0, 1] }}
        format={(share) => `${share * 100} %`}
        marks={history.splits}
        empty="Not measured yet"
      />
    </li>
  )
}

function curveInWords(what: string, points: readonly Point[], { splits }: GroupHistory): string {
  const first = points[0]
  const last = points[points.length - 1]
  if (first === undefined || last === undefined) return `${what}: not measured yet.`
  const parted = splits.length === 0 ? '' : ` Groups were parted in round ${splits.join(', ')}.`
  return `${what} by round: ${formatPercent(first.y)} after round ${first.x}, ${formatPercent(last.y)} after round ${last.x}.${parted}`
}
