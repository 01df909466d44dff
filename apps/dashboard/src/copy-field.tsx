import type { VNode } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { news } from './dashboard.ts'

/** A text that is to be taken along as it stands. */
export function CopyField({ label, text }: { label: string; text: string }): VNode {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const [button, setButton] = useState('Copy')
  const copy = async (): Promise<void> => {
    field.current?.select()
    // A page on plain http may not write to the clipboard: then the text is selected and the keyboard copies it.
    const isCopied = await (navigator.clipboard as Clipboard | undefined)?.writeText(text).then(
      () => true,
      () => false,
    )
    setButton(isCopied ? 'Copied' : 'Press Ctrl+C')
    news.value = isCopied ? `${label}: copied.` : `${label} is selected. Press Control and C to copy it.`
  }
  return (
    <div class="invite">
      <label class="hidden-text" for={id}>
        {label}
      </label>
      <input id={id} ref={field} type="text" readOnly value={text} onFocus={({ currentTarget }) => currentTarget.select()} />
      <button type="button" class="secondary outline" onClick={() => void copy()}>
        {button}
      </button>
    </div>
  )
}
