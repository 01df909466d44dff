import { createRingCode, deriveSeed } from '@shoal/numeric'
import {
  type AskId,
  type BlockId,
  type ClientId,
  countIn,
  type ErrorCode,
  failed,
  type Masking,
  maskedInputBytes,
  type Result,
  succeeded,
  type UnsignedSumManifest,
} from '@shoal/protocol'
import {
  architectureHashOf,
  leastThresholdOf,
  questionHashesOf,
  type ReleasedSum,
  type SumCoding,
  sumCodingOf,
  sumFederationOf,
  sumNumberOf,
} from '@shoal/secure-sum'
import type { EventLog } from './event-log.ts'
import type { SumAskSpec } from './federation-event.ts'
import { maskingOf } from './federation-policy.ts'
import { type OpenQuestion, openQuestionOf } from './federation-state.ts'
import { objectsOf } from './federation-view.ts'
import type { MaskedCollector } from './masked-collector.ts'
import type { Audience, Clock, SumService } from './ports.ts'
import { createRunningSum, type RunningSum, type Summand } from './running-sum.ts'
import { dealCohorts } from './sum-cohorts.ts'

/** Of the time that an ask has: clients may say that they are ready for so much of it; then come the four stages of the masked sum. */
const SHARE_OF_ENTRY = 0.5
const SHARES_OF_STAGES = { advertise: 0.1, share: 0.1, input: 0.2, unmask: 0.1 }

/** What a client says when its answer is ready to be masked. */
export interface Entry {
  readonly block: BlockId | null
  readonly suites: readonly (1 | 2)[]
}

/**
 * The masked sums of the open question (privacy.md 3): clients enter as they are done, are dealt out to cohorts, and each cohort's sum runs by itself. Nothing here outlives the process: sums under way
 * are lost with it, and their clients' words stay masked for ever.
 */
export interface MaskedSums {
  open(question: OpenQuestion, collector: MaskedCollector): void
  /** Ends what is under way. */
  close(): void
  enter(client: ClientId, identityKey: Uint8Array, ask: AskId, entry: Entry): Result<void>
  take(client: ClientId, ask: AskId, frame: Uint8Array): Promise<Result<void>>
  /** Bytes of the masked input that this client may send. */
  expects(client: ClientId): Result<{ readonly maxBytes: number }>
  /** Whether this client's words are in a sum under way. */
  gave(client: ClientId): boolean
  /** Looks again whether anybody is still waited for. */
  wake(): void
}

export interface MaskedSumsOptions {
  readonly log: EventLog
  readonly clock: Clock
  readonly audience: Audience
  readonly service: SumService
  /** A sum is in the collector. */
  onReleased(): void
  /** Nothing of these clients will come. */
  onSatOut(ask: AskId, clients: readonly ClientId[], code: ErrorCode): void
  /** #10 of a small sum, for its survivors. */
  publish(ask: AskId, cohort: number, survivors: readonly ClientId[], frame: Uint8Array): void
}

interface Entrant extends Summand {
  readonly block: BlockId
  readonly suites: readonly (1 | 2)[]
}

interface Collecting {
  readonly question: OpenQuestion
  readonly spec: SumAskSpec
  readonly collector: MaskedCollector
  readonly entrants: Map<ClientId, Entrant>
  entryEnds: { cancel(): void } | null
  /** Null while clients may still enter. */
  sums: RunningSum[] | null
}

/** #10 that fits a socket's message goes as a frame. */
const MAX_FRAME_BYTES = 32_768

export function createMaskedSums(options: MaskedSumsOptions): MaskedSums {
  const { log, clock, audience, service, onReleased, onSatOut, publish } = options
  const { sodium } = service
  const { id, config } = log.state()
  const masking: Masking = maskingOf(config)
  const federation = sumFederationOf(sodium, id)
  const architectureHash = architectureHashOf(sodium, config.model)
  let collecting: Collecting | null = null

  const isAwaited =
    ({ question }: Collecting) =>
    (client: ClientId): boolean => {
      const open = openQuestionOf(log.state(), question.spec.ask)
      return open !== null && !open.satOut.has(client) && log.state().clients.get(client)?.presence !== 'away'
    }

  const codingOf = ({ ask, procedure, vectorLengths }: SumAskSpec, block: BlockId): SumCoding | null =>
    sumCodingOf({ procedure, length: vectorLengths[block], ring: masking.ring, clip: masking.clip, seed: `${id}/${ask}` })

  /** All whom the question concerns have entered, or never will. */
  function formIfComplete(current: Collecting): void {
    if (current.sums !== null) return
    const awaited = isAwaited(current)
    if (current.question.asked.every((client) => current.collector.has(client) || current.entrants.has(client) || !awaited(client))) form(current)
  }

  function form(current: Collecting): void {
    const { spec, question, collector, entrants } = current
    const awaited = isAwaited(current)
    current.entryEnds?.cancel()
    const sums: RunningSum[] = []
    current.sums = sums
    const first = collector.nextCohort()
    onSatOut(
      spec.ask,
      question.asked.filter((client) => !entrants.has(client) && !collector.has(client) && awaited(client)),
      'SHOAL_ERR_SUM_STAGE',
    )
    for (const block of spec.vectorLengths.keys()) {
      const members = [...entrants.values()].filter((entrant) => entrant.block === block && awaited(entrant.client))
      if (members.length === 0) continue
      const dealt = dealCohorts(
        members.map(({ client }) => client),
        masking.cohortSize,
        deriveSeed(config.seed, 'sums', spec.ask, block),
      )
      for (const clients of dealt) {
        if (clients.length < masking.kMin) {
          collector.withhold(block, 'below-kmin')
          onSatOut(spec.ask, clients, 'SHOAL_ERR_SUM_TOO_FEW')
        } else
          sums.push(
            sumOf(
              current,
              block,
              first + sums.length,
              clients.flatMap((client) => entrants.get(client) ?? []),
            ),
          )
      }
    }
    for (const sum of sums) sum.begin()
  }

  function sumOf(current: Collecting, block: BlockId, cohort: number, members: readonly Entrant[]): RunningSum {
    const { spec, collector } = current
    const { ask } = spec
    const coding = codingOf(spec, block)
    if (coding === null) throw new RangeError(`no masked sum carries what ${spec.procedure} gives`)
    const isCurrent = (): boolean => collecting === current
    const rest = (survivors: readonly ClientId[]): ClientId[] => members.map(({ client }) => client).filter((client) => !survivors.includes(client))
    return createRunningSum({
      service,
      clock,
      manifest: manifestOf(spec, coding, block, cohort, members),
      summands: members,
      isAwaited: isAwaited(current),
      send: (client, frame) => audience.sumFrame(client, ask, frame),
      publish(survivors, frame) {
        if (frame.length <= MAX_FRAME_BYTES) for (const client of survivors) audience.sumFrame(client, ask, frame)
        else publish(ask, cohort, survivors, frame)
      },
      onReleased(sum, survivors) {
        if (!isCurrent()) return
        const read = readSum(sum, coding)
        if (read === null) {
          collector.withhold(block, 'aborted')
          return onSatOut(
            ask,
            members.map(({ client }) => client),
            'SHOAL_ERR_SUM_OUT_OF_RANGE',
          )
        }
        collector.release(cohort, { block, ...read, clients: survivors })
        onReleased()
        onSatOut(ask, rest(survivors), 'SHOAL_ERR_CLIENT_GONE')
      },
      onAborted({ code }) {
        if (!isCurrent()) return
        collector.withhold(block, 'aborted')
        onSatOut(ask, rest([]), code)
      },
    })
  }

  /** In examples: a share of 1 stands for the largest weight. */
  function readSum({ values, survivors }: ReleasedSum, coding: SumCoding): { total: Float64Array; weight: number } | null {
    const read = coding.read(values)
    if (read === null) return null
    if (!coding.isWeighed) return { total: read.total, weight: countIn(survivors) }
    // Every client weighs at least one example.
    if (read.share < masking.kMin / config.maxWeight / 2) return null
    return { total: read.total.map((entry) => entry * config.maxWeight), weight: read.share * config.maxWeight }
  }

  function manifestOf(spec: SumAskSpec, coding: SumCoding, block: BlockId, cohort: number, members: readonly Entrant[]): UnsignedSumManifest {
    const cohortSize = members.length
    const stageMs = (share: number): number => Math.max(1, Math.floor(share * config.deadlineMs))
    return {
      suite: members.every(({ suites }) => suites.includes(1)) ? 1 : 2,
      federation,
      epoch: service.epoch,
      round: sumNumberOf(spec.ask),
      cohort,
      purpose: coding.purpose,
      policyHash: service.policyHash,
      architectureHash,
      modelHashes: questionHashesOf(sodium, {
        ask: spec.ask,
        procedure: spec.procedure,
        args: spec.args,
        of: spec.of,
        length: spec.vectorLengths[block],
        maxWeight: config.maxWeight,
        objects: [...objectsOf(spec, spec.place.by === 'choice' ? null : block), ...spec.vectors],
      }),
      previousManifestHash: ZERO_HASH,
      previousCertificateHash: ZERO_HASH,
      cohortSize,
      threshold: leastThresholdOf(cohortSize),
      kMin: masking.kMin,
      kDiff: Math.min(masking.kDiff, cohortSize),
      ring: coding.ring,
      valueBits: createRingCode(coding.ring, cohortSize).valueBits,
      clip: coding.clip,
      range: coding.range,
      vectorLength: coding.vectorLength,
      blocks: coding.blocks,
      cluster: block,
      advertiseMs: stageMs(SHARES_OF_STAGES.advertise),
      shareMs: stageMs(SHARES_OF_STAGES.share),
      inputMs: stageMs(SHARES_OF_STAGES.input),
      unmaskMs: stageMs(SHARES_OF_STAGES.unmask),
    }
  }

  const sumWith = (client: ClientId): RunningSum | undefined => collecting?.sums?.find(({ members }) => members.includes(client))

  function close(): void {
    collecting?.entryEnds?.cancel()
    for (const sum of collecting?.sums ?? []) sum.cancel()
    collecting = null
  }

  return {
    open(question, collector) {
      close()
      const { spec } = question
      if (spec.kind !== 'sum') return
      const current: Collecting = { question, spec, collector, entrants: new Map(), entryEnds: null, sums: null }
      collecting = current
      const endsAt = question.deadlineAt - (1 - SHARE_OF_ENTRY) * config.deadlineMs
      current.entryEnds = clock.at(endsAt, () => {
        if (collecting === current && current.sums === null) form(current)
      })
    },
    close,
    enter(client, identityKey, ask, { block, suites }) {
      const current = collecting
      if (current === null || current.spec.ask !== ask) return failed('SHOAL_ERR_ASK_CLOSED')
      const assigned = current.question.blocks.get(client)
      if (assigned === undefined) return failed('SHOAL_ERR_NOT_IN_COHORT')
      if (current.sums !== null) return current.entrants.has(client) ? succeeded(undefined) : failed('SHOAL_ERR_SUM_STAGE', 'the sum has begun')
      const own = assigned ?? block
      if (own === null || own >= current.spec.vectorLengths.length) return failed('SHOAL_ERR_PARTS', 'a block must be named')
      current.entrants.set(client, { client, identityKey, block: own, suites })
      formIfComplete(current)
      return succeeded(undefined)
    },
    async take(client, ask, frame) {
      if (collecting?.spec.ask !== ask) return failed('SHOAL_ERR_ASK_CLOSED')
      const sum = sumWith(client)
      return sum === undefined ? failed('SHOAL_ERR_NOT_IN_COHORT') : sum.take(client, frame)
    },
    expects(client) {
      const entrant = collecting?.entrants.get(client)
      if (!collecting || entrant === undefined || sumWith(client) === undefined) return failed('SHOAL_ERR_NOT_IN_COHORT')
      const coding = codingOf(collecting.spec, entrant.block)
      return coding === null ? failed('SHOAL_ERR_NOT_IN_COHORT') : succeeded({ maxBytes: maskedInputBytes(coding) })
    },
    gave: (client) => sumWith(client)?.gave(client) ?? false,
    wake() {
      const current = collecting
      if (current === null) return
      formIfComplete(current)
      for (const sum of current.sums ?? []) sum.wake()
    },
  }
}

const ZERO_HASH = new Uint8Array(32)
