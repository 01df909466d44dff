import type { VNode } from 'preact'
import { Labelled } from './form-field.tsx'
import { TERMS } from './moment-words.ts'

/** How long something holds: the form's field `term`. */
export const TermField = ({ hint }: { hint?: string }): VNode => (
  <Labelled label="Holds for" {...(hint === undefined ? {} : { hint })}>
    {(control) => (
      <select {...control} name="term">
        {TERMS.map(({ value, title }) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </select>
    )}
  </Labelled>
)
