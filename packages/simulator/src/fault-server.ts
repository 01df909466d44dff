import type { DeviceStorage } from '@shoal/client'
import { type Audience, type BlobStore, createSteadyClock, type EventStore, type FederationEvent, type FederationHost, type Jobs } from '@shoal/coordinator'
import type { Sodium } from '@shoal/privacy'
import { type Digest, type Failure, failed, isErrorCode, type Result, type SignedPolicy, succeeded } from '@shoal/protocol'
import { createChaChaMasks } from '@shoal/secure-sum'
import { createAsks, STRATEGIES, type Strategy } from '@shoal/strategies'
import { createClusterWatch } from './fault-cluster-watch.ts'
import { createDeadlineWatch } from './fault-deadline-watch.ts'
import { createFaultyDisk } from './fault-disk.ts'
import { configOf, initialModel, withDistillation } from './fault-federation.ts'
import { createHearingWatch } from './fault-hearing-watch.ts'
import { createLogWatch } from './fault-log-watch.ts'
import type { Accuse, NameOf, RuleWatch } from './fault-rules.ts'
import type { Fault, Schedule } from './fault-schedule.ts'
import { createSumWatch, type SumWatch } from './fault-sum-watch.ts'
import type { MemoryNetwork } from './memory-network.ts'
import { createBlobStoreOver, createMemoryEventStore } from './memory-stores.ts'
import { createSimulatedServer, FEDERATION } from './simulated-server.ts'
import type { SimulationPlatform } from './simulation-platform.ts'
import type { OnTransition } from './taken-transition.ts'
import type { VirtualWorld } from './virtual-world.ts'

/** Stands in for parts of the product, to see the rules broken. */
export interface Sabotage {
  readonly store?: (store: EventStore) => EventStore
  readonly blobs?: (blobs: BlobStore) => BlobStore
  readonly audience?: (audience: Audience) => Audience
  readonly front?: (host: FederationHost) => FederationHost
  readonly strategy?: (strategy: Strategy<unknown>) => Strategy<unknown>
  /** Of every device. */
  readonly storage?: (storage: DeviceStorage) => DeviceStorage
}

/** The server of a schedule: it runs over a disk and a clock that may go wrong, and is watched. */
export interface FaultyServer {
  readonly federationKey: string
  readonly policy: SignedPolicy
  readonly sums: SumWatch
  host(): FederationHost
  isUp(): boolean
  /** It dies without a word, and tries to come back `downMs` later. */
  crash(where: string, downMs: number): void
  /** What only a running server hears. */
  dispatch(event: FederationEvent): Promise<void>
  now(): number
  jump(byMs: number): void
  slow(writeMs: number): void
  fill(medium: 'event' | 'blob', isFull: boolean): void
  /** After every timer. */
  stepped(): void
  /** The whole log is replayed. */
  ended(): Promise<void>
  lives(): readonly (readonly FederationEvent[])[]
}

export interface FaultyServerOptions {
  readonly schedule: Schedule
  readonly world: VirtualWorld
  readonly sodium: Sodium
  /** Takes the server's time from `now`, which is there before the server is. */
  readonly network: (now: () => number) => MemoryNetwork
  readonly platform: Pick<SimulationPlatform, 'digestOf' | 'turn'>
  readonly jobs: Jobs
  readonly accuse: Accuse
  readonly nameOf: NameOf
  readonly onStrike: (fault: Fault) => void
  readonly onCrash: (where: string) => void
  readonly onTransition: OnTransition
  readonly sabotage: Sabotage
}

/** What the server's clock shows at the beginning: far from zero, so that it can be set back. */
const EPOCH_MS = 1_000_000_000_000
/** What could not come back for a full disk tries again. */
const RETRY_MS = 1000

export async function createFaultyServer(options: FaultyServerOptions): Promise<Result<FaultyServer>> {
  const { schedule, world, sodium, platform, jobs, accuse, nameOf, onStrike, onCrash, onTransition, sabotage } = options
  const config = configOf(schedule)
  let offsetMs = EPOCH_MS
  const newClock = () => createSteadyClock({ wall: () => world.clock.now() + offsetMs, elapsed: world.clock.now })
  /** Of the present process. */
  let read = newClock()
  const now = (): number => read()
  const network = options.network(now)
  let slownessMs = 0
  let isUp = true
  const lives: FederationEvent[][] = [[]]
  const blobBytes = new Map<Digest, Uint8Array>()

  const log = createLogWatch(accuse, () => !disk.isWriting())
  const deadlines = createDeadlineWatch(accuse, { now: world.clock.now, config, slownessMs: () => slownessMs })
  const hearing = createHearingWatch(accuse, nameOf, (digest) => blobBytes.has(digest))
  const sums = createSumWatch(accuse, { nameOf, config })
  const clusters = createClusterWatch(accuse, { nameOf, read: (digest) => blobBytes.get(digest) ?? null, isOfPoints: config.data.kind === 'points' })
  const watches: readonly RuleWatch[] = [log, deadlines, hearing, sums, clusters]

  const memoryBlobs = createBlobStoreOver(platform.digestOf, blobBytes)
  const memoryEvents = createMemoryEventStore()
  const disk = createFaultyDisk({
    world,
    store: sabotage.store?.(memoryEvents) ?? memoryEvents,
    blobs: sabotage.blobs?.(memoryBlobs) ?? memoryBlobs,
    crashes: schedule.faults.filter((fault) => fault.kind === 'crash-at-write'),
    onCrash(fault, what) {
      onStrike(fault)
      crash(`${fault.when} ${what}`, fault.downMs)
    },
    onRefused: () => deadlines.excuse(world.clock.now()),
    onAppended(events) {
      lives.at(-1)?.push(...events)
      for (const change of log.appended(events)) for (const watch of watches) watch.changed?.(change)
    },
  })

  /** Every answer passes here on its way to the strategy. */
  const listening = (strategy: Strategy<unknown>): Strategy<unknown> => ({
    ...strategy,
    *round(state, _asks, context) {
      const program = strategy.round(state, createAsks(), context)
      let step = program.next()
      for (let index = 0; !step.done; index += 1) {
        const answer = yield step.value
        sums.answered(context.round, index, answer)
        if (answer.kind === 'sum') clusters.answered(context.round, index, answer)
        step = program.next(answer)
      }
      return step.value
    },
  })

  function refused({ code }: Failure): void {
    if (!isErrorCode(code)) accuse(6, `refused without a code: ${code}`)
  }

  function checked<Value>(result: Result<Value>): Result<Value> {
    if (!result.ok) refused(result.failure)
    return result
  }

  /** What the server is asked never throws. */
  async function unthrown<Value>(answering: () => Promise<Result<Value>>): Promise<Result<Value>> {
    try {
      return await answering()
    } catch (error) {
      accuse(6, `the server throws: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      return failed('SHOAL_ERR_INTERNAL')
    }
  }

  function front(inner: FederationHost): FederationHost {
    const host = sabotage.front?.(inner) ?? inner
    return {
      ...host,
      async dispatch(event) {
        const result = await unthrown(() => host.dispatch(event))
        if (result.ok) return result
        refused(result.failure)
        if (log.wasAppended(event)) accuse(6, `${event.type} is refused and on disk`)
        return result
      },
      async receive(client, ask, body, digest) {
        const result = await sums.receiving(
          client,
          ask,
          () => unthrown(() => host.receive(client, ask, body, digest)),
          ({ ok }) => ok,
        )
        if (result.ok && result.value === 'durable') hearing.durable(client, ask)
        return checked(result)
      },
      enterSum: (...call) => checked(host.enterSum(...call)),
      takeSumFrame: async (client, ask, frame) => checked(await unthrown(() => host.takeSumFrame(client, ask, frame))),
      standingOf(client) {
        const standing = host.standingOf(client)
        hearing.standing(client, { ...standing, view: host.view() })
        return standing
      },
    }
  }

  const created = await createSimulatedServer({
    platform: { ...platform, decryptAes256Gcm: null, suites: () => new Map([[2, createChaChaMasks(sodium)]]) },
    sodium,
    world,
    network,
    config,
    initialModel: initialModel(),
    store: disk.store,
    blobs: disk.blobs,
    jobs: withDistillation(jobs),
    clock: { now, at: (at, callback) => world.clock.at(world.clock.now() + Math.max(0, at - now()), callback) },
    strategies: new Map([...STRATEGIES].map(([name, strategy]) => [name, listening(sabotage.strategy?.(strategy) ?? strategy)])),
    onReport(what, { code, detail = '' }) {
      if (code === 'SHOAL_ERR_INTERNAL' || code === 'SHOAL_ERR_STRATEGY_FAILED') accuse(6, `${what}: ${code} ${detail}`)
    },
    audience(audience) {
      const told = hearing.audience(audience)
      return sabotage.audience?.(told) ?? told
    },
    front,
    opening: sums.opening,
    onTransition,
  })
  if (!created.ok) return created
  const server = created.value
  disk.begin()

  function crash(where: string, downMs: number): void {
    onCrash(where)
    isUp = false
    disk.died()
    server.kill()
    for (const watch of watches) watch.died?.()
    lives.push([])
    const life = lives.length
    world.clock.at(world.clock.now() + downMs, () => {
      if (life === lives.length) void recover(life)
    })
  }

  async function replayed(): Promise<void> {
    const state = server.host().state()
    log.replayed(await disk.store.load(FEDERATION), state)
  }

  async function recover(life: number): Promise<void> {
    read = newClock()
    const recovered = await server.recover()
    if (life !== lives.length) return
    if (!recovered.ok && recovered.failure.code === 'SHOAL_ERR_STORE_FAILED') return crash('at a recovery on a full disk', RETRY_MS)
    if (!recovered.ok) return accuse(1, `no recovery: ${recovered.failure.code} ${recovered.failure.detail ?? ''}`)
    isUp = true
    await replayed()
  }

  return succeeded({
    federationKey: server.federationKey,
    policy: server.policy,
    sums,
    host: server.host,
    isUp: () => isUp,
    crash,
    async dispatch(event) {
      if (isUp) await front(server.host()).dispatch(event)
    },
    now,
    jump(byMs) {
      offsetMs += byMs
    },
    slow(writeMs) {
      slownessMs = writeMs
      disk.slow(writeMs)
    },
    fill(medium, isFull) {
      if (!isFull) deadlines.excuse(world.clock.now())
      disk.fill(medium, isFull)
    },
    stepped() {
      const state = server.host().state()
      for (const watch of watches) watch.stepped?.(state, isUp)
    },
    ended: replayed,
    lives: () => lives,
  })
}
