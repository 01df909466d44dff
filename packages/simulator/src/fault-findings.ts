import type { Session, SessionEvent } from '@shoal/client'
import type { FederationEvent } from '@shoal/coordinator'
import type { FaultKind } from './fault-schedule.ts'

/** One of the nine rules of what is always true (docs/architecture.md, "Always true", in the order of the design). */
export type Rule = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

export interface Violation {
  readonly rule: Rule
  /** Timers that had fired. */
  readonly step: number
  readonly atMs: number
  readonly detail: string
}

/** What one run came to. */
export interface FaultRun {
  /** Null where all rules held. The run ends with the first one that did not. */
  readonly violation: Violation | null
  /** The events that each life of the server wrote, in order; together they are the log. */
  readonly lives: readonly (readonly FederationEvent[])[]
  readonly tally: FaultTally
}

/** What was exercised. */
export interface FaultTally {
  readonly schedules: number
  readonly steps: number
  readonly rounds: Readonly<Record<'updated' | 'unchanged' | 'aborted', number>>
  /** Faults that struck, by kind. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  /** Where the server died: `before ask-closed`, `after blob`, `at a time` ... */
  readonly crashes: Readonly<Record<string, number>>
  readonly strategies: Readonly<Record<string, number>>
  /** Sums whose totals were compared with those of their clients. */
  readonly sumsChecked: number
  /** Transitions of all machines, by their names: `coverageOf` holds them against the tables. */
  readonly transitions: Readonly<Record<string, number>>
}

/** What others want to see of a run besides its findings. */
export interface FaultObserver {
  /** A session's machine is about to take an event. `life` counts the tabs of this client. */
  session?(client: number, life: number, session: Session, event: SessionEvent): void
}
