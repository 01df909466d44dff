import { selectExamples } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import { type Column, DataTable } from '@shoal/ui'
import type { VNode } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { LocalData } from './data-files.ts'
import { dataWords } from './data-panel.words.ts'
import type { LeftOut } from './data-problem.ts'
import { dataProblemWords } from './data-problem.words.ts'
import { countByClass, type DataSource, missingClasses } from './data-sources.ts'
import { unlabelledWords } from './data-unlabelled.words.ts'
import { language, say } from './language.ts'
import { drawPreview } from './preview.ts'

const SHOWN_PICTURES = 5
const SHOWN_LEFT_OUT = 50
const SHOWN_MISSING = 12

interface ClassRow {
  readonly label: number
  readonly name: string
  readonly train: number
  readonly test: number
}

interface ChosenProps {
  readonly data: LocalData
  readonly source: DataSource
  readonly leftOut: readonly LeftOut[]
  readonly contract: DataContract
}

/** What was chosen: how much, of which classes, what it looks like, and what was left out. */
export function ChosenData(props: ChosenProps): VNode {
  const { data, source, leftOut, contract } = props
  if (data.unlabelled !== undefined) return <ChosenUnlabelled data={data} hasKey={data.unlabelled.key !== null} leftOut={leftOut} />
  if (contract.kind !== 'points') return <ChosenExamples {...props} />
  return <ChosenPoints source={source} count={data.train.count} columns={contract.columns.length} leftOut={leftOut} />
}

function ChosenExamples(props: ChosenProps): VNode {
  const { data, source, leftOut, contract } = props
  const words = say(dataWords)
  const { kind, classes } = contract
  const train = useMemo(() => countByClass(data.train.labels), [data])
  const test = useMemo(() => countByClass(data.test.labels), [data])
  const rows: ClassRow[] = classes
    .map((name, label) => ({ label, name, train: train.get(label) ?? 0, test: test.get(label) ?? 0 }))
    .filter((row) => row.train + row.test > 0)
  // A text is about its characters: that some never occur is nothing to warn of.
  const missing = kind === 'text' ? [] : missingClasses(new Map(rows.map((row) => [row.label, row.train + row.test])), classes)
  const columns: Column<ClassRow>[] = [
    { title: words.class, cell: ({ name }) => name },
    ...(kind === 'image' ? [{ title: words.preview, cell: (row: ClassRow) => <ClassPreview data={data} row={row} /> }] : []),
    { title: words.train, cell: (row) => row.train.toLocaleString(language.value), isNumber: true },
    { title: words.test, cell: (row) => row.test.toLocaleString(language.value), isNumber: true },
  ]
  return (
    <>
      <p role="status">
        {words.source[source]}: <strong>{words.count(data.train.count, kind)}</strong> {words.toTrain} {words.toTest(data.test.count)}
      </p>
      {missing.length > 0 && <p class="note">{words.missing(missing.slice(0, SHOWN_MISSING), Math.max(0, missing.length - SHOWN_MISSING))}</p>}
      {kind !== 'text' && <DataTable caption={words.byClass} columns={columns} rows={rows} keyOf={(row) => row.label} empty={words.noRows} />}
      <LeftOutList leftOut={leftOut} />
    </>
  )
}

/** Points have no classes, and none is kept back for testing. */
const ChosenPoints = ({ source, count, columns, leftOut }: { source: DataSource; count: number; columns: number; leftOut: readonly LeftOut[] }): VNode => {
  const words = say(dataWords)
  return (
    <>
      <p role="status">
        {words.source[source]}: <strong>{words.count(count, 'points')}</strong> {words.ofColumns(columns)}
      </p>
      <LeftOutList leftOut={leftOut} />
    </>
  )
}

function ChosenUnlabelled({ data, hasKey, leftOut }: { data: LocalData; hasKey: boolean; leftOut: readonly LeftOut[] }): VNode {
  const words = say(dataWords)
  const unlabelled = say(unlabelledWords)
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const first = Array.from({ length: Math.min(SHOWN_PICTURES, data.train.count) }, (_, index) => index)
    if (canvas.current !== null) drawPreview(canvas.current, selectExamples(data.train, first))
  }, [data])
  return (
    <>
      <canvas class="class-preview" ref={canvas} role="img" aria-label={unlabelled.firstPictures} />
      <p role="status">
        <strong>{words.count(data.train.count, 'image')}</strong> {unlabelled.chosen} {hasKey && unlabelled.key}
      </p>
      <LeftOutList leftOut={leftOut} />
    </>
  )
}

function ClassPreview({ data, row }: { data: LocalData; row: ClassRow }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const set = row.train > 0 ? data.train : data.test
    const first: number[] = []
    for (let index = 0; index < set.count && first.length < SHOWN_PICTURES; index += 1) if (set.labels[index] === row.label) first.push(index)
    if (canvas.current !== null) drawPreview(canvas.current, selectExamples(set, first))
  }, [data, row.label])
  return <canvas class="class-preview" ref={canvas} role="img" aria-label={say(dataWords).previewOf(row.name)} />
}

/** The files that were not used, each with its reason; long lists are cut. */
export function LeftOutList({ leftOut }: { leftOut: readonly LeftOut[] }): VNode | null {
  if (leftOut.length === 0) return null
  const words = say(dataWords)
  const { whyLeftOut } = say(dataProblemWords)
  return (
    <details class="left-out">
      <summary>{words.leftOut(leftOut.length)}</summary>
      <ul>
        {leftOut.slice(0, SHOWN_LEFT_OUT).map(({ name, why }) => (
          <li key={name}>{words.because(name, whyLeftOut[why])}</li>
        ))}
        {leftOut.length > SHOWN_LEFT_OUT && <li>{words.leftOutMore(leftOut.length - SHOWN_LEFT_OUT)}</li>}
      </ul>
    </details>
  )
}
