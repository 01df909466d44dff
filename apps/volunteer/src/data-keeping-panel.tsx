import type { DataContract } from '@shoal/protocol'
import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { dataWords, keepingWords } from './data-panel.words.ts'
import { say } from './language.ts'
import type { Participation } from './participation.ts'

/** What stays on the device, and how to get rid of it. */
export function DataKeeping({ participation, kind }: { participation: Participation; kind: DataContract['kind'] }): VNode {
  const words = say(keepingWords)
  return (
    <section class="data-keeping" aria-labelledby="keeping-title">
      <h3 id="keeping-title">{words.title}</h3>
      <KeepingState participation={participation} kind={kind} />
      <p class="quiet">
        <small>{words.deleteHint}</small>
      </p>
      <div class="actions">
        <button type="button" class="outline" onClick={() => void participation.deleteData()}>
          {words.delete}
        </button>
      </div>
      <Forget participation={participation} />
    </section>
  )
}

function KeepingState({ participation, kind }: { participation: Participation; kind: DataContract['kind'] }): VNode {
  const words = say(keepingWords)
  const now = participation.keeping.value
  switch (now.kind) {
    case 'off':
    case 'failed':
      return <p class="note">{words[now.kind]}</p>
    case 'empty':
    case 'writing':
      return <p>{words[now.kind]}</p>
    case 'kept':
      return (
        <p>
          {words.kept(now.since, say(dataWords).count(now.examples, kind), now.bytes)} {now.isFromBefore && words.before}
        </p>
      )
    case 'deleted':
      return (
        <div class={now.data.left + (now.entries?.left ?? 0) > 0 ? 'note problem' : 'note done'} role="status">
          <p>{words.deleted(now.data.left, now.data.before)}</p>
          {now.entries !== null && <p>{words.forgotten(now.entries.left, now.entries.before)}</p>}
        </div>
      )
  }
}

/** A second, separate choice, with its consequence in words before it is made. */
function Forget({ participation }: { participation: Participation }): VNode {
  const words = say(keepingWords)
  const [isAsked, setAsked] = useState(false)
  const summary = useRef<HTMLElement>(null)
  const close = (): void => {
    setAsked(false)
    // The buttons fold away with the focus on them.
    summary.current?.focus()
  }
  const forget = (): void => {
    close()
    void participation.forgetDevice()
  }
  return (
    <details class="forget" open={isAsked} onToggle={({ currentTarget }) => setAsked(currentTarget.open)}>
      <summary ref={summary}>{words.forget}</summary>
      <p>{words.forgetHint}</p>
      <div class="actions">
        <button type="button" class="danger" onClick={forget}>
          {words.forgetSure}
        </button>
        <button type="button" class="outline secondary" onClick={close}>
          {words.forgetNot}
        </button>
      </div>
    </details>
  )
}
