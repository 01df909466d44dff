import type { OutboxEntry, SumFindings } from '@shoal/client'
import { formatBytes, formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ComparisonView } from './comparison-view.tsx'
import { language, say } from './language.ts'
import { outboxWords } from './outbox.words.ts'
import { checksOf, describeSum, membersSentence, type OutboxRound } from './outbox-rounds.ts'

/** Everything that left while one round was worked at. Its content is made when it is opened: a round may have hundreds of messages. */
export function OutboxRoundList({ round: { round, entries, sums } }: { round: OutboxRound }): VNode {
  const [isOpen, setOpen] = useState(false)
  const words = say(outboxWords)
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  return (
    <details class="outbox-round" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {round === null ? words.beforeFirst : words.round(round)}{' '}
        <span class="quiet">{words.messages(entries.length, formatBytes(bytes, language.value))}</span>
      </summary>
      {isOpen && (
        <>
          {sums.map((sum) => (
            <Sum key={sum.number} sum={sum} />
          ))}
          <ol class="frames">
            {entries.map((entry) => (
              <Frame key={entry.number} entry={entry} />
            ))}
          </ol>
        </>
      )}
    </details>
  )
}

const markOf = (isPassed: boolean | null): readonly [sign: string, word: string] => {
  const { passedMark, failedMark, openMark } = say(outboxWords)
  if (isPassed === null) return ['·', openMark]
  return isPassed ? ['✓', passedMark] : ['✗', failedMark]
}

function Sum({ sum }: { sum: SumFindings }): VNode {
  const words = say(outboxWords)
  const members = membersSentence(language.value, sum)
  return (
    <div class="sum" data-state={sum.state}>
      <p>
        <strong>{sum.purpose === null ? words.aSum : words.sumTitles[sum.purpose]}.</strong> {members} {describeSum(language.value, sum)}
      </p>
      <ul class="sum-checks">
        {checksOf(language.value, sum).map(({ text, isPassed }) => {
          const [sign, word] = markOf(isPassed)
          return (
            <li key={text} class={isPassed === null ? 'quiet' : isPassed ? 'passed' : 'wrong'}>
              <span aria-hidden="true">{sign}</span> <span class="hidden-text">{word}</span>
              {text}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function Frame({ entry }: { entry: OutboxEntry }): VNode {
  const words = say(outboxWords)
  const { at, name, purpose, bytes, head, histogram, comparison } = entry
  return (
    <li>
      <p>{words.purposes[purpose]}</p>
      <p class="frame-facts quiet">
        <strong class="number">{formatBytes(bytes, language.value)}</strong>
        <span>{timeOf(at)}</span>
        <span>{name}</span>
        {histogram !== null && <Spread histogram={histogram} />}
        <span>
          {words.startsWith} <code>{spaced(head)}</code>
        </span>
      </p>
      {comparison !== null && (
        <details>
          <summary>{words.numbersAndSent}</summary>
          <ComparisonView comparison={comparison} own="numbers" />
        </details>
      )}
    </li>
  )
}

const timeOf = (at: number): string => new Date(performance.timeOrigin + at).toLocaleTimeString(language.value, { hour12: false })
const spaced = (hex: string): string => hex.replace(/(.{8})(?=.)/g, '$1 ')

const SPREAD = { width: 64, height: 16 } as const

/** How often each of 16 kinds of bytes occurs: level where a message is hidden well. */
function Spread({ histogram }: { histogram: readonly number[] }): VNode {
  const total = histogram.reduce((sum, count) => sum + count, 0) || 1
  const most = Math.max(...histogram, 1)
  const percent = (count: number): string => formatPercent(count / total, language.value)
  const label = say(outboxWords).spread(percent(Math.min(...histogram)), percent(most))
  const step = SPREAD.width / histogram.length
  return (
    <svg class="spread" viewBox={`0 0 ${SPREAD.width} ${SPREAD.height}`} width={SPREAD.width} height={SPREAD.height} role="img" aria-label={label}>
      <title>{label}</title>
      {histogram.map((count, index) => {
        const height = (count / most) * SPREAD.height
        return <rect key={index} x={index * step} width={step - 1} y={SPREAD.height - height} height={height} />
      })}
    </svg>
  )
}
