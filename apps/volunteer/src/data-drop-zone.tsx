import type { ComponentChildren, VNode } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { chosenFiles, droppedFiles, type FoundFile } from './data-dropped.ts'
import { filesWords } from './data-panel.words.ts'
import { say } from './language.ts'

/** A place to drop files on, with the same by buttons: dropping is never the only way. `accept` as file inputs take it. */
export function DropZone(props: {
  name: string
  invitation: string
  hint: string
  accept?: string
  canChooseFolder?: boolean
  isFixed: boolean
  onFiles: (found: readonly FoundFile[]) => void
  children?: ComponentChildren
}): VNode {
  const { name, invitation, hint, accept, canChooseFolder = false, isFixed, onFiles, children } = props
  const words = say(filesWords)
  const hintId = useId()
  const folder = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const takeChosen = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    if (currentTarget.files !== null) onFiles(chosenFiles(currentTarget.files))
    // The same files may be chosen again, after they were mended.
    currentTarget.value = ''
  }
  return (
    <section
      class={isOver ? 'drop-zone over' : 'drop-zone'}
      aria-label={name}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(!isFixed)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        if (isFixed || event.dataTransfer === null) return
        void droppedFiles(event.dataTransfer).then(onFiles)
      }}
    >
      <p>{invitation}</p>
      <label>
        {words.files}
        <input type="file" multiple={canChooseFolder} accept={accept} disabled={isFixed} aria-describedby={hintId} onChange={takeChosen} />
      </label>
      {canChooseFolder && 'webkitdirectory' in HTMLInputElement.prototype && (
        <div class="actions">
          <button type="button" class="outline" disabled={isFixed} onClick={() => folder.current?.click()}>
            {words.folder}
          </button>
          <input
            hidden
            type="file"
            ref={(input) => {
              folder.current = input
              if (input !== null) input.webkitdirectory = true
            }}
            aria-label={words.folder}
            disabled={isFixed}
            onChange={takeChosen}
          />
        </div>
      )}
      {children}
      <p id={hintId} class="quiet">
        <small>{hint}</small>
      </p>
    </section>
  )
}
