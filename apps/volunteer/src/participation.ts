import { batch, computed, type ReadonlySignal, signal } from '@preact/signals'
import {
  createSodiumSealer,
  createVolunteerSession,
  loadSodium,
  type Outbox,
  type Service,
  type Sodium,
  type SumFindings,
  type VolunteerSession,
  verifyPolicy,
} from '@shoal/client'
import type { ChosenBackend } from '@shoal/learning'
import { deriveSeed } from '@shoal/numeric'
import { type Failure, type FederationView, failed, type Result, type RoundSummary, succeeded } from '@shoal/protocol'
import { withRounds } from '@shoal/ui'
import { type Activity, isTakingPart } from './activity.ts'
import { pageTimers as timers } from './browser-timers.ts'
import { type BrowserTransport, createBrowserTransport, fetchSamples } from './browser-transport.ts'
import { type Contributions, createContributionLedger } from './contributions.ts'
import { createDataDesk, type DataChoice, type Keeping, type ReadData } from './data-desk.ts'
import { checkData, isLabelled, type LocalData } from './data-files.ts'
import { type DataShelf, openDataShelf } from './data-keeping.ts'
import { type DataSource, takesUnlabelled } from './data-sources.ts'
import { createDeviceCare, type DeviceCare } from './device-care.ts'
import { createEngine, type Engine } from './engine.ts'
import type { EngineTask } from './engine-messages.ts'
import { createMeasuredProcedures, type RunCount } from './measured-procedures.ts'
import type { Offer } from './offer.ts'
import { type OwnAccuracy, UNMEASURED, withMeasure } from './own-accuracy.ts'
import { createRehearsalStage, type RehearsalState } from './rehearsal.ts'
import { createResultDesk, type ResultDesk } from './result-desk.ts'
import { decodeSampleShard } from './sample-shard.ts'
import { takeTabLock } from './tab-lock.ts'
import { startTrainWorker } from './train-worker-host.ts'

/** One volunteer's part in one federation, from consent on: what the page shows of it, and what its buttons do. */
export interface Participation {
  readonly data: ReadonlySignal<DataChoice>
  /** The chosen data have no labels: this device takes no part in rounds, finds its group by itself and tells nobody. */
  readonly isGuest: ReadonlySignal<boolean>
  readonly activity: ReadonlySignal<Activity>
  /** What computes; null before the first start. */
  readonly backend: ReadonlySignal<ChosenBackend | null>
  /** What the server last told of the federation. */
  readonly view: ReadonlySignal<FederationView | null>
  /** This client's cluster by the server's latest word; null while unknown. */
  readonly cluster: ReadonlySignal<number | null>
  /** Which model serves this volunteer best, by the latest comparison on this device. */
  readonly service: ReadonlySignal<Service | null>
  /** What this browser has given so far, over all visits. */
  readonly contributions: ReadonlySignal<Contributions>
  /** How the models of this visit do on the volunteer's own test examples. */
  readonly accuracy: ReadonlySignal<OwnAccuracy>
  /** The latest run that trained; null before the first. */
  readonly training: ReadonlySignal<RunCount | null>
  /** What the volunteer wants of this device, and how far the browser can tell. */
  readonly care: DeviceCare
  readonly rounds: ReadonlySignal<readonly RoundSummary[]>
  readonly outbox: ReadonlySignal<Outbox | null>
  /** What this device found of the masked sums that it was asked into. */
  readonly sums: ReadonlySignal<readonly SumFindings[]>
  readonly rehearsal: ReadonlySignal<RehearsalState>
  /** What the device keeps of the data. */
  readonly keeping: ReadonlySignal<Keeping>
  /** Where clusters are of points: the cluster of each of the volunteer's own, in their order. Null before they are sorted. Known to this device alone. */
  readonly pointLabels: ReadonlySignal<Uint8Array | null>
  /** Names the split of data that come in one piece: the same on every visit. */
  readonly splitSeed: string
  takeData(source: DataSource, read: ReadData): Promise<void>
  /** The models, to try and to take along. */
  readonly result: ResultDesk
  useSamples(): Promise<void>
  /** Stops, and deletes the data from this device. */
  deleteData(): Promise<void>
  /** Stops, and deletes the data and all that this device kept for the federation: who it is there, its session, its models. */
  forgetDevice(): Promise<void>
  start(how: { takeOver: boolean }): Promise<void>
  pause(): void
  resume(): void
  stop(): Promise<void>
  /** Works through a round on this device alone. Not while it takes part. */
  rehearse(): Promise<void>
}

/** SHOAL_ERR_POLICY_UNVERIFIED unless the key in the link signed what was shown. Nothing of the volunteer's has been touched then, and no key made. */
export async function beginParticipation(offer: Offer): Promise<Result<Participation>> {
  const sodium = await loadSodium()
  const { policy, federation } = offer.invite
  const verified = verifyPolicy(sodium, policy, offer.address.federationKey)
  if (!verified.ok) return verified
  if (verified.value.policy.federation !== federation) return failed('SHOAL_ERR_POLICY_UNVERIFIED', "the policy is another federation's")
  const participation = createParticipation(offer, sodium, await openDataShelf(federation))
  await participation.restore()
  return succeeded(participation)
}

interface Joined {
  readonly session: VolunteerSession
  readonly transport: BrowserTransport
}

function createParticipation(offer: Offer, sodium: Sodium, shelf: DataShelf | null): Participation & { restore(): Promise<void> } {
  const { address, invite, policy } = offer
  const activity = signal<Activity>({ kind: 'idle' })
  const backend = signal<ChosenBackend | null>(null)
  const view = signal<FederationView | null>(null)
  const cluster = signal<number | null>(null)
  const service = signal<Service | null>(null)
  const accuracy = signal<OwnAccuracy>(UNMEASURED)
  const training = signal<RunCount | null>(null)
  const ledger = createContributionLedger(offer.storage.storage, invite.federation, () => Date.now())
  void ledger.load()
  const rounds = signal<readonly RoundSummary[]>([])
  const outbox = signal<Outbox | null>(null)
  const sums = signal<readonly SumFindings[]>([])
  const stage = createRehearsalStage(policy)
  let engine: Engine | null = null
  let joined: Joined | null = null
  let releaseLock: () => void = () => undefined
  /** Counts starts and stops, so that what began before the last of them knows that it is over. */
  let attempt = 0

  const desk = createDataDesk({
    shelf,
    fits: (kept) => checkData(kept, policy.data).ok && (isLabelled(kept) || takesUnlabelled(policy)),
    now: () => Date.now(),
    async release() {
      // Awaited where it matters: whoever deletes data while taking part wants nothing written afterwards. A comparison of models may be under way after the end.
      if (isTakingPart(activity.value)) await stop()
      else void joined?.session.stop()
      engine?.close()
      engine = null
      // The session answers through the engine it was made with: new data make a new one.
      joined = null
      service.value = null
      stage.clear()
    },
  })
  const data = desk.choice
  const isGuest = computed(() => data.value.kind === 'chosen' && !isLabelled(data.value.data))
  const pointLabels = computed(() => desk.memory.value?.pointLabels ?? null)

  const care = createDeviceCare({
    activity,
    onConditions: (conditions) => {
      joined?.session.setConditions(conditions)
      engine?.setShare(conditions.share)
    },
  })

  /** The engine as the session uses it: what it does is counted, and what it computes with is known after a loss as well. */
  const countedOver = (used: Engine): ReturnType<typeof createMeasuredProcedures> =>
    createMeasuredProcedures({
      engine: {
        run: used.run,
        endRound: used.endRound,
        cancel: used.cancel,
        async reopen(loss) {
          const opened = await used.reopen(loss)
          if (opened.ok) backend.value = opened.value
          return opened
        },
      },
      now: timers.now,
      share: () => care.conditions.peek().share,
      onRun(run) {
        if (run.steps > 0) training.value = run
        ledger.computed(run)
      },
      onMeasure(measure) {
        accuracy.value = withMeasure(accuracy.peek(), measure)
      },
    })

  const taskOn = (chosen: LocalData, kept: Uint8Array | null): EngineTask => ({
    backend: address.backend,
    architecture: policy.model.architecture,
    network: policy.model.network,
    batchSize: policy.train.batchSize,
    data: chosen,
    kept,
  })

  function engineOver(chosen: LocalData): Engine {
    // Other examples, another measure.
    if (engine === null) accuracy.value = UNMEASURED
    engine ??= createEngine({
      spawn: startTrainWorker,
      task: taskOn(chosen, desk.memory.peek()?.kept ?? null),
      onStage: (stage) => {
        if (activity.value.kind === 'opening-engine') activity.value = { kind: 'opening-engine', stage }
      },
      onMemory: (memory) => void desk.remember(memory),
    })
    engine.setShare(care.conditions.peek().share)
    return engine
  }

  const rehearsalEngine = (chosen: LocalData): Engine =>
    createEngine({ spawn: startTrainWorker, task: taskOn(chosen, null), onStage: () => undefined, onMemory: () => undefined })

  const result = createResultDesk({
    federation: invite.federation,
    storage: offer.storage.storage,
    view,
    cluster,
    service,
    isGuest,
    session: () => joined?.session ?? null,
    engine: () => (data.value.kind === 'chosen' ? engineOver(data.value.data) : null),
  })

  /** Identity and session token come from the device's storage; a first visit makes the identity here. */
  async function join(procedures: Engine): Promise<Joined> {
    const { storage } = offer.storage
    const subtle = globalThis.isSecureContext ? crypto.subtle : null
    const sealer = await createSodiumSealer({ sodium, subtle, storage, federation: invite.federation })
    const transport = createBrowserTransport()
    const session = createVolunteerSession(
      { transport, procedures: countedOver(procedures), storage, timers, sealer, power: care.power },
      { federation: invite.federation, invite: address.invite, federationKey: address.federationKey, policy: invite.policy, isGuest: isGuest.peek() },
    )
    session.subscribe(() => {
      if (joined?.session === session) show(session)
    })
    session.setConditions(care.conditions.peek())
    return { session, transport }
  }

  function show(session: VolunteerSession): void {
    batch(() => {
      activity.value = { kind: 'session', state: session.state() }
      const told = session.view()
      if (told !== view.peek()) {
        view.value = told
        rounds.value = withRounds(rounds.peek(), told?.rounds ?? [])
      }
      cluster.value = session.cluster()
      service.value = session.service()
      outbox.value = session.outbox()
      ledger.sent(session.outbox())
      sums.value = session.sums()
    })
  }

  function fail(failure: Failure): void {
    releaseLock()
    activity.value = { kind: 'failed', failure }
  }

  /** Another tab goes on under the same identity: this one falls silent, for its goodbye would be the other's. */
  function yieldToOtherTab(): void {
    attempt += 1
    joined?.transport.cut()
    void joined?.session.stop()
    joined = null
    activity.value = { kind: 'session', state: { kind: 'superseded' } }
  }

  async function start(takeOver: boolean): Promise<void> {
    if (data.value.kind !== 'chosen') return
    const procedures = engineOver(data.value.data)
    attempt += 1
    const mine = attempt
    activity.value = { kind: 'opening-engine', stage: 'loading-engine' }
    releaseLock()
    const lock = await takeTabLock(navigator.locks, invite.federation, { takeOver, onStolen: yieldToOtherTab })
    if (lock.kind === 'elsewhere') {
      if (mine === attempt) activity.value = { kind: 'elsewhere' }
      return
    }
    if (mine !== attempt) return lock.release()
    releaseLock = () => lock.release()
    const opened = await procedures.open()
    if (mine !== attempt) return
    if (!opened.ok) return fail(opened.failure)
    backend.value = opened.value
    const next = joined ?? (await join(procedures))
    if (mine !== attempt) return
    joined = next
    next.session.start()
  }

  async function stop(): Promise<void> {
    attempt += 1
    if (activity.value.kind === 'opening-engine') activity.value = { kind: 'idle' }
    await joined?.session.stop()
    releaseLock()
  }

  // A tab that goes says so; one that comes back from the browser's page cache goes on.
  addEventListener('pagehide', () => void joined?.session.stop())
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted && joined !== null) void start(false)
  })

  return {
    data,
    isGuest,
    activity,
    backend,
    view,
    cluster,
    service,
    contributions: ledger.contributions,
    accuracy,
    training,
    care,
    rounds,
    outbox,
    sums,
    rehearsal: stage.state,
    keeping: desk.keeping,
    pointLabels,
    splitSeed: deriveSeed('split', invite.federation),
    restore: desk.restore,
    takeData: desk.take,
    result,
    useSamples: () =>
      desk.take('samples', async () => {
        const fetched = await fetchSamples(address.invite)
        return fetched.ok ? decodeSampleShard(fetched.value, policy.data) : { ok: false, problem: { kind: 'samples-failed', failure: fetched.failure } }
      }),
    deleteData: () => desk.remove(),
    forgetDevice: () => desk.remove(() => offer.storage.forget()),
    start: ({ takeOver }) =>
      start(takeOver).catch((error: unknown) => fail({ code: 'SHOAL_ERR_INTERNAL', detail: error instanceof Error ? error.message : String(error) })),
    pause: () => joined?.session.pause(),
    resume: () => joined?.session.resume(),
    stop,
    async rehearse() {
      if (data.value.kind !== 'chosen' || isGuest.value || isTakingPart(activity.value)) return
      // What a rehearsal does is forgotten: where a device remembers, it rehearses on an engine of its own.
      const procedures = policy.data.kind === 'points' ? rehearsalEngine(data.value.data) : engineOver(data.value.data)
      await stage.rehearse(async () => {
        const opened = await procedures.open()
        return opened.ok ? succeeded(procedures) : opened
      })
      if (procedures !== engine) procedures.close()
    },
  }
}
