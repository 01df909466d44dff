import type { AuditList } from '@shoal/protocol'
import { type Column, DataTable, FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { accessApi } from './access-api.ts'
import { useLookUp } from './looked-up.ts'
import { momentInWords } from './moment-words.ts'
import { route } from './route.ts'

export const AUDIT_COLUMNS: readonly Column<AuditList[number]>[] = [
  { title: 'When', cell: ({ at }) => momentInWords(at) },
  { title: 'Who', cell: ({ who }) => who },
  { title: 'What', cell: ({ what }) => what.replaceAll('-', ' ') },
  { title: 'To what', cell: ({ target }) => target },
  { title: 'Outcome', cell: ({ refusal }) => (refusal === null ? 'done' : <span class="problem">refused: {refusal}</span>) },
]

/** Who did what, a page at a time, newest first. */
export function AuditPage(): VNode {
  /** Ids before which the pages begin that were turned, the newest page first. */
  const [turned, setTurned] = useState<readonly number[]>([])
  const before = turned[turned.length - 1] ?? null
  const { value: entries, failure } = useLookUp(() => accessApi.audit(before), `${before} ${route.value.page}`)
  const last = entries?.[entries.length - 1]
  return (
    <section class="panel" aria-label="Audit log">
      <p>Every command of an operator, a program or a configuration file, done or refused. It holds no secret, and nothing of volunteers’ data.</p>
      {failure !== null && <FailureNote title="The log is not known at the moment." failure={failure} />}
      {entries === null && failure === null && <progress aria-label="Asking the server" />}
      {entries !== null && (
        <DataTable
          caption="Audit log, newest first"
          columns={AUDIT_COLUMNS}
          rows={entries}
          keyOf={({ id }) => id}
          empty={before === null ? 'Nothing has been done yet.' : 'There is nothing older.'}
        />
      )}
      <div class="actions after">
        <button type="button" class="secondary outline" disabled={turned.length === 0} onClick={() => setTurned((ids) => ids.slice(0, -1))}>
          Newer
        </button>
        <button
          type="button"
          class="secondary outline"
          disabled={last === undefined}
          onClick={() => last !== undefined && setTurned((ids) => [...ids, last.id])}
        >
          Older
        </button>
      </div>
    </section>
  )
}
