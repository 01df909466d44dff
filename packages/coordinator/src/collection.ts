import { createFixedPoint } from '@shoal/numeric'
import {
  type AskId,
  CHECKPOINT_INTERVAL_MS,
  type ClientId,
  type Digest,
  failed,
  MAX_ABS_ENTRY,
  MAX_CONTRIBUTION_OVERHEAD_BYTES,
  type Result,
  ShoalError,
  succeeded,
} from '@shoal/protocol'
import type { SumAnswer } from '@shoal/strategies'
import type { EventLog } from './event-log.ts'
import { type OpenSum, openSumOf } from './federation-state.ts'
import { blockOf } from './federation-view.ts'
import { type PatientWrites, STORE_RETRY_MS } from './patient-writes.ts'
import type { BlobStore, Clock, OpenContribution, Report } from './ports.ts'
import { quorumOf } from './quorum.ts'
import { createSumCollector, restoreSumCollector, type SumCollector } from './sum-collector.ts'

/**
 * The collector of the open sum and its way to disk: contributions are folded in memory at once, and become durable, accumulator and ledger together, at most
 * `CHECKPOINT_INTERVAL_MS` later and always before the sum closes. Only then does the machine hear of them.
 */
export interface Collection {
  /** Begins to take contributions for the open sum, from its checkpoint if it has one. */
  open(): Promise<void>
  /** Takes no more, makes the rest durable, and returns the answer; null where no sum is open. */
  seal(): Promise<{ readonly ask: AskId; readonly answer: SumAnswer } | null>
  drop(): void
  expects(client: ClientId, ask: AskId): Result<{ readonly maxBytes: number }>
  receive(client: ClientId, ask: AskId, sealed: Uint8Array, digest: Digest): Result<'received' | 'durable'>
  has(client: ClientId): boolean
  /** Writes what is not durable yet. */
  flush(): Promise<void>
  /** Writes at once where nobody else is awaited: no reason to wait for the next checkpoint. */
  flushIfComplete(): void
}

export interface CollectionOptions {
  readonly log: EventLog
  readonly writes: PatientWrites
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly openContribution: OpenContribution
  readonly report: Report
  readonly onGarbage: (digest: Digest) => void
}

export function createCollection({ log, writes, blobs, clock, openContribution, report, onGarbage }: CollectionOptions): Collection {
  const { id, config } = log.state()
  const fixedPoint = createFixedPoint({ maxClients: config.cohort.max, maxWeight: config.maxWeight, maxAbs: MAX_ABS_ENTRY })
  let collector: SumCollector | null = null
  let timer: { cancel(): void } | null = null
  let flushing: Promise<void> = Promise.resolve()

  const openSum = (): OpenSum | null => {
    const { stage } = log.state()
    return stage.kind === 'open' && stage.open?.kind === 'sum' ? stage.open : null
  }

  async function open(): Promise<void> {
    const sum = openSum()
    if (sum === null || collector?.spec.ask === sum.spec.ask) return
    const options = { spec: sum.spec, fixedPoint, blockOf: new Map(sum.asked.map((client) => [client, blockOf(log.state(), sum, client)])) }
    if (sum.checkpoint === null) {
      collector = createSumCollector(options)
      return
    }
    const restored = restoreSumCollector(options, await writes.get(sum.checkpoint))
    if (!restored.ok) throw new ShoalError(restored.failure)
    collector = restored.value
  }

  function drop(): void {
    collector = null
    timer?.cancel()
    timer = null
  }

  function flush(): Promise<void> {
    timer?.cancel()
    timer = null
    flushing = flushing.then(async () => {
      const current = collector
      const clients = current?.unsaved() ?? []
      if (!current || clients.length === 0) return
      const { ask } = current.spec
      const replaced = openSumOf(log.state(), ask)?.checkpoint ?? null
      const checkpoint = await blobs.put(current.checkpoint())
      const written = checkpoint.ok
        ? await log.dispatch({ type: 'contributions-folded', at: clock.now(), ask, clients, checkpoint: checkpoint.value })
        : checkpoint
      if (written.ok) {
        current.saved(clients)
        if (replaced !== null) await blobs.delete(replaced)
      } else if (written.failure.code === 'SHOAL_ERR_STORE_FAILED') {
        report(id, 'contributions could not be made durable', written.failure)
        flushLater(STORE_RETRY_MS)
      }
    })
    return flushing
  }

  function flushLater(afterMs: number): void {
    timer ??= clock.at(clock.now() + afterMs, () => {
      timer = null
      void flush()
    })
  }

  function flushIfComplete(): void {
    const sum = collector ? openSumOf(log.state(), collector.spec.ask) : null
    if (!sum || sum.closing || !collector || collector.unsaved().length === 0) return
    const { clients } = log.state()
    const isAwaited = sum.asked.some((client) => !collector?.has(client) && !sum.satOut.has(client) && clients.get(client)?.presence !== 'away')
    if (!isAwaited) void flush()
  }

  async function seal(): Promise<{ readonly ask: AskId; readonly answer: SumAnswer } | null> {
    const sum = openSum()
    const sealing = collector
    if (sum === null || sealing?.spec.ask !== sum.spec.ask) return null
    while (sealing.unsaved().length > 0) {
      await flush()
      // Dropped while the disk was full, or the process stops: there is no answer to give any more.
      if (collector !== sealing || writes.isClosed()) return null
      if (sealing.unsaved().length > 0) await writes.pause()
    }
    const { ask, place } = sum.spec
    // Where clients choose, nobody knows how many a block could have had: only the least number counts.
    const askedIn = (block: number): number => sum.asked.filter((client) => blockOf(log.state(), sum, client) === block).length
    const blocks = sealing.answer((block) => (place === 'choice' ? config.quorum.min : quorumOf(config.quorum, askedIn(block))))
    const checkpoint = openSumOf(log.state(), ask)?.checkpoint ?? null
    if (checkpoint !== null) onGarbage(checkpoint)
    drop()
    return { ask, answer: { kind: 'sum', blocks } }
  }

  function expects(client: ClientId, ask: AskId): Result<{ readonly maxBytes: number }> {
    const sum = openSumOf(log.state(), ask)
    if (!sum) return failed(roundOf(ask) === log.state().round ? 'SHOAL_ERR_ASK_CLOSED' : 'SHOAL_ERR_STALE_UPDATE')
    if (!sum.asked.includes(client)) return failed('SHOAL_ERR_NOT_IN_COHORT')
    if (sum.closing || collector?.spec.ask !== ask) return failed('SHOAL_ERR_ASK_CLOSED')
    const { place, vectorLengths } = sum.spec
    const entries = place === 'choice' ? vectorLengths.reduce((total, length) => total + length, 0) : Math.max(...vectorLengths)
    return succeeded({ maxBytes: 4 * entries + MAX_CONTRIBUTION_OVERHEAD_BYTES })
  }

  function receive(client: ClientId, ask: AskId, sealed: Uint8Array, digest: Digest): Result<'received' | 'durable'> {
    const expected = expects(client, ask)
    if (!expected.ok) return expected
    if (sealed.length > expected.value.maxBytes) return failed('SHOAL_ERR_BODY_TOO_LARGE')
    if (!collector) return failed('SHOAL_ERR_ASK_CLOSED')
    const frame = openContribution(sealed, id, ask)
    if (!frame.ok) return frame
    const folded = collector.fold(client, frame.value, digest)
    if (!folded.ok) return folded
    flushLater(CHECKPOINT_INTERVAL_MS)
    flushIfComplete()
    return succeeded(openSumOf(log.state(), ask)?.folded.has(client) ? 'durable' : 'received')
  }

  return { open, seal, drop, expects, receive, has: (client) => collector?.has(client) ?? false, flush, flushIfComplete }
}

const roundOf = (ask: AskId): number => Number(ask.split('.')[0])
