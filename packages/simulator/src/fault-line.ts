import type { DeviceStorage, Timers, Transport, TransportHandlers } from '@shoal/client'
import type { Rng } from '@shoal/numeric'
import { type ClientEvent, type Failure, failed, type Result, type ServerEvent } from '@shoal/protocol'
import type { Fault } from './fault-schedule.ts'
import type { VirtualWorld } from './virtual-world.ts'

/** What goes wrong with one message. */
export type LineFault = Fault & { readonly kind: 'lose-down' | 'repeat-down' | 'lose-up' | 'lose-answer' | 'repeat-up' }

/** A socket that lost something has lost all that follows, until both ends notice: nothing is missing in the middle of a stream. */
const NOTICED_AFTER_MS = 1500
/** A request by HTTP that got lost is given up. */
const PATIENCE_MS = 1000
const GONE: Failure = { code: 'SHOAL_ERR_CLIENT_GONE', detail: 'the line' }

/** What leaves and reaches one device, and everything that can be wrong with it; its tabs come and go. */
export interface FaultyLine {
  /** For the next tab. The one before is dead: it hears nothing, and nobody hears of it. */
  openTab(): TabPorts
  killTab(): void
  cut(): void
  halfOpen(forMs: number): void
  lag(moreMs: number, forMs: number): void
  freeze(): void
  thaw(): void
  /** From now on nothing goes wrong. */
  mend(): void
}

export interface TabPorts {
  readonly transport: Transport
  readonly timers: Timers
  /** Resolves when the page's scripts run; never where the page is gone. */
  awake(): Promise<void>
  storage(device: DeviceStorage): DeviceStorage
}

export interface FaultyLineOptions {
  readonly world: VirtualWorld
  readonly rng: Rng
  /** A transport of its own for each tab. */
  readonly network: () => Transport
  readonly faults: readonly LineFault[]
  /** Hears of each fault that does something. */
  readonly onStrike: (fault: LineFault) => void
}

interface Tab {
  readonly inner: Transport
  isDead: boolean
  isFrozen: boolean
  held: (() => void)[]
  /** Counts the links. */
  link: number
  /** Nothing arrives from the server; nothing arrives there. */
  isDeaf: boolean
  isMute: boolean
  deliverableAt: number
  sendableAt: number
  handlers: TransportHandlers | null
  /** End what waits for an answer that got lost. */
  waiting: Set<() => void>
}

export function createFaultyLine({ world, rng, network, faults, onStrike }: FaultyLineOptions): FaultyLine {
  const { clock } = world
  let tab: Tab | null = null
  let downs = 0
  let ups = 0
  let isMended = false
  let slow = { untilMs: 0, moreMs: 0 }

  function struck<Kind extends LineFault['kind']>(kind: Kind, nth: number): (LineFault & { kind: Kind }) | null {
    const found = isMended ? undefined : faults.find((fault): fault is LineFault & { kind: Kind } => fault.kind === kind && fault.nth === nth)
    if (found !== undefined) onStrike(found)
    return found ?? null
  }
  const lateness = (): number => (clock.now() < slow.untilMs ? rng.uniform() * slow.moreMs : 0)
  const never = (): Promise<never> => new Promise(() => undefined)

  function whenAwake(of: Tab, act: () => void): void {
    if (of.isDead) return
    if (of.isFrozen) of.held.push(act)
    else act()
  }
  const awake = (of: Tab): Promise<void> => (of.isDead ? never() : of.isFrozen ? new Promise((resume) => of.held.push(resume)) : Promise.resolve())

  function breakLink(of: Tab): void {
    of.link += 1
    of.isDeaf = false
    of.isMute = false
    const { handlers, waiting } = of
    of.handlers = null
    of.inner.close()
    of.waiting = new Set()
    for (const give of waiting) give()
    if (handlers !== null) whenAwake(of, () => handlers.onDisconnected(GONE))
  }

  function breakLater(of: Tab, afterMs: number): void {
    const { link } = of
    clock.at(clock.now() + afterMs, () => {
      if (of.link === link) breakLink(of)
    })
  }

  const lost = (of: Tab): Promise<Result<never>> =>
    new Promise((resolve) => {
      of.waiting.add(() => whenAwake(of, () => resolve({ ok: false, failure: GONE })))
    })

  function receive(of: Tab, event: ServerEvent, deliver: (event: ServerEvent) => void): void {
    const nth = downs
    downs += 1
    if (struck('lose-down', nth) !== null) {
      of.isDeaf = true
      breakLater(of, NOTICED_AFTER_MS)
    }
    if (of.isDeaf) return
    const { link } = of
    const arrive = (): void => {
      if (of.link === link) whenAwake(of, () => of.link === link && deliver(event))
    }
    const repeated = struck('repeat-down', nth)
    if (repeated !== null) clock.at(clock.now() + repeated.afterMs, arrive)
    of.deliverableAt = Math.max(of.deliverableAt, clock.now() + lateness())
    if (of.deliverableAt > clock.now()) clock.at(of.deliverableAt, arrive)
    else arrive()
  }

  async function send(of: Tab, event: ClientEvent): Promise<Result<unknown>> {
    await awake(of)
    const nth = ups
    ups += 1
    const { link } = of
    of.sendableAt = Math.max(of.sendableAt, clock.now() + lateness())
    if (of.sendableAt > clock.now()) await world.pass(of.sendableAt - clock.now())
    if (of.isDead) return never()
    if (of.link !== link) return { ok: false, failure: GONE }
    if (struck('lose-up', nth) !== null) {
      of.isMute = true
      breakLater(of, NOTICED_AFTER_MS)
    }
    if (of.isMute) return lost(of)
    const repeated = struck('repeat-up', nth)
    if (repeated !== null)
      clock.at(clock.now() + repeated.afterMs, () => {
        if (of.link === link && !of.isDead) void of.inner.send(event)
      })
    const result = await of.inner.send(event)
    await awake(of)
    if (struck('lose-answer', nth) !== null) {
      of.isDeaf = true
      breakLater(of, NOTICED_AFTER_MS)
    }
    return of.isDeaf && of.link === link ? lost(of) : result
  }

  async function request<Value>(of: Tab, ask: () => Promise<Result<Value>>): Promise<Result<Value>> {
    await awake(of)
    const nth = ups
    ups += 1
    await world.pass(lateness())
    if (of.isDead) return never()
    const isLost = struck('lose-up', nth) !== null || of.isMute || of.isDeaf
    const repeated = isLost ? null : struck('repeat-up', nth)
    if (repeated !== null) clock.at(clock.now() + repeated.afterMs, () => void (of.isDead ? null : ask()))
    const answer = isLost ? null : await ask()
    await awake(of)
    if (answer !== null && struck('lose-answer', nth) === null) return answer
    await world.pass(PATIENCE_MS)
    await awake(of)
    return failed('SHOAL_ERR_UNREACHABLE')
  }

  function transportOf(of: Tab): Transport {
    return {
      connect(handlers) {
        if (of.isDead) return
        of.link += 1
        of.isDeaf = false
        of.isMute = false
        of.handlers = handlers
        const { link } = of
        const present = (act: () => void): void => {
          if (of.link === link) whenAwake(of, () => of.link === link && act())
        }
        of.inner.connect({
          onConnected: () => present(handlers.onConnected),
          onDisconnected(failure) {
            if (of.link !== link) return
            of.handlers = null
            for (const give of of.waiting) give()
            of.waiting = new Set()
            present(() => handlers.onDisconnected(failure))
          },
          onEvent: (event) => {
            if (of.link === link) receive(of, event, handlers.onEvent)
          },
        })
      },
      send: (event) => send(of, event),
      fetchModel: (digest, signal) => request(of, () => of.inner.fetchModel(digest, signal)),
      putContribution: (upload) => request(of, () => of.inner.putContribution(upload)),
      close() {
        if (of.isDead) return
        of.link += 1
        of.handlers = null
        of.inner.close()
        for (const give of of.waiting) give()
        of.waiting = new Set()
      },
    }
  }

  function killTab(): void {
    if (tab === null) return
    tab.isDead = true
    tab.held = []
    tab.inner.close()
    tab = null
  }

  function thaw(): void {
    if (tab === null) return
    tab.isFrozen = false
    const { held } = tab
    tab.held = []
    for (const act of held) act()
  }

  return {
    openTab() {
      killTab()
      const opened: Tab = {
        inner: network(),
        isDead: false,
        isFrozen: false,
        held: [],
        link: 0,
        isDeaf: false,
        isMute: false,
        deliverableAt: 0,
        sendableAt: 0,
        handlers: null,
        waiting: new Set(),
      }
      tab = opened
      return {
        transport: transportOf(opened),
        timers: {
          now: clock.now,
          after: (delayMs, callback) => {
            let isCancelled = false
            const timer = clock.at(clock.now() + delayMs, () =>
              whenAwake(opened, () => {
                if (!isCancelled) callback()
              }),
            )
            return {
              cancel() {
                isCancelled = true
                timer.cancel()
              },
            }
          },
        },
        awake: () => awake(opened),
        storage: (device) => ({
          ...device,
          save: async (key, value) => (opened.isDead ? undefined : device.save(key, value)),
          saveModel: async (digest, bytes) => (opened.isDead ? undefined : device.saveModel(digest, bytes)),
          pruneModels: async (keep) => (opened.isDead ? undefined : device.pruneModels(keep)),
        }),
      }
    },
    killTab,
    cut() {
      if (tab !== null) breakLink(tab)
    },
    halfOpen(forMs) {
      if (tab === null) return
      tab.isDeaf = true
      tab.isMute = true
      breakLater(tab, forMs)
    },
    lag(moreMs, forMs) {
      slow = { untilMs: clock.now() + forMs, moreMs }
    },
    freeze() {
      if (tab !== null) tab.isFrozen = true
    },
    thaw,
    mend() {
      isMended = true
      slow = { untilMs: 0, moreMs: 0 }
      thaw()
    },
  }
}
