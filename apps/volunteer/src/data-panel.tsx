import './data-panel.css'
import { Progress } from '@shoal/ui'
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { isTakingPart } from './activity.ts'
import { ChosenData, LeftOutList } from './data-chosen.tsx'
import type { ReadingProgress } from './data-desk.ts'
import { DataDrawing } from './data-drawing.tsx'
import { DataFilesChoice } from './data-files-choice.tsx'
import { DataKeeping } from './data-keeping-panel.tsx'
import { dataWords } from './data-panel.words.ts'
import { dataProblemWords } from './data-problem.words.ts'
import { type OwnDataWay, ownDataWays } from './data-sources.ts'
import { DataTableChoice } from './data-table-choice.tsx'
import { DataTextChoice } from './data-text-choice.tsx'
import { DataUnlabelledChoice } from './data-unlabelled-choice.tsx'
import { say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'

/** Choosing data, and what was chosen. Nothing here is sent. */
export function DataPanel({ participation, offer }: { participation: Participation; offer: Offer }): VNode {
  const words = say(dataWords)
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that was pressed to come here is gone: whoever goes by keyboard or hears the page goes on here.
  useEffect(() => heading.current?.focus(), [])
  const ways = ownDataWays(offer.policy)
  const [way, setWay] = useState<OwnDataWay>(ways[0] ?? 'files')
  const isIn = isTakingPart(participation.activity.value)
  const choice = participation.data.value.kind
  const isFixed = isIn || choice === 'reading'
  const hasData = choice === 'chosen'
  // Once there are data, what matters next comes up to here; choosing others stays a click away.
  const [isOpen, setOpen] = useState(!hasData)
  const summary = useRef<HTMLElement>(null)
  useEffect(() => {
    if (hasData && summary.current?.parentElement?.contains(document.activeElement) === true) heading.current?.focus()
    if (choice !== 'reading') setOpen(!hasData)
  }, [choice])
  return (
    <section class="panel data-panel" aria-labelledby="data-title">
      <h2 id="data-title" tabIndex={-1} ref={heading}>
        {words.title}
      </h2>
      <p>{words.intro}</p>
      {isIn && <p class="quiet">{words.fixed}</p>}
      <DataResultView participation={participation} offer={offer} />
      <details class="data-choice" hidden={isIn} open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary ref={summary} hidden={!hasData}>
          {words.others}
        </summary>
        {offer.invite.hasSamples && <Samples participation={participation} isFixed={isFixed} />}
        <fieldset class="data-ways" disabled={isFixed}>
          <legend>{words.way}</legend>
          {ways.length > 1 &&
            ways.map((one) => (
              <label key={one}>
                <input type="radio" name="data-way" checked={one === way} onChange={() => setWay(one)} />
                {words.ways[one]}
              </label>
            ))}
          <OwnData way={way} participation={participation} offer={offer} isFixed={isFixed} />
        </fieldset>
      </details>
      <DataKeeping participation={participation} kind={offer.policy.data.kind} />
    </section>
  )
}

function Samples({ participation, isFixed }: { participation: Participation; isFixed: boolean }): VNode {
  const words = say(dataWords)
  const startOn = async (): Promise<void> => {
    await participation.useSamples()
    await participation.start({ takeOver: false })
  }
  return (
    <div class="data-samples">
      <p>
        <strong>{words.samples}</strong> {words.samplesHint}
      </p>
      <div class="actions">
        <button type="button" disabled={isFixed} onClick={() => void startOn()}>
          {words.trainWithSamples}
        </button>
        <button type="button" class="outline" disabled={isFixed} onClick={() => void participation.useSamples()}>
          {words.useSamples}
        </button>
      </div>
    </div>
  )
}

function OwnData({ way, ...rest }: { way: OwnDataWay; participation: Participation; offer: Offer; isFixed: boolean }): VNode {
  switch (way) {
    case 'files':
      return <DataFilesChoice {...rest} />
    case 'unlabelled':
      return <DataUnlabelledChoice {...rest} />
    case 'drawing':
      return <DataDrawing {...rest} />
    case 'table':
      return <DataTableChoice {...rest} />
    case 'text':
      return <DataTextChoice {...rest} />
  }
}

function DataResultView({ participation, offer }: { participation: Participation; offer: Offer }): VNode {
  const choice = participation.data.value
  return (
    <div class="data-result">
      {choice.kind === 'reading' && <Reading progress={choice.progress} />}
      {choice.kind === 'problem' && (
        <>
          <p class="note problem" role="alert">
            {say(dataProblemWords).sentence(choice.problem)}
          </p>
          <LeftOutList leftOut={choice.leftOut} />
        </>
      )}
      {choice.kind === 'chosen' && <ChosenData {...choice} contract={offer.policy.data} />}
    </div>
  )
}

function Reading({ progress }: { progress: ReadingProgress | null }): VNode {
  const words = say(dataWords)
  const detail = progress === null ? '' : words.readingCount(progress.done, progress.total)
  return <Progress label={words.reading} share={progress === null ? null : progress.done / Math.max(1, progress.total)} detail={detail} />
}
