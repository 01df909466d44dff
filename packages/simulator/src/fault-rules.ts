import type { FederationEvent, FederationState } from '@shoal/coordinator'
import type { ClientId } from '@shoal/protocol'
import type { Rule } from './fault-findings.ts'

/** Notes that a rule is broken. The first one counts. */
export type Accuse = (rule: Rule, detail: string) => void

/** What is on disk has changed by one event. */
export interface Change {
  readonly event: FederationEvent
  readonly before: FederationState
  readonly after: FederationState
}

/** Looks at one side of what must always be true. Every hook is optional. */
export interface RuleWatch {
  /** An event is on disk. */
  changed?(change: Change): void
  /** A timer fired, and all that came of it is done. `isUp`: the server runs. */
  stepped?(state: FederationState, isUp: boolean): void
  /** The server died; it is back. */
  died?(): void
  recovered?(): void
  ended?(state: FederationState): void
}

/** Names the clients of a run by their places, so that what is found can be read. */
export type NameOf = (client: ClientId) => string
