import type { VNode } from 'preact'
import { type Bound, InputField } from './form-field.tsx'
import type { NumberRule } from './number-rule.ts'

interface RuleFieldProps {
  readonly rule: NumberRule
  /** What holds where nothing is written; null where that is nothing. */
  readonly usual: number | null
  readonly bound: Bound
  readonly problem: string | undefined
}

/** A number by its rule, with what it does, and what holds where it is left empty. */
export function RuleField({ rule: { label, hint, unit, isWhole = false }, usual, bound, problem }: RuleFieldProps): VNode {
  return (
    <InputField
      label={unit === undefined ? label : `${label}, ${unit}`}
      type="number"
      step={isWhole ? 1 : 'any'}
      placeholder={usual === null ? '' : String(usual)}
      hint={usual === null ? hint : `${hint} Empty: ${usual}.`}
      problem={problem}
      {...bound}
    />
  )
}
