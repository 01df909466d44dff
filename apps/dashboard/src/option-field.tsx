import type { VNode } from 'preact'
import type { DraftContext } from './draft-context.ts'
import { type Bound, InputField, Labelled } from './form-field.tsx'
import { RuleField } from './rule-field.tsx'
import type { StrategyOption } from './strategy-option.ts'

interface OptionFieldProps extends DraftContext {
  /** Whose parameter it is, and how names of controls begin there. */
  readonly owner: string
  readonly control: 'option' | 'expert'
  readonly option: StrategyOption
}

/** One parameter, as its kind is written. */
export function OptionField({ owner, control, option, draft, problemOf, change }: OptionFieldProps): VNode {
  const key = `${owner}.${option.name}`
  const name = `${control}.${option.name}`
  const problem = problemOf(name)
  const bound: Bound = {
    name,
    value: draft.options[key] ?? '',
    // The usual choice is as good as none: some parameters may only be given where another is left alone.
    onInput: ({ currentTarget: { value } }) =>
      change({ options: { ...draft.options, [key]: option.kind === 'choice' && value === option.choices[0][0] ? '' : value } }),
  }
  switch (option.kind) {
    case 'number':
      return <RuleField rule={option} usual={option.usual} bound={bound} problem={problem} />
    case 'switch':
      return (
        <Labelled label={option.label} hint={option.hint} problem={problem}>
          {(field) => (
            <select {...bound} {...field} value={bound.value === '' ? (option.usual ? 'on' : 'off') : bound.value}>
              <option value="on">{option.on}</option>
              <option value="off">{option.off}</option>
            </select>
          )}
        </Labelled>
      )
    case 'rounds':
      return <InputField label={option.label} hint={option.hint} problem={problem} {...bound} />
    case 'choice':
      return (
        <Labelled label={option.label} hint={option.hint} problem={problem}>
          {(field) => (
            <select {...bound} {...field} value={bound.value === '' ? option.choices[0][0] : bound.value}>
              {option.choices.map(([value, title]) => (
                <option key={value} value={value}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Labelled>
      )
  }
}
