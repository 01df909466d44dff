import type { InviteView, Policy } from '@shoal/protocol'
import type { Words } from '@shoal/ui'
import type { VNode } from 'preact'
import type { Address } from './address.ts'
import type { OpenedStorage } from './device-storage.ts'

/** What some volunteers are told besides (`consent-notes.ts`). */
interface ConsentNotes {
  comparedWords(privacy: Policy['privacy']): Words<string>
  Shortcomings(props: { offer: Offer }): VNode | null
}

/** What the volunteer is asked to agree to. Its signature is checked after consent, before anything else happens. */
export interface Offer {
  readonly address: Address
  readonly invite: InviteView
  readonly policy: Policy
  /** Of the federation's key: digits to compare. */
  readonly fingerprint: string
  /** Names the exact text that is shown. */
  readonly textHash: string
  readonly storage: OpenedStorage
  /** Null where there is nothing to note. */
  readonly notes: ConsentNotes | null
  /** Whether this device agreed before: never, to this very text, or to another one. */
  readonly agreedBefore: 'never' | 'same' | 'other'
}
