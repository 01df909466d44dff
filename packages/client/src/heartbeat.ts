import type { Emit } from './ask-work.ts'
import type { Session } from './session-state.ts'

/** How a session notices that its device was asleep: its own timer comes late. */

export const HEARTBEAT_MS = 15_000
/** A beat that is this late was slept through. */
const PATIENCE_MS = 20_000
/** Browsers hold back the timers of a hidden page, to one a minute. */
const HIDDEN_PATIENCE_MS = 90_000
/** A sleep that is over shows as a notice for so long. */
const NOTICE_MS = 60_000

/** After every event: beats while the session is active and hears of its device. */
export function tendHeartbeat(session: Session, at: number, emit: Emit): Session {
  const isWanted = session.phase.kind === 'active' && session.isWatched
  if (isWanted === (session.heartbeat !== null)) return session
  if (isWanted) return startBeat(session, at, emit)
  emit({ type: 'stop-timer', timer: 'heartbeat' })
  return { ...session, heartbeat: null, sleptAt: null }
}

/** The next beat counts from now. */
export function startBeat(session: Session, at: number, emit: Emit): Session {
  emit({ type: 'start-timer', timer: 'heartbeat', delayMs: HEARTBEAT_MS })
  return { ...session, heartbeat: { dueAt: at + HEARTBEAT_MS, patienceMs: session.power.hidden ? HIDDEN_PATIENCE_MS : PATIENCE_MS } }
}

/** A beat, and whether the device slept before it. */
export function takeBeat(session: Session, at: number, emit: Emit): { readonly session: Session; readonly hasSlept: boolean } {
  const { heartbeat, sleptAt } = session
  const hasSlept = heartbeat !== null && at - heartbeat.dueAt > heartbeat.patienceMs
  const isOld = sleptAt !== null && at - sleptAt >= NOTICE_MS
  return { session: startBeat({ ...session, sleptAt: hasSlept ? at : isOld ? null : sleptAt }, at, emit), hasSlept }
}
