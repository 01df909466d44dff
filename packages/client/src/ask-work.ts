import { type AskId, type AskMessage, ERRORS, type ErrorCode, type Failure, type Standing } from '@shoal/protocol'
import { drawDelay } from './backoff.ts'
import type { SessionEffect } from './session-effect.ts'
import type { SessionEvent } from './session-event.ts'
import type { ActivePhase, AskEnd, Session, Task, TaskStep } from './session-state.ts'

/** How one ask is worked at: taken up, retried, given up, delivered. What is started next is decided in `upkeep`. */

export type Emit = (effect: SessionEffect) => void

/** A model that arrives wrong this often in a row will not come right: the client sits out. */
const MAX_DIGEST_RETRIES = 3

/** A fresh standing may cure these: it brings the aggregator's present key, and proves the session to a restarted server. */
const CURED_BY_STANDING: readonly ErrorCode[] = ['SHOAL_ERR_ENVELOPE', 'SHOAL_ERR_NOT_JOINED', 'SHOAL_ERR_SESSION_INVALID']
const ASK_IS_OVER: readonly ErrorCode[] = ['SHOAL_ERR_ASK_CLOSED', 'SHOAL_ERR_ASK_ABORTED', 'SHOAL_ERR_ASK_UNKNOWN']

export const patchActive = (session: Session, patch: Partial<ActivePhase>): Session =>
  session.phase.kind === 'active' ? { ...session, phase: { ...session.phase, ...patch } } : session

export const taskOf = (session: Session): Task | null => (session.phase.kind === 'active' ? session.phase.task : null)

export const patchTask = (session: Session, patch: Partial<Task>): Session => {
  const task = taskOf(session)
  return task === null ? session : patchActive(session, { task: { ...task, ...patch } })
}

export const isJoined = (session: Session): boolean => session.phase.kind === 'active' && session.phase.link.kind === 'joined'

/** Ends the work at the present ask; nothing of it stays. */
export function endTask(session: Session, end: AskEnd, emit: Emit): Session {
  const task = taskOf(session)
  if (task === null) return session
  if (task.step.kind === 'training') emit({ type: 'cancel-procedure' })
  emit({ type: 'stop-timer', timer: 'task' })
  emit({ type: 'forget-ask', ask: task.ask.ask })
  return patchActive({ ...session, newest: { ask: task.ask.ask, end } }, { task: null })
}

/** Ends the work and says so; a client that is offline says it when it is back. */
export function sitOut(session: Session, code: ErrorCode, emit: Emit): Session {
  const task = taskOf(session)
  if (task !== null && isJoined(session)) emit({ type: 'send-sit-out', ask: task.ask.ask, code })
  return endTask(session, { how: 'sat-out', code }, emit)
}

/** Negative if `a` was asked before `b`. */
function compareAsks(a: AskId, b: AskId): number {
  const [roundA = 0, indexA = 0] = a.split('.').map(Number)
  const [roundB = 0, indexB = 0] = b.split('.').map(Number)
  return roundA - roundB || indexA - indexB
}

/** An ask that the server has open for this client: taken up unless it was before. `received` is null where the server did not say. */
export function offerAsk(session: Session, ask: AskMessage, received: Standing['received'] | null, emit: Emit): Session {
  const { newest } = session
  if (ask.federation !== session.federation || (newest !== null && compareAsks(ask.ask, newest.ask) < 0)) return session
  if (newest?.ask === ask.ask) return offeredAgain(session, newest, received, emit)
  // In a census, whoever has no cluster is asked as one of the first.
  const hasNone = session.cluster === null && session.admission?.message.cluster === null
  const freed = endTask({ ...session, cluster: hasNone ? null : ask.cluster }, { how: 'closed' }, emit)
  if (received === 'received' || received === 'durable') return { ...freed, newest: { ask: ask.ask, end: { how: 'delivered' } } }
  const task: Task = { ask, step: { kind: 'fetching', fetch: 'due' }, attempt: 0, uploads: 0, recoveries: 0, renewed: false }
  return patchActive({ ...freed, newest: { ask: ask.ask, end: null } }, { task })
}

/** A server that still waits for an ask given up here has not heard so; one that lost what it had received gets no second training. */
function offeredAgain(session: Session, { ask, end }: NonNullable<Session['newest']>, received: Standing['received'] | null, emit: Emit): Session {
  if (end?.how !== 'sat-out' && !(end?.how === 'delivered' && received === 'nothing')) return session
  const code = end.how === 'sat-out' ? end.code : 'SHOAL_ERR_MEMORY_LOST'
  emit({ type: 'send-sit-out', ask, code })
  return { ...session, newest: { ask, end: { how: 'sat-out', code } } }
}

/** Brings the work in line with what the server says it has and wants. */
export function reconcileTask(session: Session, standing: Standing, emit: Emit): Session {
  const task = taskOf(session)
  if (task !== null && standing.ask?.ask !== task.ask.ask) {
    const freed = endTask(session, { how: 'closed' }, emit)
    return standing.ask === null ? freed : offerAsk(freed, standing.ask, standing.received, emit)
  }
  if (standing.ask === null) return session
  if (task === null) return offerAsk(session, standing.ask, standing.received, emit)
  const epoch = standing.aggregatorKey.epoch
  switch (standing.received) {
    case 'durable':
      return endTask(session, { how: 'delivered' }, emit)
    case 'received':
      // An earlier life of this client answered if this one has not sent anything yet.
      return task.uploads === 0 && task.step.kind !== 'summing'
        ? endTask(session, { how: 'delivered' }, emit)
        : patchTask(session, { step: { kind: 'awaiting-durable', epoch: epochOf(task.step) ?? epoch } })
    case 'nothing':
      // Words that are masked for one sum fit no other, and no second sum gets them.
      if (task.step.kind === 'summing') return sitOut(session, 'SHOAL_ERR_CLIENT_GONE', emit)
      return patchTask(session, { step: stepToSendAgain(task.step, epoch) })
  }
}

const epochOf = (step: TaskStep): number | null => ('epoch' in step ? step.epoch : null)

/** Where the way to the server begins again: the same sealed bytes while their key lives, else the same contribution sealed anew. */
function stepToSendAgain(step: TaskStep, epoch: number): TaskStep {
  const sealedFor = epochOf(step)
  if (sealedFor === null || (step.kind === 'sealing' && sealedFor === epoch)) return step
  return sealedFor === epoch ? { kind: 'sealed', epoch, upload: 'due' } : { kind: 'made' }
}

/** `ask-closed`: late or done, it is over. */
export function closeAsk(session: Session, ask: AskId, emit: Emit): Session {
  if (taskOf(session)?.ask.ask === ask) return endTask(session, { how: 'closed' }, emit)
  return session.newest?.ask === ask ? { ...session, newest: { ask, end: { how: 'closed' } } } : session
}

/** `durable`: the contribution is on the server's disk. */
export const settleDurable = (session: Session, ask: AskId, emit: Emit): Session =>
  taskOf(session)?.ask.ask === ask ? endTask(session, { how: 'delivered' }, emit) : session

/** A frame for the masked sum of an ask: one for the present task says that its sum has begun; one for an earlier ask may still be its result. */
export function takeSumFrame(session: Session, { ask, frame }: { readonly ask: AskId; readonly frame: Uint8Array }, emit: Emit): Session {
  emit({ type: 'take-sum-frame', ask, frame })
  const task = taskOf(session)
  return task?.ask.ask === ask && task.step.kind === 'entering' ? patchTask(session, { step: { kind: 'summing', stage: 'agreeing' } }) : session
}

/** The link is gone: a sum that has not begun can be entered again, one under way goes on without this client. Words that are given may still be in it. */
export function loseSum(session: Session, emit: Emit): Session {
  const step = taskOf(session)?.step
  if (step?.kind === 'entering') return patchTask(session, { step: { kind: 'entering', said: false } })
  if (step?.kind !== 'summing' || isGiven(step)) return session
  return endTask(session, { how: 'sat-out', code: 'SHOAL_ERR_CLIENT_GONE' }, emit)
}

/** What it gives has left this device: nothing that happens here takes it back. */
export const isGiven = (step: TaskStep): boolean =>
  step.kind === 'awaiting-durable' || (step.kind === 'summing' && (step.stage === 'given' || step.stage === 'opened'))

type TaskEvent = Extract<SessionEvent, { readonly ask: AskId }>

/** A result that came back for an ask. Anything not awaited in the present step is stale and changes nothing. */
export function applyTaskEvent(session: Session, event: TaskEvent, emit: Emit): Session {
  const task = taskOf(session)
  if (task === null || task.ask.ask !== event.ask) return session
  const { step } = task
  switch (event.type) {
    case 'models-fetched':
      if (step.kind !== 'fetching' || step.fetch !== 'running') return session
      if (event.result.ok) return patchTask(session, { step: { kind: 'queued' }, attempt: 0 })
      return fetchFailed(session, task, event.result.failure, emit)
    case 'procedure-progressed':
      return step.kind === 'training' ? patchTask(session, { step: { kind: 'training', progress: event.share } }) : session
    case 'procedure-ended':
      if (step.kind !== 'training') return session
      return event.result.ok ? patchTask(session, { step: { kind: 'made' } }) : sitOut(session, event.result.failure.code, emit)
    case 'contribution-sealed':
      if (step.kind !== 'sealing' || step.epoch !== event.epoch) return session
      return event.result.ok
        ? patchTask(session, { step: { kind: 'sealed', epoch: event.epoch, upload: 'due' } })
        : sitOut(session, event.result.failure.code, emit)
    case 'sum-entered':
      return step.kind === 'entering' && !event.result.ok ? entryRefused(session, event.result.failure, emit) : session
    case 'sum-advanced':
      return step.kind === 'summing' ? patchTask(session, { step: { kind: 'summing', stage: event.stage } }) : session
    case 'sum-failed':
      return step.kind === 'summing' || step.kind === 'entering' ? sitOut(session, event.failure.code, emit) : session
    case 'upload-answered':
      if (step.kind !== 'uploading' || step.renewing || task.uploads !== event.upload) return session
      if (!event.result.ok) return uploadFailed(session, task, step.epoch, event.result.failure, emit)
      if (event.result.value.received === 'durable') return endTask(session, { how: 'delivered' }, emit)
      return patchTask(session, { step: { kind: 'awaiting-durable', epoch: step.epoch }, attempt: 0, renewed: false })
  }
}

function entryRefused(session: Session, { code }: Failure, emit: Emit): Session {
  if (ASK_IS_OVER.includes(code)) return endTask(session, { how: 'closed' }, emit)
  // It went down with the link, and is said again on the next.
  return code === 'SHOAL_ERR_CLIENT_GONE' ? session : sitOut(session, code, emit)
}

function fetchFailed(session: Session, task: Task, failure: Failure, emit: Emit): Session {
  const { code } = failure
  if (!ERRORS[code].retryable || (code === 'SHOAL_ERR_MODEL_DIGEST' && task.attempt >= MAX_DIGEST_RETRIES)) return sitOut(session, code, emit)
  return retryTask(session, task, { kind: 'fetching', fetch: 'waiting' }, emit)
}

function uploadFailed(session: Session, task: Task, epoch: number, { code }: Failure, emit: Emit): Session {
  if (code === 'SHOAL_ERR_DUPLICATE_DIFFERS') return endTask(session, { how: 'delivered' }, emit)
  if (ASK_IS_OVER.includes(code)) return endTask(session, { how: 'closed' }, emit)
  if (CURED_BY_STANDING.includes(code) && !task.renewed) {
    if (isJoined(session)) emit({ type: 'send-where' })
    return patchTask(session, { step: { kind: 'uploading', epoch, renewing: true }, renewed: true })
  }
  if (!ERRORS[code].retryable) return sitOut(session, code, emit)
  return retryTask(session, task, { kind: 'sealed', epoch, upload: 'waiting' }, emit)
}

function retryTask(session: Session, task: Task, step: TaskStep, emit: Emit): Session {
  const drawn = drawDelay(session, task.attempt)
  emit({ type: 'start-timer', timer: 'task', delayMs: drawn.delayMs })
  return patchTask(drawn.session, { step, attempt: task.attempt + 1 })
}

/** The wait before a retry is over. */
export function resumeTask(session: Session): Session {
  const step = taskOf(session)?.step
  if (step?.kind === 'fetching' && step.fetch === 'waiting') return patchTask(session, { step: { kind: 'fetching', fetch: 'due' } })
  if (step?.kind === 'sealed' && step.upload === 'waiting') return patchTask(session, { step: { ...step, upload: 'due' } })
  return session
}
