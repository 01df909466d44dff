import { reduceSession, type Session, type SessionEvent } from '@shoal/client'
import { admissionStateOf, admissionTransitionOf } from './admission-transitions.ts'
import { linkStateOf, linkTransitionOf } from './link-transitions.ts'
import type { TakenTransition } from './taken-transition.ts'
import { taskStateOf, taskTransitionOf } from './task-transitions.ts'

/**
 * What an event does to a session, seen as three machines: its link with everything around it, its work at an ask, and its finding of a cluster. The session's machine is total and an event that does not fit
 * changes nothing, so that only changes are transitions.
 */
export function sessionTransitionsOf(session: Session, event: SessionEvent): readonly TakenTransition[] {
  const { session: next } = reduceSession(session, event)
  return [linkTransitionOf, taskTransitionOf, admissionTransitionOf].flatMap((transitionOf) => transitionOf(session, event, next) ?? [])
}

/** What decides which transitions of its work follow, and which of its finding of a cluster: what two states have in common leads on in the same way. */
export function sessionStateNames(session: Session): readonly string[] {
  const { phase, admission, running, isMasked } = session
  const task = phase.kind === 'active' ? phase.task : null
  const isPaused = session.pauses.length > 0 || session.power.lowBattery
  const work = task === null ? 'none' : [taskStateOf(task), task.renewed, task.recoveries > 1, task.attempt > 2].join(' ')
  const finding =
    admission === null ? 'none' : [admissionStateOf(session), admission.renewed, admission.attempt > 2, admission.message.cluster === null].join(' ')
  // Where both ask the server at once, the work goes first.
  const beside = task === null ? 'none' : taskStateOf(task) === 'renewing' ? 'renewing' : 'some'
  const link = linkStateOf(session)
  return [`${link} ${running} ${isPaused} ${isMasked} ${work}`, `${link} ${running} ${isPaused} ${beside} ${finding}`]
}
