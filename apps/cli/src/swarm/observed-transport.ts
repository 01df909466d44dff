import { setTimeout as pause } from 'node:timers/promises'
import type { Transport, TransportHandlers, Upload } from '@shoal/client'
import { type AskId, type ClientEvent, type Result, type ServerEvent, type SumFrameKind, sumFrameKind } from '@shoal/protocol'
import type { LoadMeasures, Stage } from './load-measures.ts'
import type { Fate } from './load-plan.ts'
import type { NodeTransport } from './node-transport.ts'
import { NO_CONNECTION, objectOf } from './wire-request.ts'

/** The transport of one visit, timed and counted, with the mishaps that are planned for it. */
export interface ObservedTransport {
  readonly transport: Transport
  /** The client begins to work on this ask and thinks for so long, which is no part of any figure. */
  thinks(ask: AskId, ms: number): void
  /** The visit is over: what fails from here on is nobody's fault. */
  over(): void
}

export interface ObservedTransportOptions {
  readonly transport: NodeTransport
  readonly measures: LoadMeasures
  readonly isMasked: boolean
  /** Called at each join that is granted: whether the client had joined before. */
  readonly isReturn: () => boolean
  readonly linkDelayMs: number
  /** The round that bytes are counted to where no ask names one. */
  readonly round: () => number
  /** What becomes of the present answer. */
  readonly fate: () => Fate
  readonly place: (places: number) => number
  /** Ends the visit without a word. */
  readonly vanish: () => void
}

/** An ask as this visit knows it. */
interface KnownAsk {
  readonly ask: string
  readonly round: number
  /** When it came, put off by thinking. */
  since: number
  receivedAt: number | null
  /** When this client last said something in its masked sum. */
  saidAt: number
}

/** The server's frames of a sum, and what they are waited for under. */
const SUM_STAGES: Readonly<Partial<Record<SumFrameKind, Stage>>> = {
  manifest: 'sum-manifest',
  roster: 'sum-roster',
  sharesIn: 'sum-shares',
  proposal: 'sum-proposal',
  result: 'sum-result',
}
/** Frames at which a client may vanish in the middle of a sum, before they leave. */
const PLACES = ['advertisement', 'sharesOut', 'unmask'] as const satisfies readonly SumFrameKind[]

export function createObservedTransport(options: ObservedTransportOptions): ObservedTransport {
  const { transport, measures, isMasked, isReturn, linkDelayMs, round, fate, place, vanish } = options
  let known: KnownAsk | null = null
  let linkSince = 0
  let isGone = false

  const waitForLink = async (): Promise<void> => {
    if (linkDelayMs > 0) await pause(linkDelayMs)
  }

  function noteAsk({ ask, round }: { readonly ask: string; readonly round: number }): void {
    if (ask === known?.ask) return
    const now = performance.now()
    known = { ask, round, since: now, receivedAt: null, saidAt: now }
  }

  /** A failure that this client did not bring about itself. */
  function noteFailure<T>(result: Result<T>, isOurs = false): Result<T> {
    if (!result.ok && !isOurs) measures.failed(result.failure.code)
    return result
  }

  function goAway(): typeof NO_CONNECTION {
    vanish()
    return NO_CONNECTION
  }

  function hear(event: ServerEvent): void {
    const now = performance.now()
    switch (event.name) {
      case 'ask':
        noteAsk(event.body)
        return
      case 'durable':
        if (known?.ask !== event.body.ask || known.receivedAt === null) return
        measures.took('durable', now - known.receivedAt)
        measures.count('durable')
        return
      case 'sum-frame': {
        const kind = sumFrameKind(event.body.frame)
        const stage = kind === null ? undefined : SUM_STAGES[kind]
        if (stage !== undefined && known?.ask === event.body.ask) measures.took(stage, now - known.saidAt)
        return
      }
      case 'sum-result':
        if (known?.ask === event.body.ask) measures.took('sum-result', now - known.saidAt)
        return
      default:
        return
    }
  }

  function noteStanding(event: ClientEvent, result: Result<unknown>, tookMs: number): void {
    if (!result.ok || (event.name !== 'join' && event.name !== 'where')) return
    const value = objectOf(result.value)
    const { ask, round } = objectOf(objectOf(event.name === 'join' ? value.standing : value).ask)
    if (typeof ask === 'string' && typeof round === 'number') noteAsk({ ask, round })
    if (event.name === 'where') return
    measures.took('join', tookMs)
    measures.count('sessions')
    if (isReturn()) measures.count('reconnects')
  }

  const handlersOver = (handlers: TransportHandlers): TransportHandlers => ({
    onConnected() {
      measures.took('connect', performance.now() - linkSince)
      handlers.onConnected()
    },
    onDisconnected(failure) {
      measures.count('linksLost')
      measures.failed(failure.code)
      handlers.onDisconnected(failure)
    },
    onEvent(event) {
      hear(event)
      handlers.onEvent(event)
    },
  })

  function unsettled({ body }: Pick<Upload, 'body'>): void {
    measures.count('unsettled')
    measures.count('unsettledBytes', body.length)
  }

  /** Whether this client is to be gone before this leaves. */
  function leavesBefore({ name, body }: ClientEvent): boolean {
    if (!isMasked) return false
    const planned = fate()
    if (name === 'enter-sum') return planned === 'before'
    return name === 'sum-frame' && planned === 'mid' && sumFrameKind(body.frame) === PLACES[place(PLACES.length)]
  }

  return {
    thinks(ask, ms) {
      measures.count('asks')
      if (known?.ask !== ask) return
      measures.took('model', performance.now() - known.since)
      known.since += ms
    },
    over() {
      isGone = true
    },
    transport: {
      connect(handlers) {
        linkSince = performance.now()
        transport.connect(handlersOver(handlers))
      },
      async send(event) {
        if (leavesBefore(event)) return goAway()
        await waitForLink()
        if (event.name === 'sit-out' && !isGone) measures.satOut(event.body.code)
        const began = performance.now()
        if (known !== null && (event.name === 'enter-sum' || event.name === 'sum-frame')) known.saidAt = began
        const result = await transport.send(event)
        if (!isGone) noteStanding(event, result, performance.now() - began)
        return noteFailure(result, isGone || event.name === 'leave')
      },
      async fetchModel(digest, signal) {
        await waitForLink()
        const began = performance.now()
        const fetched = await transport.fetchModel(digest, signal)
        if (fetched.ok) {
          measures.took('download', performance.now() - began)
          measures.moved(known?.round ?? round(), 'down', fetched.value.length)
        } else measures.count('cutDownloads')
        return noteFailure(fetched, isGone || signal.aborted)
      },
      async putContribution(upload) {
        const planned = fate()
        if (!isMasked && planned === 'before') return goAway()
        await waitForLink()
        const given = known?.ask === upload.ask ? known : null
        const of = given?.round ?? round()
        if (!isMasked && planned === 'mid') {
          await transport.putHalf(upload)
          measures.count('cutUploads')
          unsettled(upload)
          return goAway()
        }
        const began = performance.now()
        const answered = await transport.putContribution(upload)
        const now = performance.now()
        if (!answered.ok) unsettled(upload)
        else {
          measures.moved(of, 'up', upload.body.length)
          measures.took('upload', now - began)
          measures.count('answers')
          if (given !== null) {
            measures.took('received', now - given.since)
            given.receivedAt = now
            given.saidAt = now
          }
        }
        if (isGone) return NO_CONNECTION
        if (answered.ok && planned === 'after') return goAway()
        if (answered.ok && planned === 'duplicate') {
          measures.count('duplicates')
          const again = noteFailure(await transport.putContribution(upload), isGone)
          if (again.ok) measures.moved(of, 'up', upload.body.length)
          else unsettled(upload)
        }
        return noteFailure(answered)
      },
      close: () => transport.close(),
    },
  }
}
