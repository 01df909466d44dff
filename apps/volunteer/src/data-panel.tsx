import { formatCount } from '@shoal/ui'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { LocalData } from './data-files.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'
import { drawPreview, PREVIEW_PICTURES } from './preview.ts'
import { isTakingPart } from './status.ts'

/** Choosing data, and what was chosen. Nothing here is sent. */
export function DataPanel({ participation, offer }: { participation: Participation; offer: Offer }): VNode {
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that was pressed to come here is gone: whoever goes by keyboard or hears the page goes on here.
  useEffect(() => heading.current?.focus(), [])
  const { data, activity } = participation
  const choice = data.value
  const isFixed = isTakingPart(activity.value) || choice.kind === 'reading'
  return (
    <section class="panel" aria-labelledby="data-title">
      <h2 id="data-title" tabIndex={-1} ref={heading}>
        Your data
      </h2>
      <p>They stay in this page’s memory, are never sent, and are gone when you close it.</p>
      <label>
        Choose your data files
        <input
          type="file"
          multiple
          disabled={isFixed}
          aria-describedby="data-hint"
          onChange={({ currentTarget: { files } }) => {
            if (files !== null && files.length > 0) void participation.chooseFiles([...files])
          }}
        />
      </label>
      <p id="data-hint" class="quiet">
        <small>MNIST’s format: one file of pictures and one of labels, for training and, if you have them, for testing. Choose all of them at once.</small>
      </p>
      {offer.invite.hasSamples && (
        <div class="actions">
          <button type="button" class="outline" disabled={isFixed} onClick={() => void participation.useSamples()}>
            Use sample data
          </button>
        </div>
      )}
      <div class="data-result">
        {choice.kind === 'reading' && <progress aria-label="Reading the data" />}
        {choice.kind === 'problem' && (
          <p class="note problem" role="alert">
            {choice.sentence}
          </p>
        )}
        {choice.kind === 'chosen' && <Chosen data={choice.data} classes={offer.policy.data.classes} />}
      </div>
    </section>
  )
}

function Chosen({ data, classes }: { data: LocalData; classes: readonly string[] }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (canvas.current !== null) drawPreview(canvas.current, data.train)
  }, [data])
  const labels = [...data.train.labels.subarray(0, PREVIEW_PICTURES)].map((label) => classes[label])
  return (
    <>
      <p>
        <strong>{formatCount(data.train.count, 'picture')}</strong> to train on, <strong>{data.test.count.toLocaleString('en')}</strong> to test on.
      </p>
      <canvas class="preview" ref={canvas} role="img" aria-label={`Your first pictures: ${labels.join(', ')}`} />
    </>
  )
}
