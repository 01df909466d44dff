import type { Digest } from '@shoal/protocol'
import { tendAdmission } from './admission-upkeep.ts'
import { objectsOfAdmission } from './admission-work.ts'
import { type Emit, isGiven, patchActive, patchTask, sitOut, taskOf } from './ask-work.ts'
import { objectsOf, piecesOf } from './model-delivery.ts'
import { type AdmissionStep, pausesOf, type Session } from './session-state.ts'

/**
 * After every event: starts whatever the state now allows and does not have under way. Each thing is started in one place only, so that no order of events
 * can start it twice or leave it out.
 */
export function upkeep(session: Session, emit: Emit): Session {
  switch (session.phase.kind) {
    case 'active':
      return pruneModels(tendAdmission(tendAsk(session, emit), emit), emit)
    case 'finished':
      return pruneModels(tendAdmission(session, emit), emit)
    default:
      return session
  }
}

const tendAsk = (session: Session, emit: Emit): Session =>
  sayReady(sendContribution(runProcedure(fetchModels(sitOutWhenPaused(session, emit), emit), emit), emit), emit)

/** A contribution that the server has received needs no more work of this device: a pause does not take it back. A guest works at none. */
function sitOutWhenPaused(session: Session, emit: Emit): Session {
  const task = taskOf(session)
  if (task === null || isGiven(task.step) || (pausesOf(session).length === 0 && !session.isGuest)) return session
  return sitOut(session, 'SHOAL_ERR_CLIENT_GONE', emit)
}

function fetchModels(session: Session, emit: Emit): Session {
  const task = taskOf(session)
  if (task?.step.kind !== 'fetching' || task.step.fetch !== 'due') return session
  emit({ type: 'fetch-models', ask: task.ask.ask, models: objectsOf(task.ask) })
  return patchTask({ ...session, brought: piecesOf(task.ask) }, { step: { kind: 'fetching', fetch: 'running' } })
}

function runProcedure(session: Session, emit: Emit): Session {
  const task = taskOf(session)
  if (task === null || session.running !== null) return session
  const isOver = session.memoryRound !== null && session.memoryRound !== task.ask.round
  if (isOver) emit({ type: 'end-round' })
  const memoryRound = isOver ? null : session.memoryRound
  if (task.step.kind !== 'queued') return { ...session, memoryRound }
  emit({ type: 'run-procedure', ask: task.ask })
  return patchTask({ ...session, running: 'ask', memoryRound: task.ask.round }, { step: { kind: 'training', progress: 0 } })
}

function sendContribution(session: Session, emit: Emit): Session {
  if (session.phase.kind !== 'active') return session
  const { link, served, token, task } = session.phase
  if (link.kind !== 'joined' || served === null || token === null || task === null) return session
  const { ask } = task.ask
  if (session.isMasked && (task.step.kind === 'made' || (task.step.kind === 'entering' && !task.step.said))) {
    emit({ type: 'enter-sum', ask, token })
    return patchTask(session, { step: { kind: 'entering', said: true } })
  }
  if (task.step.kind === 'made') {
    emit({ type: 'seal-contribution', ask, aggregatorKey: served.aggregatorKey })
    return patchTask(session, { step: { kind: 'sealing', epoch: served.aggregatorKey.epoch } })
  }
  if (task.step.kind !== 'sealed' || task.step.upload !== 'due') return session
  const upload = task.uploads + 1
  emit({ type: 'upload-contribution', ask, upload, token })
  return patchTask(session, { step: { kind: 'uploading', epoch: task.step.epoch, renewing: false }, uploads: upload })
}

function sayReady(session: Session, emit: Emit): Session {
  if (session.phase.kind !== 'active' || session.phase.link.kind !== 'joined') return session
  const ready = pausesOf(session).length === 0 && !session.isGuest
  if (session.phase.readySaid === ready) return session
  emit({ type: 'send-ready', ready })
  return patchActive(session, { readySaid: ready })
}

/** Steps of an admission from which it goes on to a run. */
const USES_MODELS: readonly AdmissionStep['kind'][] = ['fetching', 'queued', 'running', 'resting']

function pruneModels(session: Session, emit: Emit): Session {
  const { phase, view, admission } = session
  const active = phase.kind === 'active' ? phase : null
  if (active !== null && active.served === null) return session
  // A model that this round measured is what the next one starts from: nothing goes before the round is over.
  if (session.memoryRound !== null && session.memoryRound === view?.round) return session
  const ask = active?.task?.ask
  // Between two asks: the next may name the pieces of models that the last one brought, a trunk and heads.
  const pieces = ask === undefined && view?.lifecycle === 'running' ? session.brought : []
  const wanted = new Set<Digest>([...(active?.served?.models ?? []), ...(view?.models ?? []), ...(ask === undefined ? pieces : objectsOf(ask))])
  if (admission !== null && USES_MODELS.includes(admission.step.kind)) {
    for (const digest of objectsOfAdmission(admission.message)) wanted.add(digest)
  }
  if (wanted.size === session.kept.length && session.kept.every((digest) => wanted.has(digest))) return session
  const kept = [...wanted]
  emit({ type: 'prune-models', keep: kept })
  return { ...session, kept }
}
