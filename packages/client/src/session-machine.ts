import { ERRORS, type Failure, failed, JOIN_TIMEOUT_MS, type Joined, type Result, type ServerEvent, type Standing } from '@shoal/protocol'
import { applyAdmissionEvent, dropAdmission, holdPlacing, keepForVolunteer, offerAdmission, reconcileAdmission, resumeAdmission } from './admission-work.ts'
import {
  applyTaskEvent,
  closeAsk,
  type Emit,
  endTask,
  loseSum,
  offerAsk,
  patchActive,
  reconcileTask,
  resumeTask,
  settleDurable,
  takeSumFrame,
  taskOf,
} from './ask-work.ts'
import { drawDelay } from './backoff.ts'
import { freeDevice, proceduresReopened, retryLostRun } from './engine-loss.ts'
import { startBeat, takeBeat, tendHeartbeat } from './heartbeat.ts'
import type { SessionEffect, TimerName } from './session-effect.ts'
import type { SessionEvent } from './session-event.ts'
import type { ActivePhase, Link, Phase, Session } from './session-state.ts'
import { upkeep } from './upkeep.ts'

/** A link that is not joined by then is given up; longer than the server's own patience, so that its reason arrives first. */
const LINK_PATIENCE_MS = 2 * JOIN_TIMEOUT_MS
const MAX_EARLY_MESSAGES = 64

export interface Transition {
  readonly session: Session
  readonly effects: readonly SessionEffect[]
}

/** The whole behaviour of a session. Total: an event that does not fit the state changes nothing. */
export function reduce(session: Session, event: SessionEvent): Transition {
  const effects: SessionEffect[] = []
  const emit: Emit = (effect) => {
    effects.push(effect)
  }
  return { session: tendHeartbeat(upkeep(applyEvent(session, event, emit), emit), event.at, emit), effects }
}

function applyEvent(session: Session, event: SessionEvent, emit: Emit): Session {
  switch (event.type) {
    case 'started':
      return start(session, emit)
    case 'stopped':
      return stop(session, emit)
    case 'paused':
      return session.pauses.includes(event.reason) ? session : { ...session, pauses: [...session.pauses, event.reason] }
    case 'resumed':
      return { ...session, pauses: session.pauses.filter((reason) => reason !== event.reason) }
    case 'power-changed':
      return powerChanged(session, event, emit)
    case 'conditions-set':
      return { ...session, conditions: event.conditions }
    case 'prepared':
      return prepared(session, event, emit)
    case 'procedure-ended': {
      // The one result that matters even for an ask given up long ago: only now may the next procedure run.
      const freed = freeDevice(session, event, emit)
      return (taskOf(freed)?.ask.ask === event.ask ? retryLostRun(freed, event) : null) ?? applyTaskEvent(freed, event, emit)
    }
    case 'admission-ended':
      return applyAdmissionEvent(freeDevice(session, event, emit), event, emit)
    case 'procedures-reopened':
      return proceduresReopened(session, event.result, emit)
    case 'admission-fetched':
    case 'admission-progressed':
      return applyAdmissionEvent(session, event, emit)
    case 'models-fetched':
    case 'procedure-progressed':
    case 'contribution-sealed':
    case 'sum-entered':
    case 'sum-advanced':
    case 'sum-failed':
    case 'upload-answered':
      return applyTaskEvent(session, event, emit)
    case 'connected':
    case 'disconnected':
    case 'server-spoke':
    case 'join-answered':
    case 'where-answered':
    case 'ready-answered':
    case 'placed-answered':
      return session.phase.kind === 'active' ? applyLinkEvent(session, session.phase, event, emit) : session
    case 'sum-checked':
      return session // nothing follows from it; those who show the findings hear of it
    case 'sum-refuted':
      return refuted(session, event.failure, emit)
    case 'timer-fired':
      if (session.phase.kind === 'finished' && event.timer === 'admission') return resumeAdmission(session)
      return session.phase.kind === 'active' ? applyLinkEvent(session, session.phase, event, emit) : session
  }
}

function powerChanged(session: Session, { condition, at }: Extract<SessionEvent, { type: 'power-changed' }>, emit: Emit): Session {
  const changed: Session = { ...session, power: condition, isWatched: true }
  // A page that was frozen says so itself: the beat that it missed is no sleep.
  return session.heartbeat !== null && session.power.frozen && !condition.frozen ? startBeat(changed, at, emit) : changed
}

function start(session: Session, emit: Emit): Session {
  if (session.phase.kind !== 'stopped' && session.phase.kind !== 'superseded') return session
  emit({ type: 'prepare' })
  return { ...session, phase: { kind: 'preparing' } }
}

function prepared(session: Session, { result, at }: Extract<SessionEvent, { type: 'prepared' }>, emit: Emit): Session {
  if (session.phase.kind !== 'preparing') return session
  if (!result.ok) return { ...session, phase: { kind: 'refused', failure: result.failure } }
  const link: Link = { kind: 'down', attempt: 0, retryAt: at }
  const { token, isMasked } = result.value
  const phase: ActivePhase = { kind: 'active', link, token, served: null, task: null, readySaid: null, readyAttempt: 0 }
  return connect({ ...session, isMasked, phase }, 0, emit)
}

function stop(session: Session, emit: Emit): Session {
  const { phase } = session
  if (phase.kind === 'preparing' || phase.kind === 'superseded') return { ...session, phase: { kind: 'stopped' } }
  // The last comparison of models outlives the link, not the volunteer's wish to stop.
  if (phase.kind === 'finished') return dropAdmission(session, emit)
  if (phase.kind !== 'active') return session
  emit({ type: phase.link.kind === 'joined' ? 'send-leave' : 'disconnect' })
  return endSession(session, { kind: 'stopped' }, emit)
}

/** A server that lies about a sum gets no more of this client. */
function refuted(session: Session, failure: Failure, emit: Emit): Session {
  if (session.phase.kind !== 'active') return session
  emit({ type: session.phase.link.kind === 'joined' ? 'send-leave' : 'disconnect' })
  return endSession(session, { kind: 'refused', failure }, emit)
}

/** Leaves the active phase for good or until the next start; the link is closed by the caller. */
function endSession(session: Session, phase: Phase, emit: Emit): Session {
  const worked = endTask(session, { how: 'sat-out', code: 'SHOAL_ERR_CLIENT_GONE' }, emit)
  const freed = phase.kind === 'finished' ? keepForVolunteer(worked) : dropAdmission(worked, emit)
  emit({ type: 'stop-timer', timer: 'link' })
  emit({ type: 'stop-timer', timer: 'ready' })
  return { ...freed, phase }
}

type LinkEvent = Extract<
  SessionEvent,
  { type: 'connected' | 'disconnected' | 'server-spoke' | 'join-answered' | 'where-answered' | 'ready-answered' | 'placed-answered' | 'timer-fired' }
>

function applyLinkEvent(session: Session, active: ActivePhase, event: LinkEvent, emit: Emit): Session {
  const { link } = active
  switch (event.type) {
    case 'connected':
      return link.kind === 'connecting' ? patchActive(session, { link: { kind: 'greeting', attempt: link.attempt } }) : session
    case 'disconnected':
      return link.kind === 'down' ? session : loseLink(session, link, event.failure, event.at, emit)
    case 'server-spoke':
      return hear(session, active, event.message, emit)
    case 'join-answered':
      return link.kind === 'joining' ? joinAnswered(session, link, event.result, event.at, emit) : session
    case 'where-answered': {
      const step = active.task?.step
      const isRenewing = step?.kind === 'uploading' && step.renewing
      if (link.kind !== 'joined' || !(isRenewing || session.admission?.step.kind === 'asking')) return session
      if (!event.result.ok) return rejoin(session, link, event.at, emit)
      return isRenewing ? takeStanding(session, event.result.value, emit) : reconcileAdmission(session, event.result.value, emit)
    }
    case 'ready-answered':
      if (link.kind !== 'joined') return session
      if (event.result.ok) return patchActive(session, { readyAttempt: 0 })
      return readyRefused(session, active, link, event.result.failure, event.at, emit)
    case 'placed-answered':
      if (!event.result.ok && event.result.failure.code === 'SHOAL_ERR_NOT_JOINED') return rejoin(session, link, event.at, emit)
      return applyAdmissionEvent(session, event, emit)
    case 'timer-fired':
      return timerFired(session, link, event.timer, event.at, emit)
  }
}

function timerFired(session: Session, link: Link, timer: TimerName, at: number, emit: Emit): Session {
  switch (timer) {
    case 'link':
      if (link.kind === 'joined') return session
      if (link.kind === 'down') return connect(session, link.attempt, emit)
      return rejoin(session, link, at, emit)
    case 'task':
      return resumeTask(session)
    case 'admission':
      return resumeAdmission(session)
    case 'ready':
      return patchActive(session, { readySaid: null })
    case 'heartbeat': {
      const beat = takeBeat(session, at, emit)
      // Nobody knows whether a link stands that was slept through: its other end may have given it up long ago.
      return beat.hasSlept && link.kind === 'joined' ? rejoin(beat.session, link, at, emit) : beat.session
    }
  }
}

function connect(session: Session, attempt: number, emit: Emit): Session {
  emit({ type: 'connect' })
  emit({ type: 'start-timer', timer: 'link', delayMs: LINK_PATIENCE_MS })
  return patchActive(session, { link: { kind: 'connecting', attempt } })
}

/** The link is gone: wait and try again, unless the reason is one that waiting does not cure. Work goes on meanwhile. */
function loseLink(session: Session, link: Link, failure: Failure, at: number, emit: Emit): Session {
  if (failure.code === 'SHOAL_ERR_SESSION_SUPERSEDED') return endSession(session, { kind: 'superseded' }, emit)
  if (!ERRORS[failure.code].retryable) return endSession(session, { kind: 'refused', failure }, emit)
  const attempt = link.kind === 'joined' ? 0 : link.attempt
  const { session: drawn, delayMs } = drawDelay(loseSum(holdPlacing(session), emit), attempt)
  emit({ type: 'stop-timer', timer: 'ready' })
  emit({ type: 'start-timer', timer: 'link', delayMs })
  return patchActive(drawn, { link: { kind: 'down', attempt: attempt + 1, retryAt: at + delayMs }, readySaid: null })
}

/** Closes a link that is of no use, and comes back over a new one. */
function rejoin(session: Session, link: Link, at: number, emit: Emit): Session {
  emit({ type: 'disconnect' })
  return loseLink(session, link, failed('SHOAL_ERR_CLIENT_GONE').failure, at, emit)
}

function joinAnswered(session: Session, link: Extract<Link, { kind: 'joining' }>, result: Result<Joined>, at: number, emit: Emit): Session {
  if (!result.ok) {
    if (result.failure.code === 'SHOAL_ERR_SESSION_INVALID' && link.credential === 'session') {
      emit({ type: 'send-join', nonce: link.nonce, token: null })
      return patchActive(session, { link: { ...link, credential: 'invite' }, token: null })
    }
    emit({ type: 'disconnect' })
    return loseLink(session, link, result.failure, at, emit)
  }
  const { session: token, standing } = result.value
  emit({ type: 'stop-timer', timer: 'link' })
  emit({ type: 'store-token', token })
  const joined = patchActive(session, { link: { kind: 'joined' }, token, readySaid: null, readyAttempt: 0 })
  return link.early.reduce<Session>(
    (now, message) => (now.phase.kind === 'active' ? hear(now, now.phase, message, emit) : now),
    takeStanding(joined, standing, emit),
  )
}

function takeStanding(session: Session, standing: Standing, emit: Emit): Session {
  const { aggregatorKey, models, view } = standing
  const seen = reconcileAdmission(patchActive({ ...session, view }, { served: { aggregatorKey, models } }), standing, emit)
  return view.lifecycle === 'finished' ? finish(seen, emit) : resumeTask(reconcileTask(seen, standing, emit))
}

function finish(session: Session, emit: Emit): Session {
  emit({ type: 'disconnect' })
  return endSession(session, { kind: 'finished' }, emit)
}

function hear(session: Session, active: ActivePhase, message: ServerEvent, emit: Emit): Session {
  const { link } = active
  if (message.name === 'superseded') {
    emit({ type: 'disconnect' })
    return endSession(session, { kind: 'superseded' }, emit)
  }
  if (message.name === 'challenge') return link.kind === 'greeting' ? answerChallenge(session, active, link.attempt, message.body.nonce, emit) : session
  if (link.kind === 'joining') return patchActive(session, { link: { ...link, early: [...link.early, message].slice(-MAX_EARLY_MESSAGES) } })
  if (link.kind !== 'joined') return session
  switch (message.name) {
    case 'ask':
      return offerAsk(session, message.body, null, emit)
    case 'admission':
      return offerAdmission(session, message.body, emit)
    case 'sum-frame':
      return takeSumFrame(session, message.body, emit)
    case 'sum-result':
      emit({ type: 'fetch-sum-result', ask: message.body.ask, result: message.body.result })
      return session
    case 'ask-closed':
      return closeAsk(session, message.body.ask, emit)
    case 'durable':
      return settleDurable(session, message.body.ask, emit)
    case 'view': {
      const view = message.body
      if (view.id !== session.federation || active.served === null || (session.view !== null && view.version <= session.view.version)) return session
      const seen = patchActive({ ...session, view }, { served: { ...active.served, models: view.models } })
      return view.lifecycle === 'finished' ? finish(seen, emit) : seen
    }
  }
}

function answerChallenge(session: Session, { token }: ActivePhase, attempt: number, nonce: string, emit: Emit): Session {
  emit({ type: 'send-join', nonce, token })
  return patchActive(session, { link: { kind: 'joining', attempt, nonce, credential: token === null ? 'invite' : 'session', early: [] } })
}

function readyRefused(session: Session, active: ActivePhase, link: Link, { code }: Failure, at: number, emit: Emit): Session {
  if (code === 'SHOAL_ERR_NOT_JOINED') return rejoin(session, link, at, emit)
  if (!ERRORS[code].retryable) return session
  const { session: drawn, delayMs } = drawDelay(session, active.readyAttempt)
  emit({ type: 'start-timer', timer: 'ready', delayMs })
  return patchActive(drawn, { readyAttempt: active.readyAttempt + 1 })
}
