import type { Comparison } from '@shoal/client'
import { type Column, DataTable, formatCount } from '@shoal/ui'
import type { VNode } from 'preact'
import { useId, useState } from 'preact/hooks'

const CAPTIONS: Record<Comparison['hiddenBy'], { readonly clear: string; readonly sent: string }> = {
  masks: {
    clear:
      'What this device computed from your data, in the form in which it is added up, with its noise where this level adds any. These numbers stay in this page’s memory.',
    sent: 'What left in their place: your numbers under masks, which look like noise. Only the sum over all members takes the masks away.',
  },
  encryption: {
    clear: 'What this device computed from your data. These numbers stay in this page’s memory, and leave it only encrypted.',
    sent: 'What left in their place: the same bytes, encrypted. The aggregator alone can open them.',
  },
}

type Side = 'clear' | 'sent'
const SENT = 'What was sent'

/** The same numbers of one answer before and after it was hidden, one of the two at a time. `own`: what the answer was. */
export function ComparisonView({ comparison, own }: { comparison: Comparison; own: 'My update' | 'My numbers' }): VNode {
  const [side, choose] = useState<Side>('clear')
  const [areNumbersShown, showNumbers] = useState(false)
  const name = useId()
  const { hiddenBy, length, places, clear, sent, sentLimit } = comparison
  const values = side === 'clear' ? clear : sent
  const limit = side === 'clear' ? Math.max(...clear.map(Math.abs)) || 1 : sentLimit
  const which = places.length === length ? `All ${formatCount(length, 'number')}` : `${places.length} of ${formatCount(length, 'number')}`
  return (
    <div class="comparison">
      <fieldset class="sides">
        <legend>{which} of one answer</legend>
        <label>
          <input type="radio" name={name} checked={side === 'clear'} onChange={() => choose('clear')} />
          {own}
        </label>
        <label>
          <input type="radio" name={name} checked={side === 'sent'} onChange={() => choose('sent')} />
          {SENT}
        </label>
      </fieldset>
      <Bars
        values={values}
        limit={limit}
        side={side}
        label={`${side === 'clear' ? own : SENT}: ${which.toLowerCase()}, between ${short(Math.min(...values))} and ${short(Math.max(...values))}`}
      />
      <p class="quiet" aria-live="polite">
        {CAPTIONS[hiddenBy][side]}
        {side === 'clear' && hiddenBy === 'masks' && own === 'My update' && ' A public rule has spread them over all places, which by itself hides nothing.'}{' '}
        The chart reaches from {short(-limit)} to {short(limit)}.
      </p>
      <details onToggle={({ currentTarget }) => showNumbers(currentTarget.open)}>
        <summary>The numbers</summary>
        {areNumbersShown && (
          <DataTable
            caption="The same numbers before and after"
            columns={columnsOf(own)}
            rows={rowsOf(comparison)}
            keyOf={({ place }) => place}
            empty="None."
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

const columnsOf = (own: string): readonly Column<NumberRow>[] => [
  { title: 'Place', cell: ({ place }) => place.toLocaleString('en'), isNumber: true },
  { title: own, cell: ({ clear }) => short(clear), isNumber: true },
  { title: SENT, cell: ({ sent }) => sent.toLocaleString('en'), isNumber: true },
]

const rowsOf = ({ places, clear, sent }: Comparison): readonly NumberRow[] => places.map((place, index) => ({ place, clear: clear[index], sent: sent[index] }))

/** Four digits that count: `0.00213`, `-12.5`, `2,147,483,648`. */
const short = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en') : value.toLocaleString('en', { maximumSignificantDigits: 4, useGrouping: false })

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
