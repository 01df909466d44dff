import { ERRORS, type Failure } from '@shoal/protocol'
import type { VNode } from 'preact'

/** The words of the error table, and the detail where there is one. */
export const failureSentence = ({ code, detail }: Failure): string => (detail === undefined ? ERRORS[code].message : `${ERRORS[code].message} (${detail})`)

/** A failure, read out at once, with the code by which it can be looked up. `sentence`: the failure in another language. */
export function FailureNote({ title, failure, sentence = failureSentence(failure) }: { title: string; failure: Failure; sentence?: string }): VNode {
  return (
    <div class="note problem" role="alert">
      <p>
        <strong>{title}</strong> {sentence}
      </p>
      <p>
        <code>{failure.code}</code>
      </p>
    </div>
  )
}
