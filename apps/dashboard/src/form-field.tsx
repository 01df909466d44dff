import type { ComponentChildren, InputHTMLAttributes, TargetedInputEvent, VNode } from 'preact'
import { useId } from 'preact/hooks'

interface LabelledProps {
  readonly label: string
  readonly hint?: string
  /** What is wrong with what was typed; undefined where it is right. */
  readonly problem?: string | undefined
}

/** What a control needs to belong to its label and to what stands below. */
interface Control {
  readonly id: string
  readonly 'aria-invalid': 'true' | undefined
  readonly 'aria-describedby': string | undefined
}

type TextControl = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** What ties a control to a field of the form. */
export interface Bound {
  readonly name: string
  readonly value: string
  onInput(event: TargetedInputEvent<TextControl>): void
}

/** A label, its control, and below it a hint or what is wrong. */
export function Labelled({ label, hint, problem, children }: LabelledProps & { children: (control: Control) => ComponentChildren }): VNode {
  const id = useId()
  const below = problem ?? hint
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-invalid': problem === undefined ? undefined : 'true', 'aria-describedby': below === undefined ? undefined : `${id}-below` })}
      {below !== undefined && (
        <small id={`${id}-below`} class={problem === undefined ? undefined : 'problem'}>
          {below}
        </small>
      )}
    </div>
  )
}

/** One line of text or a number. */
export function InputField({ label, hint, problem, ...input }: LabelledProps & InputHTMLAttributes): VNode {
  const labelled = { label, problem, ...(hint === undefined ? {} : { hint }) }
  return <Labelled {...labelled}>{(control) => <input {...input} {...control} />}</Labelled>
}
