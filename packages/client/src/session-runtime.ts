import type { Digest, FederationView, Result } from '@shoal/protocol'
import { createEffectPerformer } from './effect-performer.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import type { SessionPorts } from './ports.ts'
import type { Service } from './service.ts'
import type { Happening, SessionEvent } from './session-event.ts'
import { reduce } from './session-machine.ts'
import type { SessionOptions } from './session-options.ts'
import { type Conditions, describeSession, initialSession, type PauseReason, type Session, type SessionState } from './session-state.ts'
import type { SumFindings } from './sum-findings.ts'

export interface VolunteerSession {
  /** Also after `stop`, and to take over again after `superseded`. */
  start(): void
  /** Leaves the federation. Resolves when the goodbye is said or can not be. */
  stop(): Promise<void>
  /** By default because the volunteer wants it. Several reasons can hold at once; each is taken back by its own `resume`. */
  pause(reason?: PauseReason): void
  resume(reason?: PauseReason): void
  /** When this device takes part; as long as they are not set it always does. They are never sent. */
  setConditions(conditions: Conditions): void
  /** The same object until something changes. */
  state(): SessionState
  /** What the server last told of the federation; null before the first join. */
  view(): FederationView | null
  /** The cluster that the server has this client in, or that a guest found; null while unknown. */
  cluster(): number | null
  /** Which model serves this client best, by the latest finding on this device; null before the first. The same object until there is another. */
  service(): Service | null
  /** Calls back after everything that happened to the session; state, view, cluster, service, outbox and sums are up to date then. */
  subscribe(listener: (state: SessionState) => void): () => void
  outbox(): Outbox
  /** What was found of the last 50 masked sums that this client was asked into, newest last. The same list until something changes. */
  sums(): readonly SumFindings[]
  /** One of the federation's models, also after its end: kept on this device, else fetched (which the outbox tells) and checked against its digest. Never rejects. */
  model(digest: Digest, signal: AbortSignal): Promise<Result<Float32Array>>
}

/** Sees the machine's state and the event that it is about to take. */
export type SessionWatch = (session: Session, event: SessionEvent) => void

/** One volunteer's part in one federation. Nothing happens before `start`. */
export function createVolunteerSession(ports: SessionPorts, options: SessionOptions, watch?: SessionWatch): VolunteerSession {
  let session = initialSession(options.federation, ports.sealer.identity, options.isGuest === true)
  let shown = describeSession(session)
  let isDraining = false
  let unsubscribePower: (() => void) | null = null
  const queue: SessionEvent[] = []
  const listeners = new Set<(state: SessionState) => void>()
  const outbox = createOutbox(ports.timers)
  const performer = createEffectPerformer(ports, options, outbox, tell)

  /** Takes events one at a time, each with all its effects begun, whatever calls back in between. */
  function tell(happening: Happening): void {
    queue.push({ ...happening, at: ports.timers.now() })
    if (isDraining) return
    isDraining = true
    try {
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
        watch?.(session, event)
        const moved = reduce(session, event)
        if (moved.session !== session) shown = describeSession(moved.session)
        session = moved.session
        for (const effect of moved.effects) performer.perform(effect)
      }
    } finally {
      isDraining = false
    }
    for (const listener of [...listeners]) listener(shown)
  }

  return {
    start() {
      unsubscribePower ??= ports.power?.subscribe((condition) => tell({ type: 'power-changed', condition })) ?? null
      tell({ type: 'started' })
    },
    stop() {
      unsubscribePower?.()
      unsubscribePower = null
      tell({ type: 'stopped' })
      return performer.goodbye()
    },
    pause: (reason = 'volunteer') => tell({ type: 'paused', reason }),
    resume: (reason = 'volunteer') => tell({ type: 'resumed', reason }),
    setConditions: (conditions) => tell({ type: 'conditions-set', conditions }),
    state: () => shown,
    view: () => session.view,
    cluster: () => (session.isGuest ? (session.service?.cluster ?? null) : session.cluster),
    service: () => session.service,
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    outbox: () => outbox.snapshot(),
    sums: performer.sums,
    model: performer.model,
  }
}
