import type { DataContract } from '@shoal/protocol'
import { formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { language, say } from './language.ts'
import { resultWords } from './result.words.ts'
import { answerOf, rowOf, shownClasses } from './result-answers.ts'
import type { NamedModel } from './result-models.ts'
import { byName, type Predictions, Unready } from './result-predictions.tsx'

const MOST_CLASSES = 10
const BAR = { width: 100, height: 10 } as const

/** The answers to example `index`, as soon as they are there. */
export function Answered(props: {
  predictions: Predictions | null
  models: readonly NamedModel[]
  contract: DataContract
  index: number
  truth: number | null
  heading: string
}): VNode | null {
  const { predictions, models, contract, index, truth, heading } = props
  if (predictions === null) return null
  if (predictions.kind !== 'ready') return <Unready predictions={predictions} />
  const { classes } = contract
  return (
    <AnswerTable
      answers={byName(models, predictions.predicted, (all) => rowOf(all, index, classes.length))}
      classes={classes}
      truth={truth}
      heading={heading}
    />
  )
}

/** What each model holds one example for, in words and as bars side by side. `truth`: the class that it is of, where that is known. */
function AnswerTable({
  answers,
  classes,
  truth,
  heading,
}: {
  answers: readonly { readonly name: string; readonly taken: Float32Array }[]
  classes: readonly string[]
  truth: number | null
  heading: string
}): VNode {
  const words = say(resultWords)
  const shown = shownClasses(
    answers.map(({ taken }) => taken),
    MOST_CLASSES,
    truth,
  )
  return (
    <>
      <div role="status" class="answers">
        {answers.map(({ name, taken: row }) => {
          const answer = answerOf(row)
          return (
            <p key={name}>
              {words.says(name, classes[answer], formatPercent(row[answer], language.value))}{' '}
              {truth !== null && <strong class={answer === truth ? 'right' : 'wrong'}>{answer === truth ? words.right : words.wrong}</strong>}
            </p>
          )
        })}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without a focus of its own a scrolling region can not be scrolled by keyboard */}
      <section class="table-frame answer-table" aria-label={words.answers} tabIndex={0}>
        <table>
          <caption class="hidden-text">{words.answers}</caption>
          <thead>
            <tr>
              <th scope="col">{heading}</th>
              {answers.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((index) => (
              <tr key={index}>
                <th scope="row">
                  {classes[index]}
                  {index === truth && <span class="truth"> ({words.truth})</span>}
                </th>
                {answers.map(({ name, taken: row }) => (
                  <td key={name}>
                    <span class="share">
                      <svg
                        class={`share-bar${answerOf(row) === index ? ' best' : ''}`}
                        viewBox={`0 0 ${BAR.width} ${BAR.height}`}
                        preserveAspectRatio="none"
                        aria-hidden="true"
                      >
                        <rect width={BAR.width * row[index]} height={BAR.height} />
                      </svg>
                      <span class="number">{formatPercent(row[index], language.value)}</span>
                    </span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {shown.length < classes.length && <p class="quiet">{words.likeliest(shown.length, classes.length)}</p>}
    </>
  )
}
