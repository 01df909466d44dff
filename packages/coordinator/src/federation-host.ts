import { createLayout } from '@shoal/numeric'
import { checkPairing } from '@shoal/privacy'
import {
  type AdmissionMessage,
  type AskId,
  type AskMessage,
  bytesOf,
  type ClientId,
  type Digest,
  type Failure,
  type FederationConfig,
  type FederationId,
  type FederationView,
  failed,
  type Result,
  type RoundStanding,
  ShoalError,
  succeeded,
} from '@shoal/protocol'
import { type Strategy, withExpert } from '@shoal/strategies'
import { createAdmissions } from './admissions.ts'
import { createCollection } from './collection.ts'
import { createEventLog } from './event-log.ts'
import type { FederationEffect } from './federation-effect.ts'
import type { FederationEvent } from './federation-event.ts'
import { createFederationState, type EventWatch } from './federation-machine.ts'
import { type FederationState, openQuestionIn, openQuestionOf } from './federation-state.ts'
import { askMessageOf, ROUNDS_IN_ANNOUNCEMENT, viewOf } from './federation-view.ts'
import { replayLog } from './log-replay.ts'
import type { Entry } from './masked-sums.ts'
import { demandFault, maskingFault } from './masking-fault.ts'
import { createPatientWrites } from './patient-writes.ts'
import type { Audience, BlobStore, Clock, EventStore, Jobs, OpenContribution, Report, SumService, Vault } from './ports.ts'
import { robustFault } from './robust-rule.ts'
import { createRoundProgram, demandOf } from './round-program.ts'
import { createRoundRunner } from './round-runner.ts'
import { roundStandingOf } from './round-standing.ts'
import { encodeValue } from './value-codec.ts'

/** Rounds whose models stay downloadable, so that a client that is a little late still gets what it was promised. */
const ROUNDS_OF_MODELS_KEPT = 3
/** So many clients hear of an ask before others have their turn: thousands of messages in a row would hold up the thread. */
const ANNOUNCED_AT_ONCE = 250
const COMPUTING_TOLD_EVERY_MS = 1000

export interface CoordinatorPorts {
  readonly store: EventStore
  /** This federation's own blobs. */
  readonly blobs: BlobStore
  readonly vault: Vault
  readonly clock: Clock
  readonly audience: Audience
  readonly jobs: Jobs
  readonly open: OpenContribution
  readonly sums: SumService
  readonly report: Report
  readonly strategies: ReadonlyMap<string, Strategy<unknown>>
  readonly watch?: EventWatch
}

/** One federation, running: the machine, its log, its collector and its strategy's program, over the ports. */
export interface FederationHost {
  readonly id: FederationId
  state(): FederationState
  view(): FederationView
  /** Resolves when the event is on disk, or with its coded refusal. Effects follow. */
  dispatch(event: FederationEvent): Promise<Result<void>>
  /** Resolves when answers to this ask are taken, or never will be: after a restart clients may be back before what they gave so far is read from the disk. */
  opened(ask: AskId): Promise<void>
  /** Whether a contribution of this client would be taken now, and how long it may be: asked before its body is read. */
  expects(client: ClientId, ask: AskId): Result<{ readonly maxBytes: number }>
  /** Opens, checks and folds a contribution. `received`: it is in memory and will become durable; `durable`: it already is. */
  receive(client: ClientId, ask: AskId, body: Uint8Array, digest: Digest): Promise<Result<'received' | 'durable'>>
  /** At level `masked` a client says first that its answer is ready. `identityKey`: Ed25519, 32 bytes, as it proved when it joined. */
  enterSum(client: ClientId, identityKey: Uint8Array, ask: AskId, entry: Entry): Result<void>
  /** A frame of the masked sum that this client is in; its masked words come by `receive`. */
  takeSumFrame(client: ClientId, ask: AskId, frame: Uint8Array): Promise<Result<void>>
  standingOf(client: ClientId): ClientStanding
  /** The open round, ask by ask. */
  roundStanding(): RoundStanding
  /** Whether participants may download this blob: published models only, never an answer or a checkpoint. */
  serves(digest: Digest): boolean
  /** When everything that has been caused so far is done. */
  settled(): Promise<void>
  /** Makes folded contributions durable and stops. The federation goes on where it was when it is recovered. */
  close(): Promise<void>
}

/** Where one client stands. */
export interface ClientStanding {
  readonly ask: AskMessage | null
  readonly received: 'nothing' | 'received' | 'durable'
  /** Its cluster's first. */
  readonly models: readonly Digest[]
  readonly cluster: number | null
  readonly admission: AdmissionMessage | null
}

/** Creates a federation and writes its first event. */
export async function createFederation(
  ports: CoordinatorPorts,
  { id, config, initialModel }: { readonly id: FederationId; readonly config: FederationConfig; readonly initialModel: Float32Array },
): Promise<Result<FederationHost>> {
  const strategy = strategyOf(ports, config)
  if (!strategy.ok) return strategy
  const options = strategy.value.parseOptions(optionsOf(config))
  if (!options.ok) return options
  const layout = createLayout(config.model.parameters)
  if (layout.length !== initialModel.length) {
    return failed('SHOAL_ERR_CONFIG', 'the initial model does not have the parameters that the configuration names')
  }
  if (layout.trainable < layout.length && config.model.buffers !== 'mean') {
    const buffers = layout.parameters.filter(({ isBuffer }) => isBuffer).map(({ name }) => name)
    return failed('SHOAL_ERR_MODEL_BUFFERS', `${buffers.join(', ')}: buffers 'mean' would average them`)
  }
  // Running statistics are of another size than the update, and a rotation over both would round the update to their steps.
  if (layout.trainable < layout.length && config.privacy.encoding === 'int8') return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', 'encoding int8 and buffers')
  const state = strategy.value.init({ initialModel, layout, classes: config.data.classes.length, options: options.value, seed: config.seed })
  const fault = maskingFault(config, layout) ?? robustFault(config, layout) ?? firstAskFault(strategy.value, state, config, initialModel)
  if (fault !== null) return { ok: false, failure: fault }
  const model = await ports.blobs.put(bytesOf(initialModel))
  if (!model.ok) return model
  const strategyState = await ports.blobs.put(encodeValue(state))
  if (!strategyState.ok) return strategyState
  const event = { type: 'federation-created', at: ports.clock.now(), federation: id, config, model: model.value, strategyState: strategyState.value } as const
  const written = await ports.store.append(id, 0, [event])
  if (!written.ok) return written
  return succeeded(hostOf(ports, createFederationState(event), strategy.value))
}

/** What is wrong with the first thing that the strategy would ask: told when the federation is made, not in its first round. */
function firstAskFault(strategy: Strategy<unknown>, state: unknown, config: FederationConfig, initialModel: Float32Array): Failure | null {
  if (config.privacy.level === 'sealed') return null
  const round = { config, round: 0 }
  const step = createRoundProgram(strategy, state, round, { cohort: [], clusterSizes: [0], pending: 0 }, [initialModel]).next(null)
  if (step.done || step.ask.kind === 'compute') return null
  return demandFault(demandOf(step.ask, initialModel, 1), config)
}

/** Replays a federation's log, then tells it that the server restarted. */
export async function recoverFederation(ports: CoordinatorPorts, id: FederationId): Promise<Result<FederationHost>> {
  const state = await replayLog(ports.store, id)
  if (!state.ok) return state
  const strategy = strategyOf(ports, state.value.config)
  if (!strategy.ok) return strategy
  const host = hostOf(ports, state.value, strategy.value)
  const restarted = await host.dispatch({ type: 'server-restarted', at: ports.clock.now() })
  return restarted.ok ? succeeded(host) : restarted
}

function strategyOf(ports: CoordinatorPorts, { strategy, privacy }: FederationConfig): Result<Strategy<unknown>> {
  const found = ports.strategies.get(strategy.name)
  if (!found) return failed('SHOAL_ERR_CONFIG', `there is no strategy ${strategy.name}`)
  const pairing = checkPairing(found.views, privacy, found.levels, found.centres)
  if (!pairing.ok) return pairing
  return succeeded(strategy.expert === undefined ? found : withExpert(found))
}

/** What `parseOptions` is given: with an expert, its own options beside those of the strategy that it wraps. */
const optionsOf = ({ strategy: { options, expert } }: FederationConfig): Record<string, unknown> =>
  expert === undefined ? options : { ...options, expert: expert.options }

function hostOf(ports: CoordinatorPorts, initial: FederationState, strategy: Strategy<unknown>): FederationHost {
  const { store, blobs, vault, clock, audience, jobs, report } = ports
  const { id } = initial
  const log = createEventLog(
    store,
    initial,
    (effects) => {
      // Every view of a batch shows the state after it: one is enough.
      const lastView = effects.findLastIndex(({ type }) => type === 'announce-view')
      for (const [index, effect] of effects.entries()) if (effect.type !== 'announce-view' || index === lastView) perform(effect)
      collection.wake()
    },
    ports.watch,
  )
  const writes = createPatientWrites({ federation: id, log, blobs, vault, clock, report })
  let garbage: Digest[] = []
  const onGarbage = (digest: Digest): void => {
    garbage.push(digest)
  }
  const runner = createRoundRunner({ log, writes, strategy, jobs, clock, report, onGarbage, onComputing })
  const collection = createCollection({ log, writes, blobs, vault, clock, audience, openContribution: ports.open, sums: ports.sums, report, onGarbage })
  const admissions = createAdmissions({ log, writes, strategy })
  let deadline: { cancel(): void } | null = null
  let computed: number | null = null
  let computedToldAt = 0
  let viewed: { readonly state: FederationState; readonly computed: number | null; readonly view: FederationView } | null = null

  function onComputing(share: number | null): void {
    computed = share
    if (share === null || clock.now() < computedToldAt + COMPUTING_TOLD_EVERY_MS) return
    computedToldAt = clock.now()
    announceView()
  }

  // ---- what takes time: in order, one thing after the other, and dropped with its round ----

  let work: Promise<void> = Promise.resolve()
  let pendingTasks = 0

  function enqueue(task: () => Promise<void>): void {
    const { round } = log.state()
    enqueueAnyway(
      async () => {
        const { stage, round: present } = log.state()
        if (stage.kind === 'open' && present === round) await task()
      },
      (error) => abort(round, error),
    )
  }

  /** What is done whether or not the round that caused it is still open. */
  function enqueueAnyway(task: () => Promise<void>, onError: (error: unknown) => Promise<void> | void): void {
    pendingTasks += 1
    work = work
      .then(async () => {
        if (!writes.isClosed()) await task()
      })
      .catch(onError)
      .finally(() => {
        pendingTasks -= 1
      })
  }

  const failureOf = (error: unknown): Failure =>
    error instanceof ShoalError ? error.failure : { code: 'SHOAL_ERR_STRATEGY_FAILED', detail: error instanceof Error ? error.message : String(error) }

  async function abort(round: number, error: unknown): Promise<void> {
    const failure = failureOf(error)
    report(id, `round ${round}`, failure)
    await writes.record({ type: 'round-aborted', at: clock.now(), round, failure: { code: failure.code } })
  }

  function perform(effect: FederationEffect): void {
    switch (effect.type) {
      case 'run-round':
        enqueue(runner.run)
        break
      case 'continue-round':
        enqueue(runner.proceed)
        break
      case 'open-collector':
        enqueue(collection.open)
        break
      case 'close-ask':
        enqueue(closeAsk)
        break
      case 'arm-deadline':
        armDeadline(effect.ask, effect.at)
        break
      case 'announce-ask':
        enqueue(() => announceAsk(effect.ask, effect.clients))
        break
      case 'announce-durable':
        audience.durable(effect.clients, effect.ask)
        break
      case 'announce-closed':
        audience.askClosed(effect.clients, effect.ask, effect.code)
        break
      case 'renew-admission':
        enqueueAnyway(
          () => renewAdmission(effect.announceTo),
          (error) => report(id, 'admission', failureOf(error)),
        )
        break
      case 'announce-view':
        announceView()
        break
      case 'drop-round':
        runner.drop()
        collection.drop()
        disarmDeadline()
        break
      case 'collect-garbage':
        // After what was enqueued before: a new admission may name the very bytes that this round's asks leave behind.
        enqueueAnyway(collectGarbage, (error) => report(id, 'what nobody needs any more could not be deleted', failureOf(error)))
        break
    }
  }

  /** The end is told last: whoever hears of it closes the link, and should know by then what serves it. */
  function announceView(): void {
    const view = viewOf(log.state(), { rounds: ROUNDS_IN_ANNOUNCEMENT, computed })
    if (view.lifecycle !== 'finished') audience.view(view)
    else
      enqueueAnyway(
        async () => audience.view(view),
        (error) => report(id, 'the end could not be announced', failureOf(error)),
      )
  }

  async function renewAdmission(announceTo: readonly ClientId[]): Promise<void> {
    garbage.push(...(await admissions.renew()))
    for (const client of announceTo) {
      const message = admissions.messageFor(client)
      if (message !== null) audience.admission(client, message)
    }
  }

  function disarmDeadline(): void {
    deadline?.cancel()
    deadline = null
  }

  function armDeadline(ask: AskId, at: number): void {
    disarmDeadline()
    deadline = clock.at(at, () => void writes.record({ type: 'deadline-passed', at: clock.now(), ask }))
  }

  async function announceAsk(ask: AskId, clients: readonly ClientId[]): Promise<void> {
    for (let first = 0; first < clients.length; first += ANNOUNCED_AT_ONCE) {
      const state = log.state()
      const open = openQuestionOf(state, ask)
      if (open === null) return
      for (const client of clients.slice(first, first + ANNOUNCED_AT_ONCE)) audience.ask(client, askMessageOf(state, open, client, clock.now()))
      if (first + ANNOUNCED_AT_ONCE < clients.length) await new Promise<void>((resume) => clock.at(clock.now(), resume))
    }
  }

  async function closeAsk(): Promise<void> {
    disarmDeadline()
    const sealed = await collection.seal()
    if (sealed !== null) await runner.close(sealed)
  }

  // ---- what may go, and what may be seen ----

  function keptModels(): Set<Digest> {
    const { models, rounds, expert } = log.state()
    const ofExpert = expert === null ? [] : [expert.model, ...(expert.samples === null ? [] : [expert.samples])]
    return new Set([...models, ...ofExpert, ...rounds.slice(-ROUNDS_OF_MODELS_KEPT).flatMap((round) => round.models), ...admissions.blobs()])
  }

  async function collectGarbage(): Promise<void> {
    const { strategyState, rounds } = log.state()
    const kept = keptModels().add(strategyState)
    const expired = rounds.at(-ROUNDS_OF_MODELS_KEPT - 1)?.models ?? []
    const doomed = new Set([...garbage, ...expired].filter((digest) => !kept.has(digest)))
    garbage = []
    for (const digest of doomed) await blobs.delete(digest)
  }

  function serves(digest: Digest): boolean {
    const spec = openQuestionIn(log.state())?.spec
    return (
      collection.serves(digest) ||
      keptModels().has(digest) ||
      spec?.models.includes(digest) === true ||
      spec?.vectors.includes(digest) === true ||
      spec?.trunk === digest
    )
  }

  /** Those who join in one batch get the same one. */
  function view(): FederationView {
    const state = log.state()
    if (viewed?.state !== state || viewed.computed !== computed) viewed = { state, computed, view: viewOf(state, { computed }) }
    return viewed.view
  }

  function standingOf(client: ClientId): ClientStanding {
    const state = log.state()
    const open = openQuestionIn(state)
    const cluster = state.clients.get(client)?.cluster ?? null
    const models = cluster === null ? state.models : [state.models[cluster], ...state.models.filter((_, index) => index !== cluster)]
    const standing = { models, cluster, admission: admissions.messageFor(client) }
    if (open === null || open.closing || !open.blocks.has(client) || open.satOut.has(client)) return { ...standing, ask: null, received: 'nothing' }
    const received = open.folded.has(client) ? 'durable' : collection.has(client) ? 'received' : 'nothing'
    return { ...standing, ask: askMessageOf(state, open, client, clock.now()), received }
  }

  return {
    id,
    state: log.state,
    view,
    dispatch: log.dispatch,
    opened: collection.opened,
    expects: collection.expects,
    receive: collection.receive,
    enterSum: collection.enter,
    takeSumFrame: collection.takeFrame,
    standingOf,
    roundStanding: () => roundStandingOf(log.state(), collection.cohorts()),
    serves,
    async settled() {
      while (log.isBusy() || pendingTasks > 0) {
        await log.settled()
        await work
      }
    },
    async close() {
      await collection.flush()
      log.close()
      writes.close()
      runner.drop()
      collection.drop()
      disarmDeadline()
      await log.settled()
    },
  }
}
