import type {
  AdmissionMessage,
  AggregatorKey,
  AskId,
  AskMessage,
  Digest,
  ErrorCode,
  Failure,
  FederationId,
  FederationView,
  Lifecycle,
  ProcedureName,
  ServerEvent,
  SessionToken,
} from '@shoal/protocol'
import type { PowerCondition } from './ports.ts'
import type { Service } from './service.ts'
import type { SumStage } from './sum-work.ts'

/** Why a session takes no part for now. `no-data`: the volunteer has not chosen any yet. `on-battery`, `in-use`: by the volunteer's conditions alone. */
export type PauseReason = 'volunteer' | 'no-data' | 'on-battery' | 'in-use' | 'low-battery' | 'frozen'

/** What slows a session down without stopping it. `slept`: the device was asleep until a moment ago. `engine-lost`: what computes was taken away and is being opened anew. */
export type Notice = 'hidden' | 'on-battery' | 'slept' | 'engine-lost'

/** When the volunteer wants this device to take part. */
export interface Conditions {
  readonly onlyWhenCharging: boolean
  readonly onlyWhenIdle: boolean
}

export type WaitingReason =
  | { readonly kind: 'not-running'; readonly lifecycle: Lifecycle }
  | { readonly kind: 'more-people'; readonly missing: number }
  /** Others work at an ask that this client was not drawn for. */
  | { readonly kind: 'not-drawn' }
  | { readonly kind: 'sat-out'; readonly code: ErrorCode }
  /** This client's contribution is safe; others still work. */
  | { readonly kind: 'answered' }
  | { readonly kind: 'between-asks' }
  /** This client finds out on its own device which cluster it belongs to; `progress` is the share that is done, 0..1. */
  | { readonly kind: 'finding-cluster'; readonly progress: number }
  /** It could not find out, or its finding was refused: it takes no part until the clusters change or it joins again. */
  | { readonly kind: 'no-cluster'; readonly code: ErrorCode }
  /** None of the clusters is like its data: a more general model serves it, and it takes no part until clusters are looked for again. */
  | { readonly kind: 'pending' }
  /** It takes no part, and finds its group for itself: `progress` as above, null while it does not look. `isServed`: it knows whose model is for it. */
  | { readonly kind: 'guest'; readonly isServed: boolean; readonly progress: number | null }

/** `restarting`: what computes was taken away, and the ask is run again. */
export type WorkStep = 'fetching-model' | 'restarting' | 'training' | 'sealing' | 'gathering' | 'masking' | 'uploading' | 'awaiting-durable'

export interface Work {
  readonly ask: AskId
  readonly round: number
  readonly procedure: ProcedureName
  readonly step: WorkStep
  /** Share of the procedure that is done, 0..1. */
  readonly progress: number
}

/** What a page shows. Derived from the machine's state by `describeSession`. */
export type SessionState =
  /** Not started, or left. */
  | { readonly kind: 'stopped' }
  /** Checks the policy. Nothing has been sent. */
  | { readonly kind: 'preparing' }
  /** `retryAt` (by the session's timers): when the next attempt begins; null while one is under way. `work` goes on meanwhile. */
  | { readonly kind: 'offline'; readonly attempt: number; readonly retryAt: number | null; readonly work: Work | null }
  | { readonly kind: 'joining' }
  | { readonly kind: 'waiting'; readonly why: WaitingReason; readonly notices: readonly Notice[] }
  | ({ readonly kind: 'working'; readonly notices: readonly Notice[] } & Work)
  | { readonly kind: 'paused'; readonly by: readonly PauseReason[]; readonly online: boolean }
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** The same profile connected elsewhere. `start` takes over again. */
  | { readonly kind: 'superseded' }
  /** `finding`: share of the last comparison of models on this device that is done, 0..1; null when none is under way. */
  | { readonly kind: 'finished'; readonly finding: number | null; readonly isGuest?: true }

/** The machine's own state. Plain data; megabytes stay in the runtime, named here by ask and digest. */
export interface Session {
  readonly federation: FederationId
  /** Decides every jitter; different in each profile, so that tabs do not return all at once. */
  readonly seed: string
  readonly jitters: number
  readonly phase: Phase
  /** Answers go into masked sums: so says the policy, never the server. */
  readonly isMasked: boolean
  /** Takes no part in rounds, and tells nobody where it belongs. */
  readonly isGuest: boolean
  readonly pauses: readonly PauseReason[]
  readonly conditions: Conditions
  readonly power: PowerCondition
  /** Something tells of the device: then its sleep is looked for as well. */
  readonly isWatched: boolean
  /** When the next beat is due, and how late it may be; null while the heart stands still. */
  readonly heartbeat: { readonly dueAt: number; readonly patienceMs: number } | null
  /** When a sleep of the device was noticed; null once that is long ago. */
  readonly sleptAt: number | null
  readonly view: FederationView | null
  /** What the running procedure was started for, be it cancelled or not; null when none runs and one could. */
  readonly running: 'ask' | 'admission' | 'reopening' | null
  /** How often what computes was lost. */
  readonly losses: number
  /** The round whose results the procedures still hold. */
  readonly memoryRound: number | null
  /** The newest ask that was taken up, and what became of it once it is no task any more. Older asks are ignored. */
  readonly newest: { readonly ask: AskId; readonly end: AskEnd | null } | null
  /** Models that the store was last told to keep. */
  readonly kept: readonly Digest[]
  /** Pieces of models that the last ask brought: its trunk and heads. */
  readonly brought: readonly Digest[]
  /** The cluster that the server has this client in; null while unknown. */
  readonly cluster: number | null
  /** The newest admission; it outlives the link when the federation finishes. */
  readonly admission: Admission | null
  /** Admissions taken up so far. */
  readonly admissions: number
  readonly service: Service | null
}

export interface Admission {
  /** Tells its results from those of an earlier one. */
  readonly number: number
  readonly message: AdmissionMessage
  readonly step: AdmissionStep
  /** Retries since the last success. */
  readonly attempt: number
  /** The server was asked for a newer one of this partition already. */
  readonly renewed: boolean
}

export type AdmissionStep =
  | { readonly kind: 'fetching'; readonly fetch: 'due' | 'running' | 'waiting' }
  /** Has its models; the device is not free. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'running'; readonly progress: number }
  /** The run failed; waits for another. */
  | { readonly kind: 'resting' }
  | { readonly kind: 'placing'; readonly cluster: number | null; readonly send: 'due' | 'running' | 'waiting' }
  /** The server is being asked for a newer one. */
  | { readonly kind: 'asking' }
  | { readonly kind: 'failed'; readonly code: ErrorCode }
  /** Found and, where it had to be said, said; or given up by a client that needs it not. */
  | { readonly kind: 'over' }

export type AskEnd = { readonly how: 'delivered' } | { readonly how: 'closed' } | { readonly how: 'sat-out'; readonly code: ErrorCode }

export type Phase =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'preparing' }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'finished' }
  | ActivePhase

export interface ActivePhase {
  readonly kind: 'active'
  readonly link: Link
  readonly token: SessionToken | null
  /** The standing's part that is not in the view; null until the first join. */
  readonly served: { readonly aggregatorKey: AggregatorKey; readonly models: readonly Digest[] } | null
  readonly task: Task | null
  /** What the server was last told on this link; null when nothing. */
  readonly readySaid: boolean | null
  readonly readyAttempt: number
}

/** `attempt` counts links that failed since the last join. */
export type Link =
  | { readonly kind: 'down'; readonly attempt: number; readonly retryAt: number }
  | { readonly kind: 'connecting'; readonly attempt: number }
  /** Connected; the challenge has not come yet. */
  | { readonly kind: 'greeting'; readonly attempt: number }
  /** `early`: messages that overtook the answer to `join`; they are read after it. */
  | {
      readonly kind: 'joining'
      readonly attempt: number
      readonly nonce: string
      readonly credential: 'session' | 'invite'
      readonly early: readonly ServerEvent[]
    }
  | { readonly kind: 'joined' }

export interface Task {
  readonly ask: AskMessage
  readonly step: TaskStep
  /** Retries since the last success. */
  readonly attempt: number
  readonly uploads: number
  /** Runs that were lost with what computes. */
  readonly recoveries: number
  /** Where it stands was asked once already because an upload was refused in a way that a new standing may cure. */
  readonly renewed: boolean
}

export type TaskStep =
  | { readonly kind: 'fetching'; readonly fetch: 'due' | 'running' | 'waiting' }
  /** Has its models; an earlier procedure has not ended yet. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'training'; readonly progress: number }
  /** The contribution is framed and held. */
  | { readonly kind: 'made' }
  | { readonly kind: 'sealing'; readonly epoch: number }
  | { readonly kind: 'sealed'; readonly epoch: number; readonly upload: 'due' | 'waiting' }
  /** `renewing`: the upload was refused and the server is being asked where this client stands. */
  | { readonly kind: 'uploading'; readonly epoch: number; readonly renewing: boolean }
  | { readonly kind: 'awaiting-durable'; readonly epoch: number }
  /** Ready to be masked; waits for the others of its sum. `said`: on this link. */
  | { readonly kind: 'entering'; readonly said: boolean }
  /** In a masked sum, whose messages come one after the other. What is lost here is lost. */
  | { readonly kind: 'summing'; readonly stage: SumStage }

const PLAIN_POWER: PowerCondition = { hidden: false, onBattery: false, lowBattery: false, frozen: false, inUse: false }

export const initialSession = (federation: FederationId, seed: string, isGuest = false): Session => ({
  federation,
  seed,
  jitters: 0,
  phase: { kind: 'stopped' },
  isMasked: false,
  isGuest,
  pauses: [],
  conditions: { onlyWhenCharging: false, onlyWhenIdle: false },
  power: PLAIN_POWER,
  isWatched: false,
  heartbeat: null,
  sleptAt: null,
  view: null,
  running: null,
  losses: 0,
  memoryRound: null,
  newest: null,
  kept: [],
  brought: [],
  cluster: null,
  admission: null,
  admissions: 0,
  service: null,
})

/** All reasons that hold now, the volunteer's own first. */
export function pausesOf(session: Session): readonly PauseReason[] {
  const { power, conditions } = session
  const reasons: PauseReason[] = [...session.pauses]
  if (conditions.onlyWhenCharging && power.onBattery) reasons.push('on-battery')
  if (conditions.onlyWhenIdle && power.inUse) reasons.push('in-use')
  if (power.lowBattery) reasons.push('low-battery')
  if (power.frozen) reasons.push('frozen')
  return reasons
}

const SHOWN_STEP: Record<TaskStep['kind'], WorkStep> = {
  fetching: 'fetching-model',
  queued: 'training',
  training: 'training',
  made: 'sealing',
  sealing: 'sealing',
  sealed: 'uploading',
  uploading: 'uploading',
  'awaiting-durable': 'awaiting-durable',
  entering: 'gathering',
  summing: 'masking',
}

function workOf(task: Task | null, isReopening: boolean): Work | null {
  if (task === null) return null
  const { ask, round, procedure } = task.ask
  const begun = task.step.kind !== 'fetching' && task.step.kind !== 'queued'
  const step = isReopening && task.step.kind === 'queued' ? 'restarting' : SHOWN_STEP[task.step.kind]
  return { ask, round, procedure, step, progress: task.step.kind === 'training' ? task.step.progress : begun ? 1 : 0 }
}

function noticesOf({ power, running, sleptAt }: Session): readonly Notice[] {
  const notices: Notice[] = []
  if (running === 'reopening') notices.push('engine-lost')
  if (sleptAt !== null) notices.push('slept')
  if (power.hidden) notices.push('hidden')
  if (power.onBattery) notices.push('on-battery')
  return notices
}

/** Share of the finding that is done; null while none is under way. */
function findingProgress({ admission }: Session): number | null {
  switch (admission?.step.kind) {
    case 'fetching':
    case 'queued':
    case 'resting':
      return 0
    case 'running':
      return admission.step.progress
    case 'placing':
    case 'asking':
      return 1
    default:
      return null
  }
}

function waitingReason(session: Session): WaitingReason {
  const { view, newest, admission, isGuest, service } = session
  const unplaced = admission?.message.cluster === null ? admission : null
  const progress = unplaced === null ? null : findingProgress(session)
  if (isGuest && (progress !== null || view?.lifecycle === 'running')) return { kind: 'guest', isServed: service !== null, progress }
  if (progress !== null) return { kind: 'finding-cluster', progress }
  if (view === null) return { kind: 'between-asks' }
  if (view.lifecycle !== 'running') return { kind: 'not-running', lifecycle: view.lifecycle }
  if (unplaced?.step.kind === 'failed') return { kind: 'no-cluster', code: unplaced.step.code }
  if (unplaced?.step.kind === 'over' && service?.cluster === null) return { kind: 'pending' }
  const open = view.openAsk
  const isOwnAsk = open === null || open.ask === newest?.ask
  if (isOwnAsk && newest?.end?.how === 'sat-out') return { kind: 'sat-out', code: newest.end.code }
  if (isOwnAsk && newest?.end?.how === 'delivered') return { kind: 'answered' }
  // Where all are asked, this client's turn is on its way.
  if (!isOwnAsk) return open.asked < view.clientsHere ? { kind: 'not-drawn' } : { kind: 'between-asks' }
  const missing = view.clientsNeeded - view.clientsHere
  return missing > 0 ? { kind: 'more-people', missing } : { kind: 'between-asks' }
}

export function describeSession(session: Session): SessionState {
  const { phase } = session
  if (phase.kind === 'finished') return { kind: 'finished', finding: findingProgress(session), ...(session.isGuest ? { isGuest: true } : {}) }
  if (phase.kind !== 'active') return phase
  const { link } = phase
  const by = pausesOf(session)
  if (by.length > 0) return { kind: 'paused', by, online: link.kind === 'joined' }
  const work = workOf(phase.task, session.running === 'reopening')
  const notices = noticesOf(session)
  switch (link.kind) {
    case 'down':
      return { kind: 'offline', attempt: link.attempt, retryAt: link.retryAt, work }
    case 'connecting':
      return { kind: 'offline', attempt: link.attempt, retryAt: null, work }
    case 'greeting':
    case 'joining':
      return { kind: 'joining' }
    case 'joined':
      return work === null ? { kind: 'waiting', why: waitingReason(session), notices } : { kind: 'working', notices, ...work }
  }
}
