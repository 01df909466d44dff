import './result.css'
import type { Service } from '@shoal/client'
import { type Labels, selectExamples } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import { type Column, DataTable, formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { LocalData } from './data-files.ts'
import { guestWords } from './guest.words.ts'
import { answersOf, changedAnswers, rightShare } from './guest-answers.ts'
import { language, say } from './language.ts'
import type { Participation } from './participation.ts'
import { drawPreview } from './preview.ts'
import type { NamedModel } from './result-models.ts'
import { Unready, usePredictions } from './result-predictions.tsx'

const SHOWN_PICTURES = 8

interface GuestProps {
  readonly participation: Participation
  readonly contract: DataContract
  readonly service: Service
  readonly data: LocalData
}

/** What was found, and what the volunteer's pictures are taken for by the general model and by their group's. */
export function GuestView({ participation, contract, service, data }: GuestProps): VNode {
  const words = say(guestWords)
  const { cluster, model, general, isTied } = service
  const models = useMemo<NamedModel[]>(
    () => [{ name: words.general, digest: general }, ...(model === general ? [] : [{ name: words.own, digest: model }])],
    [words, model, general],
  )
  const predictions = usePredictions(participation.result, models, 'test')
  const groups = participation.view.value?.models.length ?? 1
  const answers = predictions?.kind === 'ready' ? predictions.predicted.map(({ probabilities }) => answersOf(probabilities, contract.classes.length)) : null
  const key = data.unlabelled?.key ?? null
  const shares = answers !== null && key !== null ? answers.map((given) => rightShare(given, key)) : []
  return (
    // What was found stands in the page for whoever tests it; like all of this it is on this device alone.
    <div
      id="guest"
      data-cluster={cluster ?? ''}
      data-tied={isTied === true}
      data-answered={answers !== null}
      data-before={shares[0]}
      data-after={shares.at(-1)}
    >
      <p>
        <strong>{cluster === null ? words.none : words.found(cluster + 1, groups)}</strong> {words.alone}
      </p>
      {cluster !== null && <p class={isTied === true ? 'note' : 'quiet'}>{isTied === true ? words.tied : words.sure}</p>}
      {predictions !== null && predictions.kind !== 'ready' && <Unready predictions={predictions} />}
      {answers !== null && (
        <>
          {shares.length > 0 && (
            <>
              <h3>{words.right}</h3>
              <dl class="facts">
                {models.map(({ name }, index) => (
                  <div key={name} class={index === models.length - 1 ? 'serves' : undefined}>
                    <dt>{name}</dt>
                    <dd>{formatPercent(shares[index] ?? null, language.value)}</dd>
                  </div>
                ))}
              </dl>
              <p class="quiet">{words.note}</p>
            </>
          )}
          <Answers data={data} answers={answers} models={models} classes={contract.classes} labels={key} />
        </>
      )}
    </div>
  )
}

interface AnswersProps {
  readonly data: LocalData
  readonly answers: readonly Uint16Array[]
  readonly models: readonly NamedModel[]
  readonly classes: readonly string[]
  readonly labels: Labels | null
}

function Answers({ data, answers, models, classes, labels }: AnswersProps): VNode {
  const words = say(guestWords)
  const number = (count: number): string => count.toLocaleString(language.value)
  const [before, after] = answers
  const rows = Array.from({ length: Math.min(SHOWN_PICTURES, data.test.count) }, (_, index) => index)
  const columns: readonly Column<number>[] = [
    { title: words.picture, cell: (index) => <Picture data={data} index={index} label={words.show(classes[answers.at(-1)?.[index] ?? 0] ?? '')} /> },
    ...models.map(({ name }, model): Column<number> => ({ title: name, cell: (index) => classes[answers[model]?.[index] ?? 0] })),
    ...(labels === null ? [] : [{ title: words.truth, cell: (index: number) => classes[labels[index] ?? 0] }]),
  ]
  return (
    <>
      {before !== undefined && after !== undefined && <p>{words.changed(number(changedAnswers(before, after)), number(before.length))}</p>}
      <h3>{words.pictures}</h3>
      <DataTable caption={words.pictures} columns={columns} rows={rows} keyOf={(index) => index} empty="" />
    </>
  )
}

function Picture({ data, index, label }: { data: LocalData; index: number; label: string }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (canvas.current !== null) drawPreview(canvas.current, selectExamples(data.test, [index]))
  }, [data, index])
  return <canvas class="guest-picture" ref={canvas} role="img" aria-label={label} />
}
