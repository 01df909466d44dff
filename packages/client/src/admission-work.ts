import { type AdmissionMessage, type Digest, ERRORS, type ErrorCode, type Failure, type Result, type Standing } from '@shoal/protocol'
import { type Emit, isJoined } from './ask-work.ts'
import { drawDelay } from './backoff.ts'
import type { Service } from './service.ts'
import type { SessionEvent } from './session-event.ts'
import type { Admission, AdmissionStep, Session } from './session-state.ts'

/**
 * How a client finds its cluster, and the model that serves it best. One admission at a time, the newest. A client without a cluster says what it found; for one
 * that has a cluster, and after the federation's end, nothing leaves the device. What is started next is decided in `admission-upkeep`.
 */

/** Runs that fail, models that arrive wrong, and fetches after the federation's end are tried again this often. */
const MAX_RETRIES = 3

export const patchAdmission = (session: Session, patch: Partial<Admission>): Session =>
  session.admission === null ? session : { ...session, admission: { ...session.admission, ...patch } }

const toStep = (session: Session, step: AdmissionStep): Session => patchAdmission(session, { step })

/** Models and vectors, all that is to be brought for it. */
export const objectsOfAdmission = ({ models, vectors, fallback }: AdmissionMessage): readonly Digest[] => [
  ...models,
  ...vectors,
  ...(fallback === undefined ? [] : [fallback]),
]

/** A client that takes part has to say what it found where the server does not know its cluster and is still there to hear it. */
const mustBePlaced = ({ phase, isGuest }: Session, { message }: Admission): boolean => message.cluster === null && phase.kind === 'active' && !isGuest

/** Ends the work at the present admission; nothing of it stays. */
export function dropAdmission(session: Session, emit: Emit): Session {
  if (session.admission === null) return session
  if (session.admission.step.kind === 'running') emit({ type: 'cancel-procedure' })
  emit({ type: 'stop-timer', timer: 'admission' })
  emit({ type: 'forget-admission' })
  return { ...session, admission: null }
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((entry, index) => entry === b[index])

/** Whether the present admission says already what the next one would. A client that has to be placed goes on with older models of the same partition. */
function isCovered({ message, step }: Admission, next: AdmissionMessage, isGuest: boolean): boolean {
  if (message.partition !== next.partition || message.cluster !== next.cluster) return false
  if (next.cluster === null && !isGuest) return step.kind !== 'failed' && step.kind !== 'asking'
  return message.models.length === next.models.length && isSameList(objectsOfAdmission(message), objectsOfAdmission(next))
}

/** An admission that the server sent: it replaces the present one unless that covers it. */
export function offerAdmission(session: Session, offered: AdmissionMessage, emit: Emit): Session {
  if (offered.federation !== session.federation) return session
  // What the server takes a guest for it has from nobody: a guest always looks for itself.
  const message = session.isGuest ? { ...offered, cluster: null } : offered
  const present = session.admission
  const known: Session = { ...session, cluster: offered.cluster }
  if (present !== null && isCovered(present, message, session.isGuest)) return known
  const admission: Admission = {
    number: session.admissions + 1,
    message,
    step: { kind: 'fetching', fetch: 'due' },
    attempt: 0,
    renewed: present?.renewed === true && present.message.partition === message.partition,
  }
  return { ...dropAdmission(known, emit), admissions: admission.number, admission }
}

/** Brings the work in line with where the server says this client stands. */
export function reconcileAdmission(session: Session, { cluster, admission: next, view }: Standing, emit: Emit): Session {
  const placed = cluster === null ? session : settlePlaced(session, cluster)
  const seen: Session = { ...placed, cluster }
  if (next === null) return dropAdmission(seen, emit)
  // Rounds change models, and a standing comes after every interruption: before the end one comparison for each partition is enough.
  const present = seen.admission?.message
  const isKnown = next.cluster !== null && present?.partition === next.partition && present.cluster === next.cluster
  return isKnown && view.lifecycle !== 'finished' ? seen : offerAdmission(seen, next, emit)
}

/** The server has this client in the cluster that the client found. */
function settlePlaced(session: Session, cluster: number | null): Session {
  const { admission } = session
  if (admission?.step.kind !== 'placing' || admission.step.cluster !== cluster) return session
  return { ...patchAdmission(session, { step: { kind: 'over' }, message: { ...admission.message, cluster } }), cluster }
}

/** What was being said when the link fell is said again after the next join. */
export function holdPlacing(session: Session): Session {
  const step = session.admission?.step
  return step?.kind === 'placing' && step.send === 'running' ? toStep(session, { ...step, send: 'due' }) : session
}

/** The federation is finished: what remains is for the volunteer alone, so a finding needs not be said any more. */
export function keepForVolunteer(session: Session): Session {
  const kind = session.admission?.step.kind
  return kind === 'placing' || kind === 'asking' || kind === 'failed' ? toStep(session, { kind: 'over' }) : session
}

type AdmissionEvent = Extract<SessionEvent, { readonly admission: number }>

/** A result that came back for an admission. Anything not awaited in the present step is stale and changes nothing. */
export function applyAdmissionEvent(session: Session, event: AdmissionEvent, emit: Emit): Session {
  const { admission } = session
  if (admission?.number !== event.admission) return session
  const { step } = admission
  switch (event.type) {
    case 'admission-fetched':
      if (step.kind !== 'fetching' || step.fetch !== 'running') return session
      if (event.result.ok) return patchAdmission(session, { step: { kind: 'queued' }, attempt: 0 })
      return fetchFailed(session, admission, event.result.failure, emit)
    case 'admission-progressed':
      return step.kind === 'running' ? toStep(session, { kind: 'running', progress: event.share }) : session
    case 'admission-ended':
      // A run that was cancelled for an ask may have ended well all the same.
      if (event.result.ok && (step.kind === 'running' || step.kind === 'queued')) return takeService(session, admission, event.result.value)
      return step.kind === 'running' && !event.result.ok ? runFailed(session, admission, event.result.failure, emit) : session
    case 'placed-answered':
      return placedAnswered(session, admission, event.result, emit)
  }
}

function takeService(session: Session, admission: Admission, service: Service): Session {
  const found: Session = { ...session, service }
  if (!mustBePlaced(session, admission)) return toStep(found, { kind: 'over' })
  return patchAdmission(found, { step: { kind: 'placing', cluster: service.cluster, send: 'due' }, attempt: 0 })
}

function fetchFailed(session: Session, admission: Admission, { code }: Failure, emit: Emit): Session {
  const isEndless = session.phase.kind === 'active' && code !== 'SHOAL_ERR_MODEL_DIGEST'
  if (ERRORS[code].retryable && (isEndless || admission.attempt < MAX_RETRIES)) {
    return retryAdmission(session, admission, { kind: 'fetching', fetch: 'waiting' }, emit)
  }
  return mustBePlaced(session, admission) ? askAnew(session, admission, code, emit) : toStep(session, { kind: 'over' })
}

function runFailed(session: Session, admission: Admission, { code }: Failure, emit: Emit): Session {
  if (admission.message.cluster !== null) return toStep(session, { kind: 'over' })
  if (admission.attempt < MAX_RETRIES) return retryAdmission(session, admission, { kind: 'resting' }, emit)
  return toStep(session, mustBePlaced(session, admission) ? { kind: 'failed', code } : { kind: 'over' })
}

function placedAnswered(session: Session, admission: Admission, result: Result<unknown>, emit: Emit): Session {
  const { step } = admission
  if (step.kind !== 'placing' || step.send !== 'running') return session
  if (result.ok) return settlePlaced(session, step.cluster)
  const { code } = result.failure
  if (code === 'SHOAL_ERR_STALE_UPDATE') return askAnew(session, admission, code, emit)
  if (!ERRORS[code].retryable) return toStep(session, { kind: 'failed', code })
  return retryAdmission(session, admission, { ...step, send: 'waiting' }, emit)
}

/** The clusters have changed meanwhile: a newer admission is on its way, or comes with the standing that is asked for here, once for each partition. */
function askAnew(session: Session, admission: Admission, code: ErrorCode, emit: Emit): Session {
  if (admission.renewed || !isJoined(session)) return toStep(session, { kind: 'failed', code })
  emit({ type: 'send-where' })
  return patchAdmission(session, { step: { kind: 'asking' }, renewed: true })
}

function retryAdmission(session: Session, { attempt }: Admission, step: AdmissionStep, emit: Emit): Session {
  const drawn = drawDelay(session, attempt)
  emit({ type: 'start-timer', timer: 'admission', delayMs: drawn.delayMs })
  return patchAdmission(drawn.session, { step, attempt: attempt + 1 })
}

/** The wait before a retry is over. */
export function resumeAdmission(session: Session): Session {
  const step = session.admission?.step
  if (step?.kind === 'fetching' && step.fetch === 'waiting') return toStep(session, { kind: 'fetching', fetch: 'due' })
  if (step?.kind === 'resting') return toStep(session, { kind: 'queued' })
  if (step?.kind === 'placing' && step.send === 'waiting') return toStep(session, { ...step, send: 'due' })
  return session
}
