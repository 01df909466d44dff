import {
  type BlockId,
  type ClientId,
  type FederationConfig,
  failed,
  isLastingProcedure,
  isUpdateProcedure,
  type ProcedureName,
  type Result,
  type RoundSummary,
  succeeded,
} from '@shoal/protocol'
import { splitsAfter } from './cluster-splits.ts'
import { drawCohort } from './cohort.ts'
import type { FederationEffect } from './federation-effect.ts'
import type { AskSpec, FederationEvent } from './federation-event.ts'
import {
  type ClientRecord,
  type ClosedAsk,
  type FederationState,
  type OpenAsk,
  type OpenedSum,
  type OpenQuestion,
  type OpenRound,
  openQuestionIn,
  openQuestionOf,
  type Stage,
} from './federation-state.ts'
import { placed } from './placement.ts'
import { quorumOf } from './quorum.ts'
import { combinedBeacon } from './sum-cohorts.ts'

/** Clients who all left before a quorum had answered may come back within this time (a reload takes seconds), but do not hold up the others to the deadline. */
const RETURN_GRACE_MS = 20_000
/** Rounds in a row without a new model after which a federation pauses itself instead of spinning. */
const MAX_ROUNDS_WITHOUT_PROGRESS = 5

export interface Transition {
  readonly state: FederationState
  readonly effects: readonly FederationEffect[]
}

/**
 * The round machine: `(state, event) -> {state, effects}`. No socket, disk, clock, randomness or tensor inside; what is random is decided by the federation's
 * seed. The same function runs in production, in the simulator and, as replay, after a crash. A refused event changes nothing.
 */
export const reduce = (state: FederationState, event: FederationEvent): Result<Transition> => reduceOn(createDraft(), state, event)

/** Sees at once what the machine makes of an event in this state. The clients of both states are those of the later one where several events are taken together. */
export type EventWatch = (state: FederationState, event: FederationEvent, result: Result<Transition>) => void

/**
 * Several events, one after the other, as `reduce` takes them, with each one's effects or refusal. What lies between the first state and the last is seen by nobody, so that the clients, of whom there may be
 * thousands, are copied once and not for each event.
 */
export function reduceAll(
  state: FederationState,
  events: readonly FederationEvent[],
  watch?: EventWatch,
): { readonly state: FederationState; readonly outcomes: readonly Result<readonly FederationEffect[]>[] } {
  const draft = createDraft()
  let last = state
  const outcomes = events.map((event): Result<readonly FederationEffect[]> => {
    const result = reduceOn(draft, last, event)
    watch?.(last, event, result)
    if (!result.ok) return result
    last = result.value.state
    return succeeded(result.value.effects)
  })
  return { state: last, outcomes }
}

/** The clients that were copied last: as long as no state but the present one has them, the next change needs no copy of its own. */
interface Draft {
  clients: Map<ClientId, ClientRecord> | null
}

const createDraft = (): Draft => ({ clients: null })

function reduceOn(draft: Draft, state: FederationState, event: FederationEvent): Result<Transition> {
  const result = transition(draft, state, event)
  if (!result.ok) return result
  const { state: next, effects } = result.value
  return succeeded({ state: { ...next, version: state.version + 1 }, effects })
}

/** The state that a federation's first event makes. */
export function createFederationState(event: FederationEvent & { type: 'federation-created' }): FederationState {
  return {
    id: event.federation,
    config: event.config,
    version: 1,
    lifecycle: 'created',
    reason: '',
    round: 0,
    stage: { kind: 'idle' },
    clients: new Map(),
    models: [event.model],
    partition: 0,
    isOfPoints: false,
    expert: null,
    strategyState: event.strategyState,
    isCensusDue: false,
    rounds: [],
    beacon: null,
    sums: [],
    roundsWithoutProgress: 0,
    splits: [],
    sumsAsked: [],
  }
}

function transition(draft: Draft, state: FederationState, event: FederationEvent): Result<Transition> {
  switch (event.type) {
    case 'federation-created':
      return failed('SHOAL_ERR_WRONG_LIFECYCLE', 'it exists already')
    case 'federation-started':
      if (state.lifecycle !== 'created') return failed('SHOAL_ERR_WRONG_LIFECYCLE', `it is ${state.lifecycle}`)
      return goOn({ ...state, lifecycle: 'running' }, event.at)
    case 'federation-paused':
      if (state.lifecycle !== 'running') return failed('SHOAL_ERR_WRONG_LIFECYCLE', `it is ${state.lifecycle}`)
      return announced({ ...state, lifecycle: 'paused', reason: event.reason })
    case 'federation-resumed':
      if (state.lifecycle !== 'paused') return failed('SHOAL_ERR_WRONG_LIFECYCLE', `it is ${state.lifecycle}`)
      return goOn({ ...state, lifecycle: 'running', reason: '', roundsWithoutProgress: 0 }, event.at)
    case 'federation-finished':
      if (state.lifecycle === 'finished') return failed('SHOAL_ERR_WRONG_LIFECYCLE', 'it is finished')
      return finish(state, event.at, event.reason)
    case 'server-restarted':
      return restart(state, event.at)
    case 'client-joined':
      return goOn(withClient(draft, state, event.client, { presence: 'here', ready: false }), event.at) // it says itself when it can take part
    case 'client-readied':
      if (!state.clients.has(event.client)) return failed('SHOAL_ERR_NOT_JOINED')
      return goOn(withClient(draft, state, event.client, { ready: event.ready }), event.at)
    case 'client-placed':
      return placeClient(draft, state, event)
    case 'client-left':
      if (!state.clients.has(event.client)) return failed('SHOAL_ERR_NOT_JOINED')
      return goOn(withClient(draft, state, event.client, { presence: 'away' }), event.at)
    case 'client-sat-out':
      return satOut(state, event)
    case 'ask-opened':
      return openAsk(state, event.ask, event.at)
    case 'contributions-folded':
      return folded(state, event)
    case 'deadline-passed': {
      const open = openQuestionOf(state, event.ask)
      if (!open || open.closing) return failed('SHOAL_ERR_ASK_CLOSED')
      return succeeded({ state: withOpen(givenUpOn(state), { ...open, closing: true }), effects: [{ type: 'close-ask', ask: event.ask }] })
    }
    case 'ask-closed':
      return closeAsk(state, event)
    case 'round-finished':
      return finishRound(state, event)
    case 'round-aborted':
      return abortRound(state, event)
  }
}

// ---- clients -------------------------------------------------------------------------------------------------------------------------------------------------

function withClient(draft: Draft, state: FederationState, client: ClientId, change: Partial<ClientRecord>): FederationState {
  // With one cluster, or where it has a part in each, there is nothing to find out.
  const newcomer: ClientRecord = { presence: 'away', ready: false, cluster: state.models.length === 1 || state.isOfPoints ? 0 : null }
  return withRecord(draft, state, client, { ...(state.clients.get(client) ?? newcomer), ...change })
}

/** To be the last thing that a transition does which may be refused: in a draft what is done is done. */
function withRecord(draft: Draft, state: FederationState, client: ClientId, record: ClientRecord): FederationState {
  const clients = draft.clients !== null && draft.clients === state.clients ? draft.clients : new Map(state.clients)
  draft.clients = clients.set(client, record)
  return { ...state, clients }
}

/** Clients that could be drawn now, in no particular order. */
export const readyClients = (state: FederationState): readonly ClientId[] =>
  [...state.clients].filter(([, record]) => isHere(record) && (record.cluster !== null || (state.isCensusDue && record.isPending))).map(([client]) => client)

const isHere = ({ presence, ready }: ClientRecord): boolean => presence === 'here' && ready

const clientsHere = (state: FederationState): readonly ClientId[] =>
  [...state.clients].filter(([, { presence }]) => presence === 'here').map(([client]) => client)

/** Members of each cluster whom `counts` lets in. */
function clusterSizesOf({ clients, models }: FederationState, counts: (record: ClientRecord) => boolean): readonly number[] {
  const sizes = models.map(() => 0)
  for (const record of clients.values()) if (record.cluster !== null && counts(record)) sizes[record.cluster] += 1
  return sizes
}

/** A client says where it belongs, by an admission that must be the present one. */
function placeClient(
  draft: Draft,
  state: FederationState,
  { client, partition, cluster, at }: FederationEvent & { type: 'client-placed' },
): Result<Transition> {
  const record = state.clients.get(client)
  if (!record) return failed('SHOAL_ERR_NOT_JOINED')
  if (record.cluster === cluster && (cluster !== null || record.isPending)) return succeeded({ state, effects: [] })
  if (partition !== state.partition || record.cluster !== null) return failed('SHOAL_ERR_STALE_UPDATE', 'the clusters have changed since')
  if (cluster === null) return goOn(withClient(draft, state, client, { isPending: true }), at)
  if (cluster >= state.models.length) return failed('SHOAL_ERR_MALFORMED', `there is no cluster ${cluster}`)
  const { isPending: _, ...settled } = record
  return goOn(withRecord(draft, state, client, { ...settled, cluster }), at)
}

function satOut(state: FederationState, { client, ask, at }: FederationEvent & { type: 'client-sat-out' }): Result<Transition> {
  const open = openQuestionOf(state, ask)
  if (!open) return failed('SHOAL_ERR_ASK_CLOSED')
  if (!open.blocks.has(client)) return failed('SHOAL_ERR_NOT_IN_COHORT')
  if (open.folded.has(client)) return failed('SHOAL_ERR_DUPLICATE_DIFFERS', 'it has contributed already')
  return closeIfComplete(withOpen(state, { ...open, satOut: new Set(open.satOut).add(client) }), at)
}

/** After a restart nobody is connected. Whoever was here is waited for, as long as a new ask would be. */
function restart(state: FederationState, at: number): Result<Transition> {
  const clients = new Map(
    [...state.clients].map(([client, record]) => [client, { ...record, presence: record.presence === 'away' ? ('away' as const) : ('expected' as const) }]),
  )
  const woken = { ...state, clients }
  const renewal: readonly FederationEffect[] = state.models.length > 1 ? [{ type: 'renew-admission', announceTo: [] }] : []
  if (state.stage.kind === 'idle') return withEffects(goOn(woken, at), renewal)
  const open = openQuestionIn(state)
  if (open === null) return succeeded({ state: woken, effects: [...renewal, { type: 'run-round' }] })
  const { ask } = open.spec
  const resumed: readonly FederationEffect[] = [...renewal, { type: 'run-round' }, { type: 'open-collector', ask }]
  if (open.closing) return succeeded({ state: woken, effects: [...resumed, { type: 'close-ask', ask }] })
  const deadlineAt = at + state.config.deadlineMs
  return succeeded({
    state: withOpen(woken, { ...open, deadlineAt, graceEndsAt: null }),
    effects: [...resumed, { type: 'arm-deadline', ask, at: deadlineAt }],
  })
}

/** A transition with effects that come before its own. */
const withEffects = (transition: Result<Transition>, first: readonly FederationEffect[]): Result<Transition> =>
  transition.ok ? succeeded({ state: transition.value.state, effects: [...first, ...transition.value.effects] }) : transition

/** Who was expected back after a restart and has not come by the deadline is away. */
function givenUpOn(state: FederationState): FederationState {
  const clients = new Map(
    [...state.clients].map(([client, record]) => [client, record.presence === 'expected' ? { ...record, presence: 'away' as const } : record]),
  )
  return { ...state, clients }
}

// ---- asks ----------------------------------------------------------------------------------------------------------------------------------------------------

function withOpen(state: FederationState, open: OpenAsk | null): FederationState {
  return state.stage.kind === 'open' ? { ...state, stage: { ...state.stage, open } } : state
}

function openAsk(state: FederationState, spec: AskSpec, at: number): Result<Transition> {
  const { stage } = state
  if (stage.kind !== 'open' || stage.open !== null) return failed('SHOAL_ERR_ASK_UNKNOWN', 'no round waits for an ask')
  if (spec.kind === 'compute') return succeeded({ state: withOpen(state, { kind: 'compute', spec }), effects: [] })
  const present = stage.cohort.filter((client) => state.clients.get(client)?.presence !== 'away')
  const blocks = placed(state, spec.place, present)
  const asked = [...blocks.keys()]
  const deadlineAt = at + state.config.deadlineMs
  const open: OpenQuestion = {
    kind: 'question',
    spec,
    deadlineAt,
    asked,
    blocks,
    folded: new Set(),
    satOut: new Set(),
    chosen: new Map(),
    cohorts: new Map(),
    beacon: null,
    checkpoint: null,
    graceEndsAt: null,
    closing: asked.length === 0,
  }
  const effects: FederationEffect[] = [{ type: 'open-collector', ask: spec.ask }]
  if (open.closing) effects.push({ type: 'close-ask', ask: spec.ask })
  else effects.push({ type: 'arm-deadline', ask: spec.ask, at: deadlineAt }, { type: 'announce-ask', ask: spec.ask, clients: asked })
  return succeeded({ state: withOpen(state, open), effects: [...effects, ANNOUNCE_VIEW] })
}

function folded(
  state: FederationState,
  { ask, clients, chosen, cohorts, beacon, checkpoint, at }: FederationEvent & { type: 'contributions-folded' },
): Result<Transition> {
  const open = openQuestionOf(state, ask)
  if (!open) return failed('SHOAL_ERR_ASK_CLOSED')
  const foldedNow = new Set(open.folded)
  for (const client of clients) foldedNow.add(client)
  const choices = new Map(open.chosen)
  for (const [index, block] of (chosen ?? []).entries()) if (block !== null) choices.set(clients[index], block)
  const summedWith = new Map(open.cohorts)
  for (const [index, cohort] of (cohorts ?? []).entries()) summedWith.set(clients[index], cohort)
  const next: OpenQuestion = {
    ...open,
    folded: foldedNow,
    chosen: choices,
    cohorts: summedWith,
    beacon: combinedBeacon(open.beacon, beacon ?? null),
    checkpoint,
  }
  const closing = closeIfComplete(withOpen(withSums(state, open, clients, cohorts ?? []), next), at)
  if (!closing.ok) return closing
  return succeeded({ state: closing.value.state, effects: [{ type: 'announce-durable', ask, clients }, ...closing.value.effects] })
}

/** Rounds whose updates a sum is compared with (privacy.md 3.6). */
const ROUNDS_REMEMBERED = 64

/** With the cohorts of an event, over whom sums are open from now on. */
function withSums(state: FederationState, { spec }: OpenQuestion, clients: readonly ClientId[], cohorts: readonly number[]): FederationState {
  if (cohorts.length === 0) return state
  const { round } = state
  const opened = [...new Set(cohorts)].map((cohort): OpenedSum => {
    const members = clients.filter((_, index) => cohorts[index] === cohort).sort()
    return { ask: spec.ask, round, procedure: spec.procedure, clients: members }
  })
  const isRemembered = (of: ProcedureName): boolean => isUpdateProcedure(of) || isLastingProcedure(of)
  const kept = state.sums.filter((sum) => sum.round === round || (isRemembered(sum.procedure) && sum.round > round - ROUNDS_REMEMBERED))
  return { ...state, sums: [...kept, ...opened] }
}

/**
 * A question ends early when nobody is left to wait for: everyone asked has answered or said that they will not, or has left while the quorum is met. Who left without a
 * quorum may come back, for a grace and no longer than the deadline. After a restart, clients that are expected back are waited for.
 */
function closeIfComplete(state: FederationState, at: number): Result<Transition> {
  const open = openQuestionIn(state)
  if (open === null || open.closing) return succeeded({ state, effects: [] })
  const { ask } = open.spec
  const isSilent = (client: ClientId): boolean => !open.folded.has(client) && !open.satOut.has(client)
  const isAwaited = open.asked.some((client) => isSilent(client) && state.clients.get(client)?.presence !== 'away')
  const quorumMet = open.folded.size >= quorumOf(state.config.quorum, open.asked.length)
  if (!isAwaited && (quorumMet || !open.asked.some(isSilent)))
    return succeeded({ state: withOpen(state, { ...open, closing: true }), effects: [{ type: 'close-ask', ask }] })
  if (isAwaited === (open.graceEndsAt === null)) return succeeded({ state, effects: [] })
  const graceEndsAt = isAwaited ? null : at + RETURN_GRACE_MS
  return succeeded({
    state: withOpen(state, { ...open, graceEndsAt }),
    effects: [{ type: 'arm-deadline', ask, at: Math.min(open.deadlineAt, graceEndsAt ?? open.deadlineAt) }],
  })
}

function closeAsk(state: FederationState, { ask, answer, owners, slots }: FederationEvent & { type: 'ask-closed' }): Result<Transition> {
  const { stage } = state
  if (stage.kind !== 'open' || stage.open?.spec.ask !== ask) return failed('SHOAL_ERR_ASK_CLOSED')
  const { open } = stage
  const question = open.kind === 'question' ? open : null
  const trained = question !== null && isUpdateProcedure(question.spec.procedure) ? question.folded.size : stage.trained
  const closedAsk: ClosedAsk = {
    spec: open.spec,
    answer,
    asked: question?.asked ?? [],
    answered: question?.folded.size ?? 0,
    chosen: question?.chosen ?? new Map(),
    owners,
    slots: slots ?? [],
    cohorts: question?.cohorts ?? new Map(),
  }
  const next: OpenRound = { ...stage, trained, closed: [...stage.closed, closedAsk], open: null }
  // Whoever is in the answer has heard that it is durable; the others need not try any longer.
  const closed: FederationEffect[] =
    question === null ? [] : [{ type: 'announce-closed', ask, clients: question.asked.filter((client) => !question.folded.has(client)), code: null }]
  return succeeded({ state: { ...state, stage: next, beacon: question?.beacon ?? state.beacon }, effects: [...closed, { type: 'continue-round' }] })
}

// ---- rounds --------------------------------------------------------------------------------------------------------------------------------------------------

const ANNOUNCE_VIEW: FederationEffect = { type: 'announce-view' }
const announced = (state: FederationState): Result<Transition> => succeeded({ state, effects: [ANNOUNCE_VIEW] })

/** What follows from any change: the open sum may be complete, or a round may begin. */
function goOn(state: FederationState, at: number): Result<Transition> {
  if (state.stage.kind === 'open') {
    const closing = closeIfComplete(state, at)
    return closing.ok ? succeeded({ state: closing.value.state, effects: [...closing.value.effects, ANNOUNCE_VIEW] }) : closing
  }
  const { config, isCensusDue } = state
  const drawn = isCensusDue ? { ...config, cohort: { ...config.cohort, fraction: 1 } } : config
  const cohort = state.lifecycle === 'running' ? drawCohort(drawn, state.round, readyClients(state)) : []
  if (cohort.length === 0) return announced(state)
  const clusterSizes = clusterSizesOf(state, ({ presence }) => presence !== 'away')
  const pending = [...state.clients.values()].filter((record) => isHere(record) && record.isPending).length
  const stage: OpenRound = { kind: 'open', startedAt: at, cohort, clusterSizes, pending, trained: 0, closed: [], open: null }
  return succeeded({ state: { ...state, stage }, effects: [{ type: 'run-round' }, ANNOUNCE_VIEW] })
}

function finishRound(state: FederationState, event: FederationEvent & { type: 'round-finished' }): Result<Transition> {
  const { stage } = state
  if (stage.kind !== 'open' || stage.open !== null || event.round !== state.round)
    return failed('SHOAL_ERR_STALE_UPDATE', `round ${event.round} is not the open one`)
  const updated = event.models.length > 0
  const { strategyState, isCensusDue, points } = event
  const expert = event.expert ?? state.expert
  const isOfPoints = state.isOfPoints || points !== null
  const regroupedState = regrouped(
    { ...state, models: updated ? event.models : state.models, strategyState, isCensusDue, isOfPoints, expert },
    state.models.length,
    stage,
    event,
  )
  const moved = { ...regroupedState, splits: splitsAfter(state, regroupedState) }
  const summary: RoundSummary = {
    round: state.round,
    outcome: updated ? 'updated' : 'unchanged',
    reason: null,
    clients: stage.trained,
    startedAt: stage.startedAt,
    endedAt: event.at,
    metrics: event.metrics,
    clusters: [...event.clusterMetrics],
    clusterSizes: [...(points ?? (isOfPoints ? (state.rounds.at(-1)?.clusterSizes ?? []) : clusterSizesOf(moved, () => true)))],
    signals: event.signals,
    notes: [...event.notes],
    models: [...event.models],
  }
  const next = nextRound(moved, summary, event.done)
  if (!next.ok || moved.models.length === 1) return next
  // Whoever is served must know when the groups change, and what is best for it in the end.
  const isTold = moved.partition !== state.partition || next.value.state.lifecycle === 'finished'
  return withEffects(next, [{ type: 'renew-admission', announceTo: isTold ? clientsHere(moved) : [] }])
}

/** The assignment after a round: its clients where the strategy placed them; who was not reached, and whose cluster is no more what it was, has none. */
function regrouped(
  state: FederationState,
  before: number,
  { cohort }: OpenRound,
  { place, unplaced }: FederationEvent & { type: 'round-finished' },
): FederationState {
  if (place === null && unplaced.length === 0) return state
  const found = place === null ? new Map<ClientId, BlockId | null>() : placed(state, place, cohort)
  const clients = new Map(
    [...state.clients].map(([client, record]): [ClientId, ClientRecord] => {
      const kept = record.cluster === null || unplaced.includes(record.cluster) ? null : record.cluster
      const { isPending: _, ...standing } = record
      const cluster = found.get(client) ?? kept
      // Who waited has to look again where it was not reached: the clusters are others now.
      return [client, { ...standing, cluster }]
    }),
  )
  const isMoved = [...clients].some(([client, { cluster }]) => state.clients.get(client)?.cluster !== cluster)
  // What clients found out about where they belong holds on while nobody moves.
  return isMoved || state.models.length > before ? { ...state, clients, partition: state.partition + 1 } : state
}

function abortRound(state: FederationState, { round, failure, at }: FederationEvent & { type: 'round-aborted' }): Result<Transition> {
  const { stage } = state
  if (stage.kind !== 'open' || round !== state.round) return failed('SHOAL_ERR_STALE_UPDATE', `round ${round} is not the open one`)
  const question = openQuestionIn(state)
  const told: FederationEffect[] =
    question === null ? [] : [{ type: 'announce-closed', ask: question.spec.ask, clients: question.asked, code: 'SHOAL_ERR_ASK_ABORTED' }]
  const summary: RoundSummary = {
    round,
    outcome: 'aborted',
    reason: failure.code,
    clients: 0,
    startedAt: stage.startedAt,
    endedAt: at,
    metrics: { accuracy: null, loss: null },
    clusters: [],
    clusterSizes: [...clusterSizesOf(state, () => true)],
    signals: {},
    notes: [],
    models: [],
  }
  return withEffects(nextRound(state, summary), [{ type: 'drop-round' }, ...told])
}

const sumsAskedIn = (stage: Stage): number =>
  stage.kind === 'idle' ? 0 : [...stage.closed, ...(stage.open === null ? [] : [stage.open])].filter(({ spec }) => spec.kind === 'sum').length

/** Books a finished round, then stops, pauses or goes on. */
function nextRound(state: FederationState, summary: RoundSummary, done: string | null = null): Result<Transition> {
  const roundsWithoutProgress = summary.outcome === 'updated' ? 0 : state.roundsWithoutProgress + 1
  const booked: FederationState = {
    ...state,
    stage: { kind: 'idle' },
    round: state.round + 1,
    rounds: [...state.rounds, summary],
    roundsWithoutProgress,
    sumsAsked: [...state.sumsAsked, sumsAskedIn(state.stage)],
  }
  const stop = done ?? stopReason(state.config, booked.round, summary)
  let next: Result<Transition>
  if (stop !== null && booked.lifecycle !== 'finished') next = finish(booked, summary.endedAt, stop)
  else if (roundsWithoutProgress >= MAX_ROUNDS_WITHOUT_PROGRESS && booked.lifecycle === 'running')
    next = announced({
      ...booked,
      lifecycle: 'paused',
      reason: `${roundsWithoutProgress} rounds in a row changed nothing${summary.reason === null ? '' : ` (${summary.reason})`}`,
    })
  else next = goOn(booked, summary.endedAt)
  return withEffects(next, [{ type: 'collect-garbage' }])
}

function stopReason({ stop }: FederationConfig, roundsDone: number, { metrics }: RoundSummary): string | null {
  if (stop.accuracy !== null && metrics.accuracy !== null && metrics.accuracy >= stop.accuracy)
    return `accuracy ${metrics.accuracy.toFixed(4)} reached ${stop.accuracy}`
  return roundsDone >= stop.rounds ? `all ${stop.rounds} rounds are done` : null
}

/** Finished for good; a round that is still open ends as aborted. */
function finish(state: FederationState, at: number, reason: string): Result<Transition> {
  const finished: FederationState = { ...state, lifecycle: 'finished', reason }
  if (state.stage.kind === 'idle') return announced(finished)
  return abortRound(finished, { type: 'round-aborted', at, round: state.round, failure: { code: 'SHOAL_ERR_NOT_RUNNING', detail: reason } })
}
