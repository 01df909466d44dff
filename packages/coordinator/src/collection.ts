import { createFixedPoint } from '@shoal/numeric'
import { type AskId, CHECKPOINT_INTERVAL_MS, type ClientId, type Digest, failed, MAX_ABS_ENTRY, type Result, ShoalError, succeeded } from '@shoal/protocol'
import type { SumAnswer } from '@shoal/strategies'
import { hasTrunkBlock } from './contribution-parts.ts'
import { encodingOf, mostBytesOf } from './contribution-size.ts'
import type { EventLog } from './event-log.ts'
import type { RowSlot } from './federation-event.ts'
import { type OpenQuestion, openQuestionIn, openQuestionOf } from './federation-state.ts'
import { createHeldCollector, HELD_BYTES_PER_CHECKPOINT, type HeldCollector, restoreHeldCollector } from './held-collector.ts'
import { createMaskedCollector, type MaskedCollector, restoreMaskedCollector } from './masked-collector.ts'
import { createMaskedSums, type Entry } from './masked-sums.ts'
import { type PatientWrites, STORE_RETRY_MS } from './patient-writes.ts'
import type { Audience, BlobStore, Clock, OpenContribution, Report, SumService, Vault } from './ports.ts'
import { quorumOf } from './quorum.ts'
import { cohortRuleOf, heldRuleOf } from './robust-rule.ts'
import type { CohortStanding } from './round-standing.ts'
import { createRowCollector, type RowCollector, restoreRowCollector } from './row-collector.ts'
import type { Making } from './stored-answer.ts'
import { createSumCollector, restoreSumCollector, type SumCollector } from './sum-collector.ts'

/**
 * The collector of the open question and its way to disk: contributions are folded in memory at once, and become durable, with the ledger of whose they are, at
 * most `CHECKPOINT_INTERVAL_MS` later and always before the question closes. Only then does the machine hear of them.
 */
export interface Collection {
  /** Begins to take contributions for the open question, from its checkpoint if it has one. */
  open(): Promise<void>
  /** Takes no more, makes the rest durable, and returns the answer; null where no question is open. */
  seal(): Promise<Collected | null>
  drop(): void
  /**
   * Resolves when answers to this question are taken, or never will be. After a restart clients are back before the collector is, which is read from the disk: they must not be told that
   * a question is over which waits for nobody but them.
   */
  opened(ask: AskId): Promise<void>
  expects(client: ClientId, ask: AskId): Result<{ readonly maxBytes: number }>
  receive(client: ClientId, ask: AskId, body: Uint8Array, digest: Digest): Promise<Result<'received' | 'durable'>>
  /** A client's answer is ready to be masked. */
  enter(client: ClientId, identityKey: Uint8Array, ask: AskId, entry: Entry): Result<void>
  /** A frame of the masked sum that a client is in. */
  takeFrame(client: ClientId, ask: AskId, frame: Uint8Array): Promise<Result<void>>
  /** Whether participants may fetch this: what a masked sum of the open question came to. */
  serves(digest: Digest): boolean
  has(client: ClientId): boolean
  /** Where the masked sums of the open question are. */
  cohorts(): readonly CohortStanding[]
  /** Writes what is not durable yet. */
  flush(): Promise<void>
  /** Something happened. Writes at once where nobody else is awaited: no reason to wait for the next checkpoint. */
  wake(): void
}

export type Collected =
  | { readonly kind: 'sum'; readonly ask: AskId; readonly answer: SumAnswer; readonly making: Making }
  /** `latest`: the checkpoint that leads to all rows; `owners`: whose each is, by handle. */
  | {
      readonly kind: 'rows'
      readonly ask: AskId
      readonly latest: Digest
      readonly owners: readonly ClientId[] | null
      /** Where each row stands, where nobody knows whose it is. */
      readonly slots: readonly RowSlot[] | null
    }

/** So many bytes of rows are written at once, without waiting for the next checkpoint: encoding and sealing more would hold up the thread. */
const ROW_BYTES_PER_CHECKPOINT = 256 * 1024

export interface CollectionOptions {
  readonly log: EventLog
  readonly writes: PatientWrites
  readonly blobs: BlobStore
  readonly vault: Vault
  readonly clock: Clock
  readonly audience: Audience
  readonly openContribution: OpenContribution
  readonly sums: SumService
  readonly report: Report
  readonly onGarbage: (digest: Digest) => void
}

/** What is open: sums are overwritten by each checkpoint, rows and held updates are written down once each. */
type Collector =
  | { readonly kind: 'sum'; readonly of: SumCollector }
  | { readonly kind: 'rows'; readonly of: RowCollector }
  | { readonly kind: 'held'; readonly of: HeldCollector }
  | { readonly kind: 'masked'; readonly of: MaskedCollector }

export function createCollection(options: CollectionOptions): Collection {
  const { log, writes, blobs, vault, clock, audience, openContribution, report, onGarbage } = options
  const { id, config } = log.state()
  const fixedPoint = createFixedPoint({ maxClients: config.cohort.max, maxWeight: config.maxWeight, maxAbs: MAX_ABS_ENTRY })
  let collector: Collector | null = null
  /** Of those asked, so many at the beginning of the list are not awaited any more. */
  let settled = 0
  let timer: { cancel(): void } | null = null
  let flushing: Promise<void> = Promise.resolve()
  /** Who came for the open question before its collector was there. */
  let early: (() => void)[] = []
  const results = new Set<Digest>()
  /** Checkpoints of single updates. */
  let written: Digest[] = []
  const isMasked = config.privacy.level !== 'sealed'
  const sums = createMaskedSums({
    log,
    clock,
    audience,
    service: options.sums,
    onReleased: () => void flush(),
    onSatOut(ask, clients, code) {
      for (const client of clients) void writes.record({ type: 'client-sat-out', at: clock.now(), client, ask, code })
    },
    onAborted: (ask, cohort, failure) => report(id, `the masked sum of cohort ${cohort} in ask ${ask} was given up`, failure),
    publish,
  })

  /** What holds single updates goes with the round, whether or not the server dies before its end. */
  function forgetLater(digest: Digest): void {
    onGarbage(digest)
    written.push(digest)
  }

  async function publish(ask: AskId, cohort: number, survivors: readonly ClientId[], frame: Uint8Array): Promise<void> {
    const stored = await blobs.put(frame)
    if (!stored.ok) return report(id, 'what a masked sum came to could not be written for its clients', stored.failure)
    onGarbage(stored.value)
    results.add(stored.value)
    audience.sumResult(survivors, ask, cohort, stored.value)
  }

  async function collectorFor({ spec, blocks, checkpoint }: OpenQuestion): Promise<Result<Collector>> {
    const rule = heldRuleOf(spec, config)
    if (isMasked) {
      const cohortRule = cohortRuleOf(spec, config)
      const restored =
        checkpoint === null
          ? succeeded(createMaskedCollector(spec, cohortRule))
          : restoreMaskedCollector(spec, await (spec.kind === 'rows' ? writes.unsealed : writes.get)(checkpoint), cohortRule)
      return restored.ok ? succeeded({ kind: 'masked', of: restored.value }) : restored
    }
    if (spec.kind === 'sum') {
      const fresh = { spec, fixedPoint, blockOf: blocks, encoding: encodingOf(spec, config) }
      if (rule !== null) {
        const load = (digest: Digest): Promise<Uint8Array> => {
          forgetLater(digest)
          return writes.unsealed(digest)
        }
        const held = checkpoint === null ? succeeded(createHeldCollector(fresh, rule)) : await restoreHeldCollector(fresh, rule, checkpoint, load)
        return held.ok ? succeeded({ kind: 'held', of: held.value }) : held
      }
      const restored = checkpoint === null ? succeeded(createSumCollector(fresh)) : restoreSumCollector(fresh, await writes.get(checkpoint))
      return restored.ok ? succeeded({ kind: 'sum', of: restored.value }) : restored
    }
    const restored = checkpoint === null ? succeeded(createRowCollector(spec, blocks)) : await restoreRowCollector(spec, blocks, checkpoint, writes.unsealed)
    return restored.ok ? succeeded({ kind: 'rows', of: restored.value }) : restored
  }

  async function open(): Promise<void> {
    const question = openQuestionIn(log.state())
    if (question === null || collector?.of.spec.ask === question.spec.ask) return
    written = []
    const made = await collectorFor(question)
    if (!made.ok) throw new ShoalError(made.failure)
    collector = made.value
    settled = 0
    results.clear()
    if (made.value.kind === 'masked') sums.open(question, made.value.of)
    letIn()
  }

  async function opened(ask: AskId): Promise<void> {
    const isAwaited = openQuestionOf(log.state(), ask)?.closing === false && collector?.of.spec.ask !== ask && !writes.isClosed()
    if (isAwaited) await new Promise<void>((resume) => early.push(resume))
  }

  function letIn(): void {
    const waiting = early
    early = []
    for (const resume of waiting) resume()
  }

  function drop(): void {
    sums.close()
    collector = null
    letIn()
    timer?.cancel()
    timer = null
  }

  function flush(): Promise<void> {
    timer?.cancel()
    timer = null
    flushing = flushing.then(async () => {
      const current = collector
      const clients = current?.of.unsaved() ?? []
      if (!current || clients.length === 0) return
      const { ask, place } = current.of.spec
      const previous = openQuestionOf(log.state(), ask)?.checkpoint ?? null
      const isSingle = current.of.spec.kind === 'rows' || current.kind === 'held'
      const bytes = current.kind === 'rows' || current.kind === 'held' ? current.of.checkpoint(previous) : current.of.checkpoint()
      const checkpoint = await blobs.put(isSingle ? vault.seal(bytes) : bytes)
      const isDeclared = place.by === 'choice' || (place.by === 'label' && isMasked)
      const chosen = current.kind !== 'rows' && isDeclared ? clients.map(current.of.chosenBy) : null
      const cohorts = current.kind === 'masked' ? clients.map(current.of.cohortOf) : null
      const beacon = current.kind === 'masked' ? current.of.beaconOf(clients) : null
      const recorded = checkpoint.ok
        ? await log.dispatch({ type: 'contributions-folded', at: clock.now(), ask, clients, chosen, cohorts, beacon, checkpoint: checkpoint.value })
        : checkpoint
      if (recorded.ok && checkpoint.ok) {
        current.of.saved(clients)
        if (current.kind === 'rows') onGarbage(checkpoint.value)
        else if (current.kind === 'held') {
          forgetLater(checkpoint.value)
          if (current.of.unsaved().length > 0) flushLater(0)
        } else if (previous !== null) await blobs.delete(previous)
      } else if (!recorded.ok && recorded.failure.code === 'SHOAL_ERR_STORE_FAILED') {
        report(id, 'contributions could not be made durable', recorded.failure)
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

  function wake(): void {
    if (collector?.kind === 'masked') sums.wake()
    else flushIfComplete()
  }

  function flushIfComplete(): void {
    const current = collector?.of
    const question = current ? openQuestionOf(log.state(), current.spec.ask) : null
    if (!question || question.closing || !current || current.unsaved().length === 0) return
    const { clients } = log.state()
    const isAwaited = (client: ClientId): boolean => !current.has(client) && !question.satOut.has(client) && clients.get(client)?.presence !== 'away'
    // Who was not awaited before may have come back since: then this writes too early, which costs one more checkpoint. Looking at everybody after every contribution costs more.
    while (settled < question.asked.length && !isAwaited(question.asked[settled])) settled += 1
    if (settled === question.asked.length) void flush()
  }

  async function seal(): Promise<Collected | null> {
    const question = openQuestionIn(log.state())
    const sealing = collector
    if (question === null || sealing?.of.spec.ask !== question.spec.ask) return null
    sums.close()
    while (sealing.of.unsaved().length > 0) {
      const [first] = sealing.of.unsaved()
      await flush()
      // Dropped while the disk was full, or the process stops: there is no answer to give any more.
      if (collector !== sealing || writes.isClosed()) return null
      if (sealing.of.unsaved().at(0) === first) await writes.pause()
    }
    const { ask } = question.spec
    const checkpoint = openQuestionOf(log.state(), ask)?.checkpoint ?? null
    if (checkpoint !== null) onGarbage(checkpoint)
    if (sealing.kind === 'held') {
      const blocks = await sealing.of.answer(quorumsOf(question), () => new Promise((resume) => clock.at(clock.now(), resume)))
      if (collector !== sealing || writes.isClosed()) return null
      drop()
      return { kind: 'sum', ask, answer: { kind: 'sum', blocks }, making: { notes: [], spent: written } }
    }
    drop()
    if (sealing.kind === 'sum' || (sealing.kind === 'masked' && question.spec.kind === 'sum')) {
      const blocks = sealing.of.answer(quorumsOf(question))
      const notes = sealing.kind === 'masked' ? sealing.of.notes(blocks) : []
      return { kind: 'sum', ask, answer: { kind: 'sum', blocks }, making: { notes, spent: [] } }
    }
    // Nobody gave any: then an empty checkpoint is the answer.
    const latest = checkpoint ?? (await writes.put(vault.seal(sealing.kind === 'rows' ? sealing.of.checkpoint(null) : sealing.of.checkpoint())))
    onGarbage(latest)
    return sealing.kind === 'rows'
      ? { kind: 'rows', ask, latest, owners: sealing.of.owners(), slots: null }
      : { kind: 'rows', ask, latest, owners: null, slots: sealing.of.slots() }
  }

  /** How many must have answered in a block. */
  function quorumsOf({ asked, blocks, spec }: OpenQuestion): (block: number) => number {
    const askedIn = new Map<number, number>()
    for (const block of blocks.values()) if (block !== null) askedIn.set(block, (askedIn.get(block) ?? 0) + 1)
    const trunkBlock = spec.kind === 'sum' && hasTrunkBlock(spec) ? spec.vectorLengths.length - 1 : null
    const isOfAll = (block: number): boolean => spec.place.by === 'every' || block === trunkBlock
    return (block) => {
      if (isOfAll(block)) return quorumOf(config.quorum, asked.length)
      // Where clients choose, nobody knows how many a block could have had: only the least number counts.
      return spec.place.by === 'choice' ? config.quorum.min : quorumOf(config.quorum, askedIn.get(block) ?? 0)
    }
  }

  function expects(client: ClientId, ask: AskId): Result<{ readonly maxBytes: number }> {
    const question = openQuestionOf(log.state(), ask)
    if (!question) return failed(roundOf(ask) === log.state().round ? 'SHOAL_ERR_ASK_CLOSED' : 'SHOAL_ERR_STALE_UPDATE')
    if (!question.blocks.has(client)) return failed('SHOAL_ERR_NOT_IN_COHORT')
    if (question.closing || collector?.of.spec.ask !== ask) return failed('SHOAL_ERR_ASK_CLOSED')
    if (collector.kind === 'masked') return sums.expects(client)
    return succeeded({ maxBytes: mostBytesOf(question.spec, config) })
  }

  async function receive(client: ClientId, ask: AskId, body: Uint8Array, digest: Digest): Promise<Result<'received' | 'durable'>> {
    const expected = expects(client, ask)
    if (!expected.ok) return expected
    if (body.length > expected.value.maxBytes) return failed('SHOAL_ERR_BODY_TOO_LARGE')
    if (!collector) return failed('SHOAL_ERR_ASK_CLOSED')
    if (collector.kind === 'masked') {
      const taken = await sums.take(client, ask, body)
      return taken.ok ? succeeded('received') : taken
    }
    const frame = openContribution(body, id, ask)
    if (!frame.ok) return frame
    const folded = collector.of.fold(client, frame.value, digest)
    if (!folded.ok) return folded
    const isFull =
      (collector.kind === 'rows' && collector.of.unsavedBytes() >= ROW_BYTES_PER_CHECKPOINT) ||
      (collector.kind === 'held' && collector.of.unsavedBytes() >= HELD_BYTES_PER_CHECKPOINT)
    if (isFull) void flush()
    else flushLater(CHECKPOINT_INTERVAL_MS)
    flushIfComplete()
    return succeeded(openQuestionOf(log.state(), ask)?.folded.has(client) ? 'durable' : 'received')
  }

  return {
    open,
    seal,
    drop,
    opened,
    expects,
    receive,
    enter: sums.enter,
    takeFrame: sums.take,
    serves: (digest) => results.has(digest),
    cohorts: sums.standings,
    has: (client) => (collector?.of.has(client) ?? false) || sums.gave(client),
    flush,
    wake,
  }
}

const roundOf = (ask: AskId): number => Number(ask.split('.')[0])
