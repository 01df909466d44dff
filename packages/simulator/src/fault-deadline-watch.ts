import { openQuestionIn } from '@shoal/coordinator'
import type { FederationConfig } from '@shoal/protocol'
import type { Accuse, RuleWatch } from './fault-rules.ts'

/** What is over its time by more has outlived its deadline. */
const TOLERANCE_MS = 1000
/** What could not be written is tried again after a second. */
const RETRY_MS = 1000
/** Writes that one step of a round takes at most, one after the other. */
const WRITES_OF_A_STEP = 12

export interface DeadlineWatch extends RuleWatch {
  /** Nothing can be written until now, or only slowly. */
  excuse(untilMs: number): void
}

/**
 * Rule 2: a round always ends, by its deadline. Time is what has passed, whatever the server's clock says: each question has its deadline, made anew by a restart; an answer, and what comes after it, has a
 * second. A full disk is waited for.
 */
export function createDeadlineWatch(
  accuse: Accuse,
  { now, config, slownessMs }: { readonly now: () => number; readonly config: FederationConfig; readonly slownessMs: () => number },
): DeadlineWatch {
  let excusedUntil = 0
  /** When what is under way must be over, and what it is. */
  let due: { readonly at: number; readonly what: string } | null = null

  return {
    excuse(untilMs) {
      excusedUntil = Math.max(excusedUntil, untilMs + RETRY_MS)
    },
    changed({ event, before, after }) {
      if (after.stage.kind === 'idle') {
        due = null
        return
      }
      const question = openQuestionIn(after)
      const earlier = openQuestionIn(before)
      const isRestart = event.type === 'server-restarted'
      const what = question?.spec.ask ?? after.stage.open?.spec.ask ?? `round ${after.round} between two asks`
      if (question !== null && !question.closing) {
        if (isRestart || earlier?.spec.ask !== question.spec.ask) due = { at: now() + config.deadlineMs, what: `ask ${what}` }
      } else if (question !== null) {
        if (isRestart || earlier?.closing !== true) due = { at: now(), what: `the answer of ${what}` }
      } else if (after.stage.open !== null) {
        if (isRestart || before.stage.kind === 'idle' || before.stage.open === null) due = { at: now() + config.computeDeadlineMs, what: `job ${what}` }
      } else if (isRestart || before.stage.kind === 'idle' || before.stage.open !== null) due = { at: now(), what }
    },
    stepped(_state, isUp) {
      if (!isUp) {
        excusedUntil = Math.max(excusedUntil, now())
        return
      }
      if (slownessMs() > 0) excusedUntil = Math.max(excusedUntil, now() + WRITES_OF_A_STEP * slownessMs())
      if (due !== null && now() > Math.max(due.at, excusedUntil) + TOLERANCE_MS)
        accuse(2, `${due.what} should have been over ${Math.round(now() - due.at)} ms ago`)
    },
  }
}
