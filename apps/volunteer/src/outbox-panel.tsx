import { MAX_OUTBOX_ENTRIES, type Outbox, ROUNDS_WITH_CLEAR, type SumFindings } from '@shoal/client'
import { type Column, DataTable, formatBytes, formatCount } from '@shoal/ui'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ComparisonView } from './comparison-view.tsx'
import { outboxLines } from './outbox-export.ts'
import { OutboxRoundList } from './outbox-round-list.tsx'
import { describeTrouble, latestUpdate, type OutboxRound, roundsOf, type SumRow, sumRowOf } from './outbox-rounds.ts'
import type { Participation } from './participation.ts'

/** Every message that left this device, what hid the answers in them, and what this device could check of the sums that they went into. */
export function OutboxPanel({ participation, federation }: { participation: Participation; federation: string }): VNode {
  const outbox = participation.outbox.value
  const sums = participation.sums.value
  return (
    <section class="panel outbox" aria-labelledby="outbox-title">
      <h2 id="outbox-title">What left my device</h2>
      <p>
        {outbox === null ? 'Nothing yet' : `${formatCount(outbox.totalFrames, 'message')}, ${formatBytes(outbox.totalBytes)}`}
        <span class="quiet"> beside the requests for this page, the invitation and, if you asked for them, the sample data.</span>
      </p>
      {outbox !== null && <Left outbox={outbox} sums={sums} federation={federation} />}
    </section>
  )
}

function Left({ outbox, sums, federation }: { outbox: Outbox; sums: readonly SumFindings[]; federation: string }): VNode {
  const answer = latestUpdate(outbox)
  const rounds = roundsOf(outbox, sums)
  return (
    <>
      {answer?.comparison && (
        <>
          <h3>{answer.round === null ? 'My update' : `My update in round ${answer.round}`}</h3>
          <ComparisonView comparison={answer.comparison} own="My update" />
        </>
      )}
      {sums.length > 0 && <SumTable rounds={rounds} />}
      <h3>Every message, the newest first</h3>
      {rounds
        .filter(({ entries }) => entries.length > 0)
        .map((round) => (
          <OutboxRoundList key={round.round ?? 'before'} round={round} />
        ))}
      {outbox.totalFrames > MAX_OUTBOX_ENTRIES && <p class="quiet">The last {MAX_OUTBOX_ENTRIES} are listed.</p>}
      {outbox.troubles.length > 0 && (
        <>
          <h3>What did not go as planned</h3>
          <ul>
            {outbox.troubles.map((trouble) => (
              <li key={`${trouble.kind} ${trouble.code}`}>{describeTrouble(trouble)}</li>
            ))}
          </ul>
        </>
      )}
      <Export outbox={outbox} sums={sums} federation={federation} />
    </>
  )
}

const COLUMNS: readonly Column<SumRow>[] = [
  { title: 'Round', cell: ({ round }) => round, isNumber: true },
  { title: 'Others', cell: ({ others }) => others, isNumber: true },
  { title: 'In the sum', cell: ({ survivors }) => survivors, isNumber: true },
  { title: 'What this device checked', cell: ({ checks, isWrong }) => <span class={isWrong ? 'wrong' : undefined}>{checks}</span> },
]
const EPSILON: Column<SumRow> = { title: 'Privacy spent (ε)', cell: ({ epsilon }) => epsilon, isNumber: true }

function SumTable({ rounds }: { rounds: readonly OutboxRound[] }): VNode {
  const rows = rounds.flatMap(({ round, sums }) => (round === null || sums.length === 0 ? [] : [sumRowOf(round, [...sums].reverse())]))
  const hasBudget = rows.some(({ epsilon }) => epsilon !== '-')
  return (
    <>
      <h3>The sums I was in</h3>
      <DataTable
        caption="The sums I was in, newest first"
        columns={hasBudget ? [...COLUMNS, EPSILON] : COLUMNS}
        rows={rows}
        keyOf={({ round }) => round}
        empty="None yet."
      />
    </>
  )
}

function Export({ outbox, sums, federation }: { outbox: Outbox; sums: readonly SumFindings[]; federation: string }): VNode {
  const [withClear, setWithClear] = useState(false)
  return (
    <div class="outbox-export">
      <label>
        <input type="checkbox" checked={withClear} onChange={({ currentTarget }) => setWithClear(currentTarget.checked)} />
        With my own numbers of the last {ROUNDS_WITH_CLEAR} rounds, before they were hidden. Whoever gets the file can read them.
      </label>
      <div class="actions">
        <button
          type="button"
          class="outline"
          onClick={() => save(`outbox-${federation}.ndjson`, outboxLines(outbox, sums, { startedAt: performance.timeOrigin, withClear }))}
        >
          Save this list as a file
        </button>
      </div>
    </div>
  )
}

/** Nothing is sent: the browser writes what this page has. */
function save(fileName: string, content: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type: 'application/x-ndjson' }))
  link.download = fileName
  link.click()
  URL.revokeObjectURL(link.href)
}
