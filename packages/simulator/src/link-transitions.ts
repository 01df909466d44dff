import type { Session, SessionEvent } from '@shoal/client'
import { sessionEventName } from './session-event-name.ts'
import type { TakenTransition, TransitionTable } from './taken-transition.ts'

/** Of the phase, and in the active phase of the link. */
export function linkStateOf({ phase }: Session): string {
  if (phase.kind !== 'active') return phase.kind
  return phase.link.kind === 'joining' ? `joining by ${phase.link.credential}` : phase.link.kind
}

export function linkTransitionOf(session: Session, event: SessionEvent, next: Session): TakenTransition | null {
  const [before, after] = [linkStateOf(session), linkStateOf(next)]
  return before === after ? null : { machine: 'link', before, event: sessionEventName(event), after }
}

export const LINK_TRANSITIONS: TransitionTable = {
  connected: {
    connecting: ['greeting'],
  },
  disconnected: {
    connecting: ['down', 'refused', 'superseded'],
    greeting: ['down', 'refused', 'superseded'],
    joined: ['down', 'refused', 'superseded'],
    'joining by invite': ['down', 'refused', 'superseded'],
    'joining by session': ['down', 'refused', 'superseded'],
  },
  'hears challenge': {
    greeting: ['joining by invite', 'joining by session'],
  },
  'hears superseded': {
    connecting: ['superseded'],
    down: ['superseded'],
    greeting: ['superseded'],
    joined: ['superseded'],
    'joining by invite': ['superseded'],
    'joining by session': ['superseded'],
  },
  'hears view': {
    joined: ['finished'],
  },
  'join-answered failed': {
    'joining by invite': ['down', 'refused'],
    'joining by session': ['down', 'joining by invite', 'refused'],
  },
  'join-answered ok': {
    'joining by invite': ['finished', 'joined'],
    'joining by session': ['finished', 'joined'],
  },
  'placed-answered failed': {
    joined: ['down'],
  },
  'prepared failed': {
    preparing: ['refused'],
  },
  'prepared ok': {
    preparing: ['connecting'],
  },
  'ready-answered failed': {
    joined: ['down'],
  },
  started: {
    stopped: ['preparing'],
    superseded: ['preparing'],
  },
  stopped: {
    connecting: ['stopped'],
    down: ['stopped'],
    greeting: ['stopped'],
    joined: ['stopped'],
    'joining by invite': ['stopped'],
    'joining by session': ['stopped'],
    preparing: ['stopped'],
    superseded: ['stopped'],
  },
  'sum-refuted': {
    connecting: ['refused'],
    down: ['refused'],
    greeting: ['refused'],
    joined: ['refused'],
    'joining by invite': ['refused'],
    'joining by session': ['refused'],
  },
  'timer link': {
    connecting: ['down'],
    down: ['connecting'],
    greeting: ['down'],
    'joining by invite': ['down'],
    'joining by session': ['down'],
  },
  'where-answered failed': {
    joined: ['down'],
  },
  'where-answered ok': {
    joined: ['finished'],
  },
}
