import { createFederationState, type FederationEvent, type FederationState, reduce } from '@shoal/coordinator'
import { askIdSchema, type ClientId, clientIdSchema } from '@shoal/protocol'
import { type OnTransition, roundTransitionOf } from '@shoal/simulator/faults'

/** Where the machine goes from the states of a real log: at every one of them everything happens that could, or that somebody could say. */

const STRANGER = clientIdSchema.parse('cl-stranger')
const OTHER_ASK = askIdSchema.parse('999.0')
/** Rounds in a row that changed nothing; with one more the federation pauses itself. */
const FRUITLESS = 4

type Closed = FederationEvent & { readonly type: 'ask-closed' }
type Opened = FederationEvent & { readonly type: 'ask-opened' }
type Finished = FederationEvent & { readonly type: 'round-finished' }

/** Tells the transitions. States are real, and so is every event: of the log, or one that people, timers or the host may bring at any time. */
export function walkRounds(log: readonly FederationEvent[], onTransition: OnTransition): void {
  const [created, ...rest] = log
  if (created?.type !== 'federation-created') throw new Error('no log')
  const samples = {
    closed: log.find((event): event is Closed => event.type === 'ask-closed'),
    opened: log.filter((event): event is Opened => event.type === 'ask-opened'),
    finished: log.filter((event): event is Finished => event.type === 'round-finished'),
  }
  const step = (state: FederationState, event: FederationEvent): FederationState | null => {
    const result = reduce(state, event)
    onTransition(roundTransitionOf(state, event, result))
    return result.ok ? result.value.state : null
  }
  const tryAll = (state: FederationState, at: number): void => {
    for (const event of eventsAt(state, at)) step(state, event)
    // The same in its last round, in one that ends a row without progress, with nobody left, where everybody has to find its place, and where all are there: what follows is another thing then.
    const { config } = state
    const last = { ...state, config: { ...config, stop: { ...config.stop, rounds: state.round + 1 } } }
    const fruitless = { ...state, roundsWithoutProgress: FRUITLESS }
    const left = new Map([...state.clients].map(([client, record]) => [client, { ...record, presence: 'away' as const }]))
    const waiting = new Map([...state.clients].map(([client, record]) => [client, { ...record, presence: 'here' as const, ready: true, cluster: null }]))
    const unplaced = { ...state, clients: waiting }
    if (state.models.length > 1) for (const event of eventsAt(unplaced, at)) if (event.type === 'client-placed') step(unplaced, event)
    const here = new Map([...waiting].map(([client, record]) => [client, { ...record, cluster: 0 }]))
    step({ ...state, clients: here }, { type: 'federation-resumed', at })
    const deserted = { ...state, clients: left }
    for (const edge of [state, last, fruitless, deserted]) for (const event of endsOf(edge, at)) step(edge, event)
    for (const opened of samples.opened) step(deserted, { ...opened, at })
  }

  function* endsOf({ round }: FederationState, at: number): Generator<FederationEvent> {
    yield { type: 'round-aborted', at, round, failure: { code: 'SHOAL_ERR_ASK_ABORTED' } }
    for (const finished of samples.finished)
      for (const done of [null, 'walk']) for (const models of [finished.models, []]) yield { ...finished, at, round, done, models }
  }

  function* eventsAt(state: FederationState, at: number): Generator<FederationEvent> {
    const { stage, round, partition } = state
    const open = stage.kind === 'open' ? stage.open : null
    const question = open?.kind === 'question' ? open : null
    yield created as FederationEvent
    yield { type: 'federation-started', at }
    yield { type: 'federation-paused', at, reason: 'walk' }
    yield { type: 'federation-resumed', at }
    yield { type: 'federation-finished', at, reason: 'walk' }
    yield { type: 'server-restarted', at }
    for (const client of [STRANGER, ...state.clients.keys()]) {
      yield { type: 'client-joined', at, client }
      yield { type: 'client-left', at, client }
      for (const ready of [true, false]) yield { type: 'client-readied', at, client, ready }
      for (const cluster of [0, 99, null]) for (const of of [partition, partition + 1]) yield { type: 'client-placed', at, client, partition: of, cluster }
      for (const ask of [question?.spec.ask ?? OTHER_ASK, OTHER_ASK]) yield { type: 'client-sat-out', at, client, ask, code: 'SHOAL_ERR_CLIENT_GONE' }
    }
    for (const opened of samples.opened) yield { ...opened, at }
    const checkpoint = state.strategyState
    const folded = { type: 'contributions-folded', at, chosen: null, cohorts: null, beacon: null, checkpoint } as const
    yield { ...folded, ask: OTHER_ASK, clients: [] }
    if (question !== null) {
      const silent = question.asked.filter((client: ClientId) => !question.folded.has(client) && !question.satOut.has(client))
      yield { ...folded, ask: question.spec.ask, clients: silent.slice(0, 1) }
      yield { ...folded, ask: question.spec.ask, clients: silent }
      yield { type: 'deadline-passed', at, ask: question.spec.ask }
    }
    yield { type: 'deadline-passed', at, ask: OTHER_ASK }
    if (samples.closed !== undefined) {
      yield { ...samples.closed, at, ask: OTHER_ASK }
      // An answer is made of a question only once it takes no more contributions.
      if (open !== null && (question === null || question.closing)) yield { ...samples.closed, at, ask: open.spec.ask }
    }
    for (const finished of samples.finished) yield { ...finished, at, round: round + 1 }
    yield { type: 'round-aborted', at, round: round + 1, failure: { code: 'SHOAL_ERR_ASK_ABORTED' } }
  }

  let state = createFederationState(created)
  let paused: FederationState | null = null
  tryAll(state, created.at)
  for (const event of rest) {
    const next = step(state, event)
    if (next === null) throw new Error(`${event.type} does not fit its own log`)
    state = next
    tryAll(state, event.at)
    paused = step(state, { type: 'federation-paused', at: event.at, reason: 'walk' })
    if (paused !== null) tryAll(paused, event.at)
  }
}
