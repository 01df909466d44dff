import type { Session, SessionEvent } from '@shoal/client'
import { sessionEventName } from './session-event-name.ts'
import type { TakenTransition, TransitionTable } from './taken-transition.ts'

type ActivePhase = Extract<Session['phase'], { kind: 'active' }>
type Task = NonNullable<ActivePhase['task']>

const taskOf = ({ phase }: Session): Task | null => (phase.kind === 'active' ? phase.task : null)
const isJoined = ({ phase }: Session): boolean => phase.kind === 'active' && phase.link.kind === 'joined'

/** How far the work at an ask is. `waiting to ...`: after a failure; `given`: its words left in a masked sum. */
export function taskStateOf(task: Task | null): string {
  const step = task?.step
  if (step === undefined) return 'none'
  switch (step.kind) {
    case 'fetching':
      return step.fetch === 'waiting' ? 'waiting to fetch' : 'fetching'
    case 'sealed':
      return step.upload === 'waiting' ? 'waiting to upload' : 'sealed'
    case 'uploading':
      return step.renewing ? 'renewing' : 'uploading'
    case 'entering':
      return step.said ? 'entering' : 'entering later'
    case 'summing':
      return step.stage === 'given' || step.stage === 'opened' ? 'given' : 'summing'
    default:
      return step.kind
  }
}

const PAUSES: readonly SessionEvent['type'][] = ['paused', 'power-changed', 'conditions-set']

/** Whatever ends the session, takes its link or pauses it does the same to every task. */
function eventOf(session: Session, event: SessionEvent, next: Session): string {
  if (next.phase.kind !== 'active') return 'leaves'
  if (isJoined(session) && !isJoined(next)) return 'link lost'
  return PAUSES.includes(event.type) ? 'pauses' : sessionEventName(event)
}

export function taskTransitionOf(session: Session, event: SessionEvent, next: Session): TakenTransition | null {
  const [task, later] = [taskOf(session), taskOf(next)]
  const [before, after] = [taskStateOf(task), taskStateOf(later)]
  if (before === after && task?.ask.ask === later?.ask.ask) return null
  return { machine: 'task', before, event: eventOf(session, event, next), after }
}

export const TASK_TRANSITIONS: TransitionTable = {
  'admission-ended failed': {
    queued: ['training'],
  },
  'admission-ended ok': {
    queued: ['training'],
  },
  'contribution-sealed failed': {
    sealing: ['none'],
  },
  'contribution-sealed ok': {
    sealing: ['sealed', 'uploading'],
  },
  disconnected: {
    summing: ['none'],
  },
  'hears ask': {
    'awaiting-durable': ['fetching', 'none'],
    entering: ['fetching'],
    fetching: ['fetching'],
    given: ['fetching', 'none'],
    none: ['fetching'],
    queued: ['fetching'],
    renewing: ['fetching'],
    sealing: ['fetching'],
    summing: ['fetching'],
    training: ['fetching'],
    uploading: ['fetching'],
    'waiting to fetch': ['fetching'],
    'waiting to upload': ['fetching'],
  },
  'hears ask-closed': {
    'awaiting-durable': ['none'],
    entering: ['none'],
    fetching: ['none'],
    given: ['none'],
    queued: ['none'],
    renewing: ['none'],
    sealing: ['none'],
    summing: ['none'],
    training: ['none'],
    uploading: ['none'],
    'waiting to fetch': ['none'],
    'waiting to upload': ['none'],
  },
  'hears durable': {
    'awaiting-durable': ['none'],
    entering: ['none'],
    fetching: ['none'],
    given: ['none'],
    queued: ['none'],
    renewing: ['none'],
    sealing: ['none'],
    summing: ['none'],
    training: ['none'],
    uploading: ['none'],
    'waiting to fetch': ['none'],
    'waiting to upload': ['none'],
  },
  'hears sum-frame': {
    entering: ['summing'],
  },
  'join-answered failed': {
    summing: ['none'],
  },
  'join-answered ok': {
    'awaiting-durable': ['entering', 'fetching', 'none', 'sealing', 'uploading'],
    'entering later': ['awaiting-durable', 'entering', 'fetching', 'none'],
    fetching: ['fetching', 'none'],
    given: ['awaiting-durable', 'fetching', 'none'],
    made: ['entering', 'fetching', 'none', 'sealing'],
    none: ['fetching'],
    queued: ['fetching', 'none'],
    renewing: ['awaiting-durable', 'entering', 'fetching', 'none', 'sealing', 'uploading'],
    sealed: ['awaiting-durable', 'entering', 'fetching', 'none', 'sealing', 'uploading'],
    sealing: ['awaiting-durable', 'fetching', 'none'],
    summing: ['awaiting-durable', 'fetching', 'none'],
    training: ['fetching', 'none'],
    uploading: ['awaiting-durable', 'entering', 'fetching', 'none', 'sealing'],
    'waiting to fetch': ['fetching', 'none'],
    'waiting to upload': ['awaiting-durable', 'entering', 'fetching', 'none', 'sealing', 'uploading'],
  },
  leaves: {
    'awaiting-durable': ['none'],
    entering: ['none'],
    'entering later': ['none'],
    fetching: ['none'],
    given: ['none'],
    made: ['none'],
    queued: ['none'],
    renewing: ['none'],
    sealed: ['none'],
    sealing: ['none'],
    summing: ['none'],
    training: ['none'],
    uploading: ['none'],
    'waiting to fetch': ['none'],
    'waiting to upload': ['none'],
  },
  'link lost': {
    entering: ['entering later'],
    summing: ['none'],
  },
  'models-fetched failed': {
    fetching: ['none', 'waiting to fetch'],
  },
  'models-fetched ok': {
    fetching: ['queued', 'training'],
  },
  pauses: {
    entering: ['none'],
    'entering later': ['none'],
    fetching: ['none'],
    made: ['none'],
    queued: ['none'],
    renewing: ['none'],
    sealed: ['none'],
    sealing: ['none'],
    summing: ['none'],
    training: ['none'],
    uploading: ['none'],
    'waiting to fetch': ['none'],
    'waiting to upload': ['none'],
  },
  'procedure-ended failed': {
    queued: ['training'],
    training: ['none', 'queued'],
  },
  'procedure-ended ok': {
    queued: ['training'],
    training: ['entering', 'made', 'sealing'],
  },
  'procedures-reopened failed': {
    queued: ['none'],
  },
  'procedures-reopened ok': {
    queued: ['training'],
  },
  'sum-advanced': {
    given: ['none', 'summing'],
    summing: ['given'],
  },
  'sum-entered failed': {
    entering: ['none'],
    'entering later': ['none'],
  },
  'sum-failed': {
    entering: ['none'],
    'entering later': ['none'],
    given: ['none'],
    summing: ['none'],
  },
  'timer link': {
    summing: ['none'],
  },
  'timer task': {
    'waiting to fetch': ['fetching'],
    'waiting to upload': ['sealed', 'uploading'],
  },
  'upload-answered failed': {
    uploading: ['none', 'renewing', 'waiting to upload'],
  },
  'upload-answered ok': {
    uploading: ['awaiting-durable', 'none'],
  },
  'where-answered ok': {
    renewing: ['awaiting-durable', 'entering', 'fetching', 'none', 'sealing', 'uploading'],
  },
}
