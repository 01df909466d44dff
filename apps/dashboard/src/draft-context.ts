import type { DraftReading, FederationDraft, Field } from './federation-draft.ts'
import type { Bound } from './form-field.tsx'

/** What every part of the form works with. */
export interface DraftContext {
  readonly draft: FederationDraft
  readonly reading: DraftReading
  /** What a control of this field needs. */
  bound(field: Field): Bound
  /** By the name of the control. Nobody is told of mistakes before the first attempt. */
  problemOf(name: string): string | undefined
  change(changes: Partial<FederationDraft>): void
}
