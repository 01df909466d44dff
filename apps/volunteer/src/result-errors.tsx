import type { LabelledImages } from '@shoal/data'
import { formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { language, say } from './language.ts'
import { resultWords } from './result.words.ts'
import { type Confusion, countConfusion, frequentClasses, shadeOf } from './result-answers.ts'
import { numberText } from './result-format.ts'
import { byName, type ResultProps, Unready, usePredictions } from './result-predictions.tsx'

const MOST_CLASSES = 12

/** Accuracy and confusion of each model on the volunteer's own test examples. */
export function ResultErrors({ desk, models, contract, test }: ResultProps & { test: LabelledImages }): VNode {
  const words = say(resultWords)
  const predictions = usePredictions(desk, models, 'test')
  if (predictions === null) return <progress aria-label={words.computing} />
  if (predictions.kind !== 'ready') return <Unready predictions={predictions} />
  const { classes } = contract
  return (
    <>
      <p class="quiet">{words.onOwn}</p>
      {byName(models, predictions.predicted, (all) => countConfusion(all, test.labels, classes.length)).map(({ name, taken }) => (
        <ModelErrors key={name} name={name} confusion={taken} classes={classes} />
      ))}
    </>
  )
}

function ModelErrors({ name, confusion, classes }: { name: string; confusion: Confusion; classes: readonly string[] }): VNode {
  const words = say(resultWords)
  const { right, total, worst, counts } = confusion
  const shown = frequentClasses(confusion, MOST_CLASSES)
  const speech = language.value
  return (
    <section class="model-errors" aria-label={name}>
      <h3>{name}</h3>
      <p>
        <strong>{words.accuracy(numberText(right, speech), numberText(total, speech), formatPercent(right / total, speech))}</strong>{' '}
        {worst === null ? words.noErrors : words.worst(classes[worst.truth], classes[worst.answer], worst.count, worst.of)}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without a focus of its own a scrolling region can not be scrolled by keyboard */}
      <section class="table-frame confusion" aria-label={words.matrix(name)} tabIndex={0}>
        <table>
          <caption class="hidden-text">{words.matrix(name)}</caption>
          <thead>
            <tr>
              <th scope="col">{words.truthAnswer}</th>
              {shown.map((answer) => (
                <th key={answer} scope="col" class="number">
                  {classes[answer]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((truth) => {
              const row = counts[truth]
              const rowTotal = row.reduce((sum, count) => sum + count, 0)
              return (
                <tr key={truth}>
                  <th scope="row">{classes[truth]}</th>
                  {shown.map((answer) => (
                    <td key={answer} class={`number ${truth === answer ? 'hit' : 'miss'} shade-${shadeOf(row[answer], rowTotal)}`}>
                      {row[answer]}
                    </td>
                  ))}
                </tr>
              )
            })}
          </tbody>
        </table>
      </section>
      <p class="quiet">
        {words.matrixHint} {shown.length < classes.length && words.frequent(shown.length, classes.length)}
      </p>
    </section>
  )
}
