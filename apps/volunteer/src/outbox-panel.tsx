import { MAX_OUTBOX_ENTRIES, type Outbox, ROUNDS_WITH_CLEAR, type SumFindings } from '@shoal/client'
import { type Column, DataTable, formatBytes, saveFile } from '@shoal/ui'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ComparisonView } from './comparison-view.tsx'
import { language, say } from './language.ts'
import { type OutboxWords, outboxWords } from './outbox.words.ts'
import { outboxLines } from './outbox-export.ts'
import { OutboxRoundList } from './outbox-round-list.tsx'
import { describeTrouble, latestUpdate, type OutboxRound, roundsOf, type SumRow, sumRowOf } from './outbox-rounds.ts'
import type { Participation } from './participation.ts'

/** Every message that left this device, what hid the answers in them, and what this device could check of the sums that they went into. */
export function OutboxPanel({ participation, federation }: { participation: Participation; federation: string }): VNode {
  const outbox = participation.outbox.value
  const sums = participation.sums.value
  const words = say(outboxWords)
  return (
    <section class="panel outbox" aria-labelledby="outbox-title">
      <h2 id="outbox-title">{words.title}</h2>
      <p>
        {outbox === null ? words.nothingYet : words.total(outbox.totalFrames, formatBytes(outbox.totalBytes, language.value))}
        <span class="quiet">{words.beside}</span>
      </p>
      {outbox !== null && <OutboxList outbox={outbox} sums={sums} federation={federation} />}
    </section>
  )
}

/** What an outbox holds, and what was found of its sums: of a real session, or of a rehearsal. */
export function OutboxList({ outbox, sums, federation }: { outbox: Outbox; sums: readonly SumFindings[]; federation: string }): VNode {
  const answer = latestUpdate(outbox)
  const rounds = roundsOf(outbox, sums)
  const words = say(outboxWords)
  return (
    <>
      {answer?.comparison && (
        <>
          <h3>{words.myUpdate(answer.round)}</h3>
          <ComparisonView comparison={answer.comparison} own="update" />
        </>
      )}
      {sums.length > 0 && <SumTable rounds={rounds} />}
      <h3>{words.everyMessage}</h3>
      {rounds
        .filter(({ entries }) => entries.length > 0)
        .map((round) => (
          <OutboxRoundList key={round.round ?? 'before'} round={round} />
        ))}
      {outbox.totalFrames > MAX_OUTBOX_ENTRIES && <p class="quiet">{words.lastListed(MAX_OUTBOX_ENTRIES)}</p>}
      {outbox.troubles.length > 0 && (
        <>
          <h3>{words.troublesTitle}</h3>
          <ul>
            {outbox.troubles.map((trouble) => (
              <li key={`${trouble.kind} ${trouble.code}`}>{describeTrouble(language.value, trouble)}</li>
            ))}
          </ul>
        </>
      )}
      <Export outbox={outbox} sums={sums} federation={federation} />
    </>
  )
}

const columnsIn = ({ columns }: OutboxWords): readonly Column<SumRow>[] => [
  { title: columns.round, cell: ({ round }) => round, isNumber: true },
  { title: columns.others, cell: ({ others }) => others, isNumber: true },
  { title: columns.inSum, cell: ({ survivors }) => survivors, isNumber: true },
  { title: columns.checked, cell: ({ checks, isWrong }) => <span class={isWrong ? 'wrong' : undefined}>{checks}</span> },
]

function SumTable({ rounds }: { rounds: readonly OutboxRound[] }): VNode {
  const rows = rounds.flatMap(({ round, sums }) => (round === null || sums.length === 0 ? [] : [sumRowOf(language.value, round, [...sums].reverse())]))
  const words = say(outboxWords)
  const hasBudget = rows.some(({ epsilon }) => epsilon !== '-')
  return (
    <>
      <h3>{words.sumsTitle}</h3>
      <DataTable
        caption={words.sumsCaption}
        columns={[...columnsIn(words), ...(hasBudget ? [{ title: words.columns.epsilon, cell: ({ epsilon }: SumRow) => epsilon, isNumber: true }] : [])]}
        rows={rows}
        keyOf={({ round }) => round}
        empty={words.none}
      />
    </>
  )
}

function Export({ outbox, sums, federation }: { outbox: Outbox; sums: readonly SumFindings[]; federation: string }): VNode {
  const [withClear, setWithClear] = useState(false)
  const words = say(outboxWords)
  return (
    <div class="outbox-export">
      <label>
        <input type="checkbox" checked={withClear} onChange={({ currentTarget }) => setWithClear(currentTarget.checked)} />
        {words.withClear(ROUNDS_WITH_CLEAR)}
      </label>
      <div class="actions">
        <button
          type="button"
          class="outline"
          onClick={() =>
            saveFile(`outbox-${federation}.ndjson`, outboxLines(outbox, sums, { startedAt: performance.timeOrigin, withClear }), 'application/x-ndjson')
          }
        >
          {words.save}
        </button>
      </div>
    </div>
  )
}
