import type { FederationEvent, Jobs } from '@shoal/coordinator'
import { createRng } from '@shoal/numeric'
import { loadSodium } from '@shoal/privacy'
import { ShoalError } from '@shoal/protocol'
import { createFaultyDevice, type FaultyDevice } from './fault-device.ts'
import { seedOf } from './fault-federation.ts'
import type { FaultObserver, FaultRun, Violation } from './fault-findings.ts'
import type { Accuse } from './fault-rules.ts'
import type { Fault, Schedule } from './fault-schedule.ts'
import { createFaultyServer, type Sabotage } from './fault-server.ts'
import { createToySodium } from './fault-sodium.ts'
import { createMemoryNetwork, type MemoryNetwork } from './memory-network.ts'
import type { SimulationPlatform } from './simulation-platform.ts'
import type { OnTransition } from './taken-transition.ts'
import { countTransition } from './transition-coverage.ts'
import { createVirtualWorld } from './virtual-world.ts'

/** Everybody is there within this time. */
const ARRIVALS_MS = 400
/** A federation that is left in peace ends within this time, or stands still. */
const PEACE_MS = 24 * 3_600_000
/** Rounds without a new model pause it; so often it is resumed at most. */
const MOST_RESUMED = 8
/** Last admissions, and links that close. */
const SETTLING_MS = 5000

export interface FaultRunOptions {
  readonly platform: Pick<SimulationPlatform, 'digestOf' | 'turn'>
  /** The server's heavy work. */
  readonly jobs: Jobs
  /** Calls back for every error that nobody caught, until the returned function is called. */
  readonly listen: (onError: (error: unknown) => void) => () => void
  readonly observe?: FaultObserver
  readonly sabotage?: Sabotage
}

/** Runs a schedule to its end, or to the first rule that is broken. Nothing but the schedule decides what happens. */
export async function runSchedule(schedule: Schedule, { platform, jobs, listen, observe = {}, sabotage = {} }: FaultRunOptions): Promise<FaultRun> {
  const sodium = createToySodium(await loadSodium(), createRng(seedOf(schedule, 'sodium')))
  const world = createVirtualWorld(platform.turn)
  const { clock } = world
  let found: Violation | null = null
  const violation = (): Violation | null => found
  let steps = 0
  const accuse: Accuse = (rule, detail) => {
    found ??= { rule, step: steps, atMs: Math.round(clock.now()), detail }
  }
  const struck = new Map<string, number>()
  const crashes = new Map<string, number>()
  const count = (counts: Map<string, number>, key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const onStrike = ({ kind }: Fault): void => count(struck, kind)
  const stopListening = listen((error) => accuse(6, `nobody caught: ${textOf(error)}`))

  const transitions = new Map<string, number>()
  const onTransition: OnTransition = (taken) => countTransition(transitions, taken)

  const devices: FaultyDevice[] = []
  let network: MemoryNetwork | null = null
  const created = await createFaultyServer({
    schedule,
    world,
    sodium,
    network(now) {
      const delays = { latencyMs: schedule.federation.latencyMs, bytesPerMs: 2000 }
      // Nothing here is native work, and a slow disk takes time of this world.
      const waiting = { ...world, track: <Value>(work: Promise<Value>): Promise<Value> => work }
      network = createMemoryNetwork({ world: waiting, sodium, rng: createRng(seedOf(schedule, 'network')), delays, now })
      return network
    },
    platform,
    jobs,
    accuse,
    nameOf(client) {
      const place = devices.findIndex((device) => device.client === client)
      return place < 0 ? client : `client ${place}`
    },
    onStrike,
    onCrash: (where) => count(crashes, where),
    onTransition,
    sabotage,
  })
  if (!created.ok || network === null) throw new ShoalError(created.ok ? { code: 'SHOAL_ERR_INTERNAL' } : created.failure)
  const server = created.value
  for (const place of schedule.federation.groups.keys()) {
    const device = await createFaultyDevice({
      schedule,
      place,
      world,
      sodium,
      network,
      digestOf: platform.digestOf,
      server,
      accuse,
      onStrike,
      onGiven: server.sums.gaveWords,
      storage: sabotage.storage,
      onTransition,
      watch(life, state, event) {
        if (event.type === 'sum-refuted') accuse(6, `client ${place} does not believe a sum: ${event.failure.code} ${event.failure.detail ?? ''}`)
        observe.session?.(place, life, state, event)
      },
    })
    devices.push(device)
  }

  function inflict(fault: Fault): void {
    const later = (afterMs: number, act: () => void): void => {
      clock.at(clock.now() + afterMs, act)
    }
    if ('client' in fault) {
      const device = devices[fault.client]
      if (device === undefined) return
      onStrike(fault)
      inflictOn(device, fault, later)
      return
    }
    onStrike(fault)
    switch (fault.kind) {
      case 'crash':
        if (server.isUp()) server.crash('at a time', fault.downMs)
        break
      case 'slow-disk':
        server.slow(fault.writeMs)
        later(fault.forMs, () => server.slow(0))
        break
      case 'full-disk':
        server.fill(fault.of, true)
        later(fault.forMs, () => server.fill(fault.of, false))
        break
      case 'clock-jump':
        server.jump(fault.byMs)
        break
      case 'command':
        void command(fault.command)
        break
      case 'crash-at-write':
        break // the disk knows when
    }
  }

  function command(name: (Fault & { readonly kind: 'command' })['command']): Promise<void> {
    const at = server.now()
    const reason = 'the operator says so'
    const events: Record<typeof name, FederationEvent> = {
      start: { type: 'federation-started', at },
      pause: { type: 'federation-paused', at, reason },
      resume: { type: 'federation-resumed', at },
      finish: { type: 'federation-finished', at, reason },
      abort: { type: 'round-aborted', at, round: server.host().state().round, failure: { code: 'SHOAL_ERR_ASK_ABORTED' } },
    }
    return server.dispatch(events[name])
  }

  const lifecycle = (): string => server.host().state().lifecycle

  /** After every timer. */
  function step(): void {
    steps += 1
    server.stepped()
    for (const [place, device] of devices.entries()) {
      const shown = device.session()?.state()
      if (shown?.kind === 'refused') accuse(6, `client ${place} refuses to go on: ${shown.failure.code} ${shown.failure.detail ?? ''}`)
    }
  }

  const until = (isDone: () => boolean, limitMs: number): Promise<boolean> =>
    world.runUntil(() => {
      if (found === null) step()
      return found !== null || isDone()
    }, limitMs)

  async function run(): Promise<void> {
    const arrivals = createRng(seedOf(schedule, 'arrivals'))
    for (const device of devices) clock.at(arrivals.uniform() * ARRIVALS_MS, () => void device.open())
    clock.at(arrivals.uniform() * ARRIVALS_MS, () => void command('start'))
    const timed = schedule.faults.flatMap((fault) => ('atMs' in fault ? [fault] : []))
    for (const fault of timed) clock.at(fault.atMs, () => inflict(fault))
    const storm = timed.reduce((end, fault) => Math.max(end, fault.atMs + ('forMs' in fault ? fault.forMs : 0)), ARRIVALS_MS)
    await until(() => lifecycle() === 'finished', storm)
    await makePeace()
    for (let resumed = 0; resumed <= MOST_RESUMED && lifecycle() !== 'finished' && violation() === null; resumed += 1) {
      let isTold = false
      void command(lifecycle() === 'created' ? 'start' : 'resume').then(() => {
        isTold = true
      })
      await until(() => isTold || !server.isUp(), PEACE_MS)
      await until(() => server.isUp() && (lifecycle() === 'finished' || lifecycle() === 'paused'), PEACE_MS)
    }
    if (lifecycle() !== 'finished') accuse(2, `the federation stands still: it is ${lifecycle()}, in round ${server.host().state().round}`)
    await until(() => false, SETTLING_MS)
    await server.ended()
    for (const device of devices) device.kill()
  }

  /** Nothing goes wrong from now on, and everybody comes back. */
  async function makePeace(): Promise<void> {
    server.slow(0)
    server.fill('event', false)
    server.fill('blob', false)
    await until(server.isUp, PEACE_MS)
    for (const device of devices) {
      device.line.mend()
      if (device.session() === null) await device.open()
      device.session()?.start()
      device.session()?.resume()
    }
  }

  try {
    await run()
  } catch (error) {
    accuse(6, `it throws: ${textOf(error)}`)
  } finally {
    stopListening()
  }
  const rounds = { updated: 0, unchanged: 0, aborted: 0 }
  for (const { outcome } of server.host().state().rounds) rounds[outcome] += 1
  const { strategy, expert, level, view } = schedule.federation
  return {
    violation: found,
    lives: server.lives(),
    tally: {
      schedules: 1,
      steps,
      rounds,
      faults: Object.fromEntries(struck),
      crashes: Object.fromEntries(crashes),
      strategies: { [`${strategy}${expert === null ? '' : ' with an expert'} at ${level} by ${view}`]: 1 },
      sumsChecked: server.sums.checked(),
      transitions: Object.fromEntries(transitions),
    },
  }
}

/** What goes wrong with one device. */
function inflictOn(device: FaultyDevice, fault: Fault & { readonly client: number }, later: (afterMs: number, act: () => void) => void): void {
  const { line } = device
  switch (fault.kind) {
    case 'lag':
      line.lag(fault.moreMs, fault.forMs)
      break
    case 'cut':
      line.cut()
      break
    case 'half-open':
      line.halfOpen(fault.forMs)
      break
    case 'tab-death':
      device.kill()
      later(fault.forMs, () => {
        if (device.session() === null) void device.open()
      })
      break
    case 'leave':
      void device.session()?.stop()
      later(fault.forMs, () => device.session()?.start())
      break
    case 'pause':
      device.session()?.pause()
      later(fault.forMs, () => device.session()?.resume())
      break
    case 'freeze':
      line.freeze()
      later(fault.forMs, () => line.thaw())
      break
    default:
      break // the line knows which message
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
