import type { Result } from '@shoal/protocol'
import { type Emit, patchTask, sitOut, taskOf } from './ask-work.ts'
import type { SessionEvent } from './session-event.ts'
import type { Session } from './session-state.ts'

/** How a session goes on when what computes was taken away from it: the procedures are opened anew, and nothing runs before they are. */

/** One ask is run again this often. */
const MAX_RECOVERIES = 2

type RunEnd = Extract<SessionEvent, { readonly type: 'procedure-ended' | 'admission-ended' }>

/** The device is free again, or the procedures have to be opened first: what they kept is gone then. */
export function freeDevice(session: Session, { result }: RunEnd, emit: Emit): Session {
  if (!isLoss(result)) return { ...session, running: null }
  const losses = session.losses + 1
  emit({ type: 'reopen-procedures', loss: losses })
  return { ...session, running: 'reopening', losses, memoryRound: null }
}

const isLoss = (result: Result<unknown>): boolean => !result.ok && result.failure.code === 'SHOAL_ERR_BACKEND'

/** The ask whose run was lost is run again, unless that was tried often enough. */
export function retryLostRun(session: Session, { result }: RunEnd): Session | null {
  const task = taskOf(session)
  if (task?.step.kind !== 'training' || !isLoss(result) || task.recoveries >= MAX_RECOVERIES) return null
  return patchTask(session, { step: { kind: 'queued' }, recoveries: task.recoveries + 1 })
}

export function proceduresReopened(session: Session, result: Result<unknown>, emit: Emit): Session {
  if (session.running !== 'reopening') return session
  const freed: Session = { ...session, running: null }
  return !result.ok && taskOf(freed)?.step.kind === 'queued' ? sitOut(freed, result.failure.code, emit) : freed
}
