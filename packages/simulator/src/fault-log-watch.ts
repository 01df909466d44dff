import { createFederationState, type FederationEvent, type FederationState, reduce, replay } from '@shoal/coordinator'
import { firstDifference } from './fault-equality.ts'
import type { Accuse, Change, RuleWatch } from './fault-rules.ts'

/** Everybody else's state is compared with that of the log after so many events: it costs as much as an event. */
const COMPARED_EVERY = 8

export interface LogWatch extends RuleWatch {
  appended(events: readonly FederationEvent[]): readonly Change[]
  wasAppended(event: FederationEvent): boolean
  /** `load`: the log as the store has it. */
  replayed(load: readonly FederationEvent[], present: FederationState): void
}

/** Rule 1: the log replays to the state, bit for bit. A shadow of the machine takes every event as it reaches the disk. */
export function createLogWatch(accuse: Accuse, isSettled: () => boolean): LogWatch {
  let shadow: FederationState | null = null
  let compared = 0
  const written = new WeakSet<FederationEvent>()

  function compare(present: FederationState): void {
    const difference = shadow === null ? null : firstDifference(present, shadow, 'state')
    if (difference !== null) accuse(1, `the log leads elsewhere: ${difference}`)
  }

  return {
    appended(events) {
      const changes: Change[] = []
      for (const event of events) {
        written.add(event)
        if (shadow === null) {
          if (event.type === 'federation-created') shadow = createFederationState(structuredClone(event))
          else accuse(1, `the log begins with ${event.type}`)
          continue
        }
        // A copy, as a disk would give it back.
        const result = reduce(shadow, structuredClone(event))
        if (!result.ok) {
          accuse(1, `${event.type} is on disk, and replay refuses it: ${result.failure.code}`)
          continue
        }
        changes.push({ event, before: shadow, after: result.value.state })
        shadow = result.value.state
      }
      return changes
    },
    wasAppended: (event) => written.has(event),
    stepped(present, isUp) {
      if (!isUp || shadow === null || !isSettled()) return
      if (present.version !== shadow.version) accuse(1, `version ${present.version} is shown, and the log has ${shadow.version} events`)
      if (present.version < compared + COMPARED_EVERY) return
      compared = present.version
      compare(present)
    },
    replayed(load, present) {
      if (load.length < present.version) {
        accuse(1, `version ${present.version} is shown, and the log has ${load.length} events`)
        return
      }
      // Reading takes a moment, in which more may have been written.
      const result = replay(load.slice(0, present.version))
      const difference = result.ok ? firstDifference(result.value, present, 'state') : `${result.failure.code} ${result.failure.detail ?? ''}`
      if (difference !== null) accuse(1, `a replay leads elsewhere: ${difference}`)
    },
  }
}
