import { charactersOf } from '@shoal/data'
import type { Unlabelled } from '@shoal/learning'
import type { DataContract } from '@shoal/protocol'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks'
import { language, say } from './language.ts'
import { resultWords } from './result.words.ts'
import { Answered } from './result-answer-table.tsx'
import { answerOf } from './result-answers.ts'
import { numberText } from './result-format.ts'
import { type ResultProps, usePredictions } from './result-predictions.tsx'
import { typedRow, typedText } from './typed-example.ts'

type TableContract = Extract<DataContract, { kind: 'table' }>
type TextContract = Extract<DataContract, { kind: 'text' }>

/** A row of a table, typed column by column. */
export function TypedRow({ desk, models, contract }: ResultProps & { contract: TableContract }): VNode {
  const words = say(resultWords)
  const [example, setExample] = useState<Unlabelled | null>(null)
  const [wrong, setWrong] = useState<readonly string[]>([])
  const predictions = usePredictions(desk, models, example)
  const id = useId()

  function ask(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const row = typedRow(
      contract.columns.map((_, index) => String(form.get(String(index)) ?? '')),
      contract,
    )
    setWrong(row.ok ? [] : row.wrong)
    setExample(row.ok ? row.example : null)
  }

  return (
    <>
      <form class="typed-row" onSubmit={ask} noValidate>
        {contract.columns.map((column, index) => (
          <label key={column.name} for={`${id}-${index}`}>
            {column.name}
            {column.kind === 'word' ? (
              <select id={`${id}-${index}`} name={String(index)}>
                {column.words.map((word) => (
                  <option key={word}>{word}</option>
                ))}
              </select>
            ) : (
              <>
                <input
                  id={`${id}-${index}`}
                  name={String(index)}
                  inputMode="decimal"
                  autoComplete="off"
                  aria-invalid={wrong.includes(column.name) || undefined}
                />
                <small class="quiet">{words.numberHint(numberText(column.min, language.value), numberText(column.max, language.value))}</small>
              </>
            )}
          </label>
        ))}
        <div class="actions">
          <button type="submit">{words.ask}</button>
        </div>
      </form>
      {wrong.length > 0 && (
        <p class="note problem" role="alert">
          {words.wrongColumns(wrong.join(', '))}
        </p>
      )}
      <Answered predictions={predictions} models={models} contract={contract} index={0} truth={null} heading={words.class} />
    </>
  )
}

/** How far a text is gone on with at a time. */
const CONTINUED_CHARACTERS = 60

/** The beginning of a text: which character comes next, and a text that the last of the models writes by always taking the likeliest. */
export function TypedText({ desk, models, contract }: ResultProps & { contract: TextContract }): VNode {
  const words = say(resultWords)
  const [text, setText] = useState('')
  const [isWriting, setWriting] = useState(false)
  const writing = useRef(new AbortController())
  const example = useMemo<Unlabelled | null>(() => (text === '' || isWriting ? null : typedText(text, contract)), [text, isWriting, contract])
  const predictions = usePredictions(desk, models, example)
  useEffect(() => () => writing.current.abort(), [])

  async function goOn(): Promise<void> {
    const model = models.at(-1)
    if (model === undefined) return
    writing.current = new AbortController()
    const { signal } = writing.current
    setWriting(true)
    const characters = charactersOf(contract.alphabet)
    let written = text
    for (let step = 0; step < CONTINUED_CHARACTERS && !signal.aborted; step += 1) {
      const answer = await desk.predict(model.digest, typedText(written, contract), signal)
      if (!answer.ok) break
      written += characters[answerOf(answer.value)]
      if (!signal.aborted) setText(written)
    }
    if (!signal.aborted) setWriting(false)
  }

  return (
    <>
      <label>
        {words.beginning}
        <textarea rows={3} value={text} readOnly={isWriting} onInput={({ currentTarget }) => setText(currentTarget.value)} />
      </label>
      <div class="actions">
        <button type="button" disabled={text === '' || isWriting} aria-busy={isWriting} onClick={() => void goOn()}>
          {words.goOn}
        </button>
      </div>
      <Answered predictions={predictions} models={models} contract={contract} index={0} truth={null} heading={words.nextCharacter} />
    </>
  )
}
