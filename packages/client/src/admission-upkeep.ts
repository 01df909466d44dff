import { objectsOfAdmission, patchAdmission } from './admission-work.ts'
import { type Emit, isJoined, taskOf } from './ask-work.ts'
import { pausesOf, type Session } from './session-state.ts'

/** After every event: starts what the admission needs and does not have under way, and stops it where an ask or a pause comes first. */
export const tendAdmission = (session: Session, emit: Emit): Session => sendPlaced(runAdmission(fetchAdmission(yieldDevice(session, emit), emit), emit), emit)

/** An ask comes before an admission from its arrival until its procedure has ended: a round waits for it, and nothing waits for a comparison of models. */
function isDeviceFree(session: Session): boolean {
  const kind = taskOf(session)?.step.kind
  return pausesOf(session).length === 0 && kind !== 'fetching' && kind !== 'queued' && kind !== 'training'
}

function yieldDevice(session: Session, emit: Emit): Session {
  if (session.admission?.step.kind !== 'running' || isDeviceFree(session)) return session
  emit({ type: 'cancel-procedure' })
  return patchAdmission(session, { step: { kind: 'queued' } })
}

function fetchAdmission(session: Session, emit: Emit): Session {
  const { admission } = session
  if (admission?.step.kind !== 'fetching' || admission.step.fetch !== 'due' || !isDeviceFree(session)) return session
  emit({ type: 'fetch-admission', admission: admission.number, models: objectsOfAdmission(admission.message) })
  return patchAdmission(session, { step: { kind: 'fetching', fetch: 'running' } })
}

function runAdmission(session: Session, emit: Emit): Session {
  const { admission, running } = session
  if (admission?.step.kind !== 'queued' || running !== null || !isDeviceFree(session)) return session
  emit({ type: 'run-admission', admission: admission.number, message: admission.message })
  return patchAdmission({ ...session, running: 'admission' }, { step: { kind: 'running', progress: 0 } })
}

function sendPlaced(session: Session, emit: Emit): Session {
  const { admission } = session
  if (admission?.step.kind !== 'placing' || admission.step.send !== 'due' || !isJoined(session)) return session
  emit({ type: 'send-placed', admission: admission.number, partition: admission.message.partition, cluster: admission.step.cluster })
  return patchAdmission(session, { step: { ...admission.step, send: 'running' } })
}
