import type { Session, SessionEvent } from '@shoal/client'
import { sessionEventName } from './session-event-name.ts'
import type { TakenTransition, TransitionTable } from './taken-transition.ts'

/** How far the finding of a cluster is. `waiting to ...`: after a failure. */
export function admissionStateOf({ admission }: Session): string {
  const step = admission?.step
  if (step === undefined) return 'none'
  switch (step.kind) {
    case 'fetching':
      return step.fetch === 'waiting' ? 'waiting to fetch' : 'fetching'
    case 'placing':
      return step.send === 'waiting' ? 'waiting to say' : 'placing'
    default:
      return step.kind
  }
}

function eventOf(session: Session, event: SessionEvent, next: Session): string {
  if (session.phase.kind === 'active' && next.phase.kind !== 'active') return next.phase.kind === 'finished' ? 'finishes' : 'leaves'
  if (session.admission?.step.kind === 'running' && next.admission?.number === session.admission.number && next.admission.step.kind === 'queued')
    return 'yields the device'
  return sessionEventName(event)
}

export function admissionTransitionOf(session: Session, event: SessionEvent, next: Session): TakenTransition | null {
  const [before, after] = [admissionStateOf(session), admissionStateOf(next)]
  if (before === after && session.admission?.number === next.admission?.number) return null
  return { machine: 'admission', before, event: eventOf(session, event, next), after }
}

export const ADMISSION_TRANSITIONS: TransitionTable = {
  'admission-ended failed': {
    queued: ['running'],
    running: ['failed', 'over', 'resting'],
  },
  'admission-ended ok': {
    queued: ['over', 'placing', 'running'],
    running: ['over', 'placing'],
  },
  'admission-fetched failed': {
    fetching: ['asking', 'failed', 'over', 'waiting to fetch'],
  },
  'admission-fetched ok': {
    fetching: ['queued', 'running'],
  },
  finishes: {
    asking: ['fetching', 'none', 'over'],
    failed: ['fetching', 'none', 'over'],
    fetching: ['fetching', 'none'],
    none: ['fetching'],
    over: ['fetching', 'none'],
    placing: ['fetching', 'none', 'over'],
    queued: ['fetching', 'none', 'running'],
    resting: ['fetching', 'none'],
    running: ['fetching', 'none'],
    'waiting to fetch': ['fetching', 'none'],
    'waiting to say': ['fetching', 'none', 'over'],
  },
  'hears admission': {
    asking: ['fetching'],
    failed: ['fetching'],
    fetching: ['fetching'],
    none: ['fetching'],
    over: ['fetching'],
    placing: ['fetching'],
    queued: ['fetching'],
    resting: ['fetching'],
    running: ['fetching'],
    'waiting to fetch': ['fetching'],
    'waiting to say': ['fetching'],
  },
  'hears ask-closed': {
    queued: ['running'],
  },
  'hears durable': {
    queued: ['running'],
  },
  'join-answered ok': {
    asking: ['fetching', 'none'],
    failed: ['fetching', 'none'],
    fetching: ['fetching', 'none'],
    none: ['fetching'],
    over: ['fetching', 'none'],
    placing: ['fetching', 'none', 'over'],
    queued: ['fetching', 'none', 'running'],
    resting: ['fetching', 'none'],
    running: ['fetching', 'none'],
    'waiting to fetch': ['fetching', 'none'],
    'waiting to say': ['fetching', 'none', 'over'],
  },
  leaves: {
    asking: ['none'],
    failed: ['none'],
    fetching: ['none'],
    over: ['none'],
    placing: ['none'],
    queued: ['none'],
    resting: ['none'],
    running: ['none'],
    'waiting to fetch': ['none'],
    'waiting to say': ['none'],
  },
  'models-fetched failed': {
    queued: ['running'],
  },
  'placed-answered failed': {
    placing: ['asking', 'failed', 'waiting to say'],
  },
  'placed-answered ok': {
    placing: ['over'],
  },
  'procedure-ended failed': {
    queued: ['running'],
  },
  'procedure-ended ok': {
    queued: ['running'],
  },
  'procedures-reopened failed': {
    queued: ['running'],
  },
  'procedures-reopened ok': {
    queued: ['running'],
  },
  resumed: {
    queued: ['running'],
  },
  stopped: {
    fetching: ['none'],
    over: ['none'],
    queued: ['none'],
    resting: ['none'],
    running: ['none'],
    'waiting to fetch': ['none'],
  },
  'timer admission': {
    resting: ['queued', 'running'],
    'waiting to fetch': ['fetching'],
    'waiting to say': ['placing'],
  },
  'where-answered ok': {
    asking: ['fetching', 'none'],
    failed: ['fetching', 'none'],
    fetching: ['fetching', 'none'],
    none: ['fetching'],
    over: ['fetching', 'none'],
    placing: ['fetching', 'none', 'over'],
    queued: ['fetching', 'none'],
    resting: ['fetching', 'none'],
    running: ['fetching', 'none'],
    'waiting to fetch': ['fetching', 'none'],
    'waiting to say': ['fetching', 'none', 'over'],
  },
  'yields the device': {
    running: ['queued'],
  },
}
