import type { OutboxEntry } from '@shoal/client'
import { type Column, DataTable, formatBytes, formatCount } from '@shoal/ui'
import type { VNode } from 'preact'
import type { Participation } from './participation.ts'

/** Rows that are drawn; the totals count all. */
const SHOWN = 100

const COLUMNS: readonly Column<OutboxEntry>[] = [
  { title: 'Time', cell: ({ at }) => new Date(performance.timeOrigin + at).toLocaleTimeString([], { hour12: false }) },
  { title: 'What for', cell: ({ purpose }) => purpose },
  { title: 'Size', cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
]

export function OutboxPanel({ participation }: { participation: Participation }): VNode {
  const outbox = participation.outbox.value
  const entries = outbox?.entries ?? []
  const rows = entries.slice(-SHOWN).reverse()
  return (
    <section class="panel" aria-labelledby="outbox-title">
      <h2 id="outbox-title">What left my device</h2>
      <p>
        {outbox === null ? 'Nothing yet' : `${formatCount(outbox.totalFrames, 'message')}, ${formatBytes(outbox.totalBytes)}`}
        <span class="quiet"> beside the requests for this page, the invitation and, if you asked for them, the sample data.</span>
      </p>
      <DataTable
        caption="What left my device, newest first"
        columns={COLUMNS}
        rows={rows}
        keyOf={(entry) => `${entry.at} ${entry.name} ${entries.indexOf(entry)}`}
        empty="Nothing has left this device."
      />
      {(outbox?.totalFrames ?? 0) > rows.length && <p class="quiet">The last {rows.length} are listed.</p>}
    </section>
  )
}
