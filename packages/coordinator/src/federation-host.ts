import { createFixedPoint, createLayout } from '@shoal/numeric'
import { checkPairing } from '@shoal/privacy'
import {
  type AskId,
  type AskMessage,
  askIdOf,
  bytesOf,
  CHECKPOINT_INTERVAL_MS,
  type ClientId,
  type Digest,
  type FederationConfig,
  type FederationId,
  type FederationView,
  failed,
  float32Of,
  MAX_ABS_ENTRY,
  MAX_CONTRIBUTION_OVERHEAD_BYTES,
  type Metrics,
  type Result,
  ShoalError,
  succeeded,
} from '@shoal/protocol'
import type { Answer, Ask, BlockAnswer, RoundResult, Strategy } from '@shoal/strategies'
import type { FederationEffect } from './federation-effect.ts'
import type { FederationEvent } from './federation-event.ts'
import { createFederationState, reduce } from './federation-machine.ts'
import { type FederationState, openSumOf } from './federation-state.ts'
import { askMessageOf, blockOf, ROUNDS_IN_ANNOUNCEMENT, viewOf } from './federation-view.ts'
import type { Audience, BlobStore, Clock, EventStore, Jobs, OpenContribution, Report } from './ports.ts'
import { quorumOf } from './quorum.ts'
import { createRoundProgram, demandOf, notYet, type RoundProgram, type Step } from './round-program.ts'
import { createSumCollector, restoreSumCollector, type SumCollector } from './sum-collector.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/** Pause before a write that failed is tried again. */
const STORE_RETRY_MS = 1000
/** Rounds whose models stay downloadable, so that a client that is a little late still gets what it was promised. */
const ROUNDS_OF_MODELS_KEPT = 3

export interface CoordinatorPorts {
  readonly store: EventStore
  /** This federation's own blobs. */
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly audience: Audience
  readonly jobs: Jobs
  readonly open: OpenContribution
  readonly report: Report
  readonly strategies: ReadonlyMap<string, Strategy<unknown>>
}

/** One federation, running: the machine, its log, its collector and its strategy's program, over the ports. */
export interface FederationHost {
  readonly id: FederationId
  state(): FederationState
  view(): FederationView
  /** Resolves when the event is on disk, or with its coded refusal. Effects follow. */
  dispatch(event: FederationEvent): Promise<Result<void>>
  /** Whether a contribution of this client would be taken now, and how long it may be: asked before its body is read. */
  expects(client: ClientId, ask: AskId): Result<{ readonly maxBytes: number }>
  /** Opens, checks and folds a contribution. `received`: it is in memory and will become durable; `durable`: it already is. */
  receive(client: ClientId, ask: AskId, sealed: Uint8Array, digest: Digest): Result<'received' | 'durable'>
  standingOf(client: ClientId): { readonly ask: AskMessage | null; readonly received: 'nothing' | 'received' | 'durable'; readonly models: readonly Digest[] }
  /** Whether participants may download this blob: published models only, never an answer or a checkpoint. */
  serves(digest: Digest): boolean
  /** When everything that has been caused so far is done. */
  settled(): Promise<void>
  /** Makes folded contributions durable and stops. The federation goes on where it was when it is recovered. */
  close(): Promise<void>
}

/** Creates a federation and writes its first event. */
export async function createFederation(
  ports: CoordinatorPorts,
  { id, config, initialModel }: { readonly id: FederationId; readonly config: FederationConfig; readonly initialModel: Float32Array },
): Promise<Result<FederationHost>> {
  const strategy = strategyOf(ports, config)
  if (!strategy.ok) return strategy
  const options = strategy.value.parseOptions(config.strategy.options)
  if (!options.ok) return options
  if (createLayout(config.model.parameters).length !== initialModel.length) return failed('SHOAL_ERR_CONFIG', 'the initial model does not have the parameters that the configuration names')
  const model = await ports.blobs.put(bytesOf(initialModel))
  if (!model.ok) return model
  const strategyState = await ports.blobs.put(encodeValue(strategy.value.init({ initialModel, options: options.value, seed: config.seed })))
  if (!strategyState.ok) return strategyState
  const event = { type: 'federation-created', at: ports.clock.now(), federation: id, config, model: model.value, strategyState: strategyState.value } as const
  const written = await ports.store.append(id, 0, [event])
  if (!written.ok) return written
  return succeeded(hostOf(ports, createFederationState(event), strategy.value))
}

/** Replays a federation's log, then tells it that the server restarted. */
export async function recoverFederation(ports: CoordinatorPorts, id: FederationId): Promise<Result<FederationHost>> {
  const state = replay(await ports.store.load(id))
  if (!state.ok) return state
  const strategy = strategyOf(ports, state.value.config)
  if (!strategy.ok) return strategy
  const host = hostOf(ports, state.value, strategy.value)
  const restarted = await host.dispatch({ type: 'server-restarted', at: ports.clock.now() })
  return restarted.ok ? succeeded(host) : restarted
}

/** The state that a log leads to: recovery is nothing else. */
export function replay(events: readonly FederationEvent[]): Result<FederationState> {
  const [first, ...rest] = events
  if (first?.type !== 'federation-created') return failed('SHOAL_ERR_UNKNOWN_FEDERATION', 'its log has no beginning')
  let state = createFederationState(first)
  for (const event of rest) {
    const result = reduce(state, event)
    if (!result.ok) return failed('SHOAL_ERR_INTERNAL', `event ${state.version} (${event.type}) does not fit the state: ${result.failure.code}`)
    state = result.value.state
  }
  return succeeded(state)
}

function strategyOf(ports: CoordinatorPorts, { strategy, privacy }: FederationConfig): Result<Strategy<unknown>> {
  const found = ports.strategies.get(strategy.name)
  if (!found) return failed('SHOAL_ERR_CONFIG', `there is no strategy ${strategy.name}`)
  const pairing = checkPairing(found.views, privacy)
  return pairing.ok ? succeeded(found) : pairing
}

function hostOf(ports: CoordinatorPorts, initial: FederationState, strategy: Strategy<unknown>): FederationHost {
  const { store, blobs, clock, audience, jobs } = ports
  const { config, id } = initial
  const layout = createLayout(config.model.parameters)
  const fixedPoint = createFixedPoint({ maxClients: config.cohort.max, maxWeight: config.maxWeight, maxAbs: MAX_ABS_ENTRY })

  let state = initial
  let collector: SumCollector | null = null
  let program: RoundProgram | null = null
  let deadline: { cancel(): void } | null = null
  let flushTimer: { cancel(): void } | null = null
  let flushing: Promise<void> = Promise.resolve()
  let closed = false
  /** Blobs of the open round that nothing refers to once it is over. */
  let garbage: Digest[] = []

  // ---- the log: one event after the other, in batches, on disk before anything follows from it ----

  interface Waiting {
    readonly event: FederationEvent
    readonly done: (result: Result<void>) => void
  }
  let waiting: Waiting[] = []
  let pumping: Promise<void> | null = null

  function dispatch(event: FederationEvent): Promise<Result<void>> {
    if (closed) return Promise.resolve(failed('SHOAL_ERR_SHUTTING_DOWN'))
    return new Promise((done) => {
      waiting.push({ event, done })
      pumping ??= pump().finally(() => {
        pumping = null
      })
    })
  }

  async function pump(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      let next = state
      const effects: FederationEffect[] = []
      const accepted: Waiting[] = []
      for (const item of batch) {
        const result = reduce(next, item.event)
        if (!result.ok) {
          item.done(result)
          continue
        }
        next = result.value.state
        effects.push(...result.value.effects)
        accepted.push(item)
      }
      if (accepted.length === 0) continue
      const written = await store.append(id, state.version, accepted.map(({ event }) => event))
      if (written.ok) state = next
      for (const { done } of accepted) done(written)
      if (!written.ok) continue
      for (const effect of effects) perform(effect)
      flushIfComplete()
    }
  }

  // ---- work that takes time: in order, one at a time ----

  let work: Promise<void> = Promise.resolve()
  let pendingTasks = 0

  function enqueue(task: () => Promise<void>): void {
    const round = state.round
    pendingTasks += 1
    work = work
      .then(async () => {
        // A task of a round that was dropped in the meantime has nothing left to do.
        if (!closed && state.stage.kind === 'open' && state.round === round) await task()
      })
      .catch(async (error: unknown) => {
        const failure = error instanceof ShoalError ? error.failure : { code: 'SHOAL_ERR_STRATEGY_FAILED' as const, detail: String(error) }
        ports.report(id, `round ${round}`, failure)
        await record({ type: 'round-aborted', at: clock.now(), round, failure: { code: failure.code } })
      })
      .finally(() => {
        pendingTasks -= 1
      })
  }

  /** What has happened inside must be written down, however long the disk stays full. A refusal means that it no longer matters. */
  async function record(event: FederationEvent): Promise<void> {
    await untilStored(() => dispatch(event))
  }

  async function untilStored<T>(write: () => Promise<Result<T>>): Promise<Result<T>> {
    for (;;) {
      const result = await write()
      if (result.ok || result.failure.code !== 'SHOAL_ERR_STORE_FAILED' || closed) return result
      ports.report(id, 'a write failed and is tried again', result.failure)
      await new Promise<void>((resume) => clock.at(clock.now() + STORE_RETRY_MS, resume))
    }
  }

  async function putBlob(bytes: Uint8Array): Promise<Digest> {
    const digest = await untilStored(() => blobs.put(bytes))
    if (!digest.ok) throw new ShoalError(digest.failure)
    return digest.value
  }

  async function getBlob(digest: Digest): Promise<Uint8Array> {
    const bytes = await blobs.get(digest)
    if (!bytes.ok) throw new ShoalError(bytes.failure)
    return bytes.value
  }

  // ---- effects ----

  function perform(effect: FederationEffect): void {
    switch (effect.type) {
      case 'run-round':
        return enqueue(runRound)
      case 'continue-round':
        return enqueue(continueRound)
      case 'open-collector':
        return enqueue(openCollector)
      case 'close-ask':
        return enqueue(closeAsk)
      case 'arm-deadline':
        deadline?.cancel()
        deadline = clock.at(effect.at, () => void record({ type: 'deadline-passed', at: clock.now(), ask: effect.ask }))
        return
      case 'announce-ask':
        return enqueue(async () => {
          const open = openSumOf(state, effect.ask)
          if (open) for (const client of effect.clients) audience.ask(client, askMessageOf(state, open, client, clock.now()))
        })
      case 'announce-durable':
        return audience.durable(effect.clients, effect.ask)
      case 'announce-closed':
        return audience.askClosed(effect.clients, effect.ask, effect.code)
      case 'announce-view':
        return audience.view(viewOf(state, ROUNDS_IN_ANNOUNCEMENT))
      case 'drop-round':
        program = null
        dropCollector()
        return
      case 'collect-garbage':
        void collectGarbage()
        return
    }
  }

  // ---- the strategy's program ----

  /** Starts the program and drives it through the answers on record to where the round stands. */
  async function runRound(): Promise<void> {
    if (state.stage.kind !== 'open') return
    const { stage } = state
    const decoded = decodeValue(await getBlob(state.strategyState))
    if (!decoded.ok) throw new ShoalError(decoded.failure)
    const models = await Promise.all(state.models.map(async (digest) => vectorFrom(await getBlob(digest))))
    program = createRoundProgram(strategy, decoded.value, state, stage, models)
    let step = program.next(null)
    for (const { answer } of stage.closed) step = program.next(await answerFrom(answer))
    await follow(step)
  }

  async function continueRound(): Promise<void> {
    const last = state.stage.kind === 'open' ? state.stage.closed.at(-1) : undefined
    if (program && last) await follow(program.next(await answerFrom(last.answer)))
  }

  async function follow(step: Step): Promise<void> {
    if (step.done) return finishRound(step.result)
    const { ask } = step
    if (ask.kind === 'rows') throw notYet('rows')
    if (ask.kind === 'compute') return compute(ask)
    if (state.stage.kind !== 'open' || state.stage.open !== null) return // recovered in the middle of this very ask
    const { question } = ask
    const demand = demandOf(ask, layout)
    const models = await Promise.all(question.models.map((model) => putBlob(bytesOf(model))))
    await record({ type: 'ask-opened', at: clock.now(), ask: { kind: 'sum', ask: askIdOf(state.round, state.stage.closed.length), models, ...demand } })
  }

  async function compute(question: Ask & { kind: 'compute' }): Promise<void> {
    if (state.stage.kind !== 'open') return
    const ask = askIdOf(state.round, state.stage.closed.length)
    if (state.stage.open === null) await record({ type: 'ask-opened', at: clock.now(), ask: { kind: 'compute', ask, job: question.job } })
    const result = await jobs.run(question.job, question.args, id, config.computeDeadlineMs)
    if (!result.ok) ports.report(id, `job ${question.job}`, result.failure)
    const answer: Answer = result.ok ? { kind: 'compute', value: result.value } : { kind: 'compute', failure: { code: result.failure.code } }
    await closeWith(ask, encodeValue(answer))
  }

  async function closeWith(ask: AskId, answer: Uint8Array): Promise<void> {
    const digest = await putBlob(answer)
    garbage.push(digest)
    await record({ type: 'ask-closed', at: clock.now(), ask, answer: digest })
  }

  async function finishRound(result: RoundResult<unknown>): Promise<void> {
    program = null
    if (result.place !== undefined || result.unplaced !== undefined) throw notYet('changes of assignment')
    for (const model of result.publish) {
      if (model.length !== layout.length || !model.every(Number.isFinite)) throw new ShoalError({ code: 'SHOAL_ERR_STRATEGY_FAILED', detail: 'it returned a model that is no model' })
    }
    const unmeasured: Metrics = { accuracy: null, loss: null }
    const previous = state.strategyState
    const strategyState = await putBlob(encodeValue(result.state))
    const models: Digest[] = []
    for (const model of result.publish) models.push(await putBlob(bytesOf(model)))
    if (previous !== strategyState) garbage.push(previous)
    await record({
      type: 'round-finished',
      at: clock.now(),
      round: state.round,
      strategyState,
      models,
      metrics: result.metrics ?? unmeasured,
      clusterMetrics: result.clusterMetrics ?? [],
    })
  }

  async function answerFrom(digest: Digest): Promise<Answer> {
    const decoded = decodeValue(await getBlob(digest))
    if (!decoded.ok) throw new ShoalError(decoded.failure)
    const answer = decoded.value as StoredAnswer
    return answer.kind === 'sum' ? { kind: 'sum', blocks: new Map(answer.blocks) } : answer
  }

  // ---- the collector ----

  async function openCollector(): Promise<void> {
    const open = state.stage.kind === 'open' ? state.stage.open : null
    if (open?.kind !== 'sum' || collector?.spec.ask === open.spec.ask) return
    const options = { spec: open.spec, fixedPoint, blockOf: new Map(open.asked.map((client) => [client, blockOf(state, open, client)])) }
    if (open.checkpoint === null) {
      collector = createSumCollector(options)
      return
    }
    const restored = restoreSumCollector(options, await getBlob(open.checkpoint))
    if (!restored.ok) throw new ShoalError(restored.failure)
    collector = restored.value
  }

  function dropCollector(): void {
    collector = null
    deadline?.cancel()
    deadline = null
    flushTimer?.cancel()
    flushTimer = null
  }

  /** Writes the accumulator and its ledger; then the machine hears of the clients in it. */
  function flush(): Promise<void> {
    flushTimer?.cancel()
    flushTimer = null
    flushing = flushing.then(async () => {
      const current = collector
      const clients = current?.unsaved() ?? []
      if (!current || clients.length === 0) return
      const replaced = openSumOf(state, current.spec.ask)?.checkpoint ?? null
      const checkpoint = await blobs.put(current.checkpoint())
      const written = checkpoint.ok ? await dispatch({ type: 'contributions-folded', at: clock.now(), ask: current.spec.ask, clients, checkpoint: checkpoint.value }) : checkpoint
      if (written.ok) {
        current.saved(clients)
        if (replaced !== null) await blobs.delete(replaced)
      } else if (written.failure.code === 'SHOAL_ERR_STORE_FAILED') {
        ports.report(id, 'contributions could not be made durable', written.failure)
        flushLater(STORE_RETRY_MS)
      }
    })
    return flushing
  }

  function flushLater(afterMs: number): void {
    flushTimer ??= clock.at(clock.now() + afterMs, () => {
      flushTimer = null
      void flush()
    })
  }

  /** Nobody else will answer: no reason to wait for the next checkpoint. */
  function flushIfComplete(): void {
    const open = collector ? openSumOf(state, collector.spec.ask) : null
    if (!open || open.closing || !collector || collector.unsaved().length === 0) return
    const awaited = open.asked.some((client) => !collector?.has(client) && !open.satOut.has(client) && state.clients.get(client)?.presence !== 'away')
    if (!awaited) void flush()
  }

  async function closeAsk(): Promise<void> {
    const open = state.stage.kind === 'open' ? state.stage.open : null
    if (open?.kind !== 'sum' || !collector || collector.spec.ask !== open.spec.ask) return
    const closing = collector
    while (closing.unsaved().length > 0 && !closed) {
      await flush()
      if (closing.unsaved().length > 0) await new Promise<void>((resume) => clock.at(clock.now() + STORE_RETRY_MS, resume))
    }
    const perBlock = open.spec.place === 'choice' ? () => config.quorum.min : (block: number) => quorumOf(config.quorum, open.asked.filter((client) => blockOf(state, open, client) === block).length)
    const answer: StoredAnswer = { kind: 'sum', blocks: [...closing.answer(perBlock)] }
    const checkpoint = openSumOf(state, open.spec.ask)?.checkpoint ?? null
    if (checkpoint !== null) garbage.push(checkpoint)
    dropCollector()
    await closeWith(open.spec.ask, encodeValue(answer))
  }

  function expects(client: ClientId, ask: AskId): Result<{ readonly maxBytes: number }> {
    const open = openSumOf(state, ask)
    if (!open) return failed(isOfAnotherRound(state, ask) ? 'SHOAL_ERR_STALE_UPDATE' : 'SHOAL_ERR_ASK_CLOSED')
    if (!open.asked.includes(client)) return failed('SHOAL_ERR_NOT_IN_COHORT')
    if (open.closing || collector?.spec.ask !== ask) return failed('SHOAL_ERR_ASK_CLOSED')
    const entries = open.spec.place === 'choice' ? open.spec.vectorLengths.reduce((sum, length) => sum + length, 0) : Math.max(...open.spec.vectorLengths)
    return succeeded({ maxBytes: 4 * entries + MAX_CONTRIBUTION_OVERHEAD_BYTES })
  }

  function receive(client: ClientId, ask: AskId, sealed: Uint8Array, digest: Digest): Result<'received' | 'durable'> {
    const expected = expects(client, ask)
    if (!expected.ok) return expected
    if (sealed.length > expected.value.maxBytes) return failed('SHOAL_ERR_BODY_TOO_LARGE')
    if (!collector) return failed('SHOAL_ERR_ASK_CLOSED')
    const frame = ports.open(sealed, id, ask)
    if (!frame.ok) return frame
    const folded = collector.fold(client, frame.value, digest)
    if (!folded.ok) return folded
    flushLater(CHECKPOINT_INTERVAL_MS)
    flushIfComplete()
    return succeeded(openSumOf(state, ask)?.folded.has(client) ? 'durable' : 'received')
  }

  // ---- what may go, and what may be seen ----

  const keptModels = (): Set<Digest> => new Set([...state.models, ...state.rounds.slice(-ROUNDS_OF_MODELS_KEPT).flatMap(({ models }) => models)])

  async function collectGarbage(): Promise<void> {
    const kept = keptModels().add(state.strategyState)
    const expired = state.rounds.at(-ROUNDS_OF_MODELS_KEPT - 1)?.models ?? []
    const doomed = [...garbage, ...expired].filter((digest) => !kept.has(digest))
    garbage = []
    for (const digest of new Set(doomed)) await blobs.delete(digest)
  }

  function serves(digest: Digest): boolean {
    const open = state.stage.kind === 'open' && state.stage.open?.kind === 'sum' ? state.stage.open.spec.models : []
    return keptModels().has(digest) || open.includes(digest)
  }

  function standingOf(client: ClientId): ReturnType<FederationHost['standingOf']> {
    const open = state.stage.kind === 'open' ? state.stage.open : null
    const cluster = state.clients.get(client)?.cluster ?? 0
    const models = [state.models[cluster], ...state.models.filter((_, index) => index !== cluster)]
    if (open?.kind !== 'sum' || open.closing || !open.asked.includes(client) || open.satOut.has(client)) return { ask: null, received: 'nothing', models }
    const received = open.folded.has(client) ? 'durable' : collector?.has(client) ? 'received' : 'nothing'
    return { ask: askMessageOf(state, open, client, clock.now()), received, models }
  }

  async function settled(): Promise<void> {
    while (pumping || pendingTasks > 0) {
      await pumping
      await work
      await flushing
    }
  }

  return {
    id,
    state: () => state,
    view: () => viewOf(state),
    dispatch,
    expects,
    receive,
    standingOf,
    serves,
    settled,
    async close() {
      await flush()
      closed = true
      dropCollector()
      await pumping
    },
  }
}

type StoredAnswer = { readonly kind: 'sum'; readonly blocks: readonly (readonly [number, BlockAnswer])[] } | (Answer & { kind: 'compute' })

function vectorFrom(bytes: Uint8Array): Float32Array {
  const vector = float32Of(bytes)
  if (!vector.ok) throw new ShoalError(vector.failure)
  return vector.value
}

function isOfAnotherRound(state: FederationState, ask: AskId): boolean {
  return Number(ask.split('.')[0]) !== state.round
}
