import type { Comparison } from '@shoal/client'
import { type Column, DataTable } from '@shoal/ui'
import type { VNode } from 'preact'
import { useId, useState } from 'preact/hooks'
import { language, say } from './language.ts'
import { type OutboxWords, outboxWords } from './outbox.words.ts'

type Side = 'clear' | 'sent'

/** The same numbers of one answer before and after it was hidden, one of the two at a time. `own`: what the answer was. */
export function ComparisonView({ comparison, own }: { comparison: Comparison; own: 'update' | 'numbers' }): VNode {
  const [side, choose] = useState<Side>('clear')
  const [areNumbersShown, showNumbers] = useState(false)
  const name = useId()
  const words = say(outboxWords)
  const mine = words.mine[own]
  const { hiddenBy, length, places, clear, sent, sentLimit } = comparison
  const values = side === 'clear' ? clear : sent
  const limit = side === 'clear' ? Math.max(...clear.map(Math.abs)) || 1 : sentLimit
  const which = words.which(places.length, length)
  return (
    <div class="comparison">
      <fieldset class="sides">
        <legend>{words.ofOneAnswer(which)}</legend>
        <label>
          <input type="radio" name={name} checked={side === 'clear'} onChange={() => choose('clear')} />
          {mine}
        </label>
        <label>
          <input type="radio" name={name} checked={side === 'sent'} onChange={() => choose('sent')} />
          {words.wasSent}
        </label>
      </fieldset>
      <Bars
        values={values}
        limit={limit}
        side={side}
        label={words.between(side === 'clear' ? mine : words.wasSent, which, short(Math.min(...values)), short(Math.max(...values)))}
      />
      <p class="quiet" aria-live="polite">
        {words.captions[hiddenBy][side]}
        {side === 'clear' && hiddenBy === 'masks' && own === 'update' && ` ${words.spreadByRule}`} {words.chartReaches(short(-limit), short(limit))}
      </p>
      <details onToggle={({ currentTarget }) => showNumbers(currentTarget.open)}>
        <summary>{words.theNumbers}</summary>
        {areNumbersShown && (
          <DataTable
            caption={words.beforeAndAfter}
            columns={columnsOf(words, mine)}
            rows={rowsOf(comparison)}
            keyOf={({ place }) => place}
            empty={words.none}
          />
        )}
      </details>
    </div>
  )
}

interface NumberRow {
  readonly place: number
  readonly clear: number
  readonly sent: number
}

const columnsOf = (words: OutboxWords, mine: string): readonly Column<NumberRow>[] => [
  { title: words.place, cell: ({ place }) => place.toLocaleString(language.value), isNumber: true },
  { title: mine, cell: ({ clear }) => short(clear), isNumber: true },
  { title: words.wasSent, cell: ({ sent }) => sent.toLocaleString(language.value), isNumber: true },
]

const rowsOf = ({ places, clear, sent }: Comparison): readonly NumberRow[] => places.map((place, index) => ({ place, clear: clear[index], sent: sent[index] }))

/** Four digits that count: `0.00213`, `-12.5`, `2,147,483,648`. */
const short = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString(language.value) : value.toLocaleString(language.value, { maximumSignificantDigits: 4, useGrouping: false })

const FRAME = { width: 480, height: 140 } as const
const HALF = FRAME.height / 2
/** A bar that would be invisible is drawn so high. */
const LEAST_BAR = 0.75

function Bars({ values, limit, side, label }: { values: readonly number[]; limit: number; side: Side; label: string }): VNode {
  const step = FRAME.width / values.length
  return (
    <svg class={`bars ${side}`} viewBox={`0 0 ${FRAME.width} ${FRAME.height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <line class="chart-grid" x1={0} x2={FRAME.width} y1={HALF} y2={HALF} />
      {values.map((value, index) => {
        const height = Math.max(LEAST_BAR, (Math.min(Math.abs(value), limit) / limit) * (HALF - 2))
        return <rect key={index} x={(index + 0.15) * step} width={0.7 * step} y={value < 0 ? HALF : HALF - height} height={height} />
      })}
    </svg>
  )
}
