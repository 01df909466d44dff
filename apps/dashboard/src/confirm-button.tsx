import type { VNode } from 'preact'
import { useId, useRef } from 'preact/hooks'

/** A button whose deed can not be undone: it asks once more before. */
export function ConfirmButton(props: {
  label: string
  question: string
  consequence: string
  confirm: string
  isQuiet?: boolean
  onConfirm: () => void
}): VNode {
  const { label, question, consequence, confirm, isQuiet = false, onConfirm } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  return (
    <>
      <button type="button" class={isQuiet ? 'link' : 'secondary outline'} onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={id}>
        <article>
          <h2 id={id}>{question}</h2>
          <p>{consequence}</p>
          <form method="dialog" class="actions">
            <button type="submit" onClick={onConfirm}>
              {confirm}
            </button>
            <button type="submit" class="secondary outline">
              Leave it
            </button>
          </form>
        </article>
      </dialog>
    </>
  )
}
