import { type AskId, type BlockId, type ClientId, type Result, ShoalError, succeeded } from '@shoal/protocol'
import type { BlockAnswer, Row, RowsAnswer } from '@shoal/strategies'
import { type CohortBlock, centreOfCohorts, hasCentre } from './cohort-means.ts'
import type { ClientAskSpec, RowSlot } from './federation-event.ts'
import { type CohortRule, FEWEST_CENTRED_COHORTS } from './robust-rule.ts'
import { combinedBeacon } from './sum-cohorts.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/** What one cohort's masked sum came to. */
export interface CohortSum {
  readonly kind: 'sum'
  /** The one that its clients answered in; null where they did in all. */
  readonly block: BlockId | null
  readonly blocks: readonly CohortBlock[]
  readonly clients: readonly ClientId[]
}

/** The rows of one cohort, by the places of its table: null where there is none. Whose they are is known to nobody. */
export interface CohortRows {
  readonly kind: 'rows'
  readonly block: BlockId
  readonly rows: readonly (Float32Array | null)[]
  readonly clients: readonly ClientId[]
}

/**
 * What the cohorts of one ask gave, in place of single contributions, which nobody has at level `masked`. It is put together in the order of the cohorts' numbers, so that it does not matter which
 * is done first.
 */
export interface MaskedCollector {
  readonly spec: ClientAskSpec
  /** Takes what a cohort gave, and its beacon in hex; its clients are in the answer from now on. */
  release(cohort: number, given: CohortSum | CohortRows, beacon: string): void
  /** Why a block may stay without an answer. A reason given first stays. */
  withhold(block: BlockId, reason: 'below-kmin' | 'aborted'): void
  /** The least number that no cohort of this ask has had, before a crash or after. */
  nextCohort(): number
  has(client: ClientId): boolean
  /** Clients released since the last `saved`. */
  unsaved(): readonly ClientId[]
  saved(clients: readonly ClientId[]): void
  /** The block that a client answered in; null for none, and for all. */
  chosenBy(client: ClientId): BlockId | null
  cohortOf(client: ClientId): number
  /** Of the cohorts of these clients, combined; null where a crash has lost it. */
  beaconOf(clients: readonly ClientId[]): string | null
  checkpoint(): Uint8Array
  /** Per block the sum of its cohorts, or withheld where fewer than `quorum(block)` clients answered. */
  answer(quorum: (block: BlockId) => number): ReadonlyMap<BlockId, BlockAnswer>
  /** Blocks of this answer that something else than the mean was asked for, and that too few cohorts were opened in. */
  notes(answer: ReadonlyMap<BlockId, BlockAnswer>): readonly string[]
  /** Where each row stands, by handle. */
  slots(): readonly RowSlot[]
}

const WORDS = { median: 'median', trimmed: 'trimmed mean' } as const

type Given = CohortSum | CohortRows
type Saved = readonly (readonly [number, Given])[]

export const createMaskedCollector = (spec: ClientAskSpec, rule: CohortRule | null = null): MaskedCollector => collectorFrom(spec, rule, new Map())

/** Goes on from a checkpoint; whoever is in it is durable. */
export function restoreMaskedCollector(spec: ClientAskSpec, checkpoint: Uint8Array, rule: CohortRule | null = null): Result<MaskedCollector> {
  const decoded = decodeValue(checkpoint)
  return decoded.ok ? succeeded(collectorFrom(spec, rule, new Map(decoded.value as Saved))) : decoded
}

/** The answer that the last checkpoint of an ask for rows holds. Throws ShoalError where the bytes are none. */
export function maskedRowsAnswerOf(ask: AskId, checkpoint: Uint8Array): RowsAnswer {
  const decoded = decodeValue(checkpoint)
  if (!decoded.ok) throw new ShoalError(decoded.failure)
  const rows = standing(new Map(decoded.value as Saved)).map(({ row, block }): Row => ({ vector: row, block, owner: null }))
  return { kind: 'rows', ask, rows }
}

const inOrder = (cohorts: ReadonlyMap<number, Given>): [number, Given][] => [...cohorts].sort(([left], [right]) => left - right)

/** Every row that can be read, by cohort and place: a row's index among them is its handle. */
const standing = (cohorts: ReadonlyMap<number, Given>) =>
  inOrder(cohorts).flatMap(([cohort, given]) =>
    given.kind === 'rows' ? given.rows.flatMap((row, place) => (row === null ? [] : [{ row, block: given.block, slot: [cohort, place] as RowSlot }])) : [],
  )

function collectorFrom(spec: ClientAskSpec, rule: CohortRule | null, cohorts: Map<number, Given>): MaskedCollector {
  const unsaved = new Set<ClientId>()
  const beacons = new Map<number, string>()
  const reasons = new Map<BlockId, 'below-kmin' | 'aborted'>()
  const entryWith = (client: ClientId): [number, Given] | undefined => [...cohorts].find(([, { clients }]) => clients.includes(client))

  const sumsIn = (block: BlockId) =>
    inOrder(cohorts).flatMap(([, given]) =>
      given.kind === 'sum' ? given.blocks.flatMap((own) => (own.block === block ? [{ ...own, clients: given.clients.length }] : [])) : [],
    )

  function answerOf(block: BlockId, length: number, quorum: number): BlockAnswer {
    const sums = sumsIn(block)
    const count = sums.reduce((clients, sum) => clients + sum.clients, 0)
    if (count === 0) return { withheld: reasons.get(block) ?? 'no-quorum' }
    if (count < quorum) return { withheld: 'no-quorum' }
    if (rule !== null) return { ...centreOfCohorts(sums, length, rule), count }
    const total = new Float64Array(length)
    let weight = 0
    for (const sum of sums) {
      weight += sum.weight
      for (let index = 0; index < length; index += 1) total[index] += sum.total[index]
    }
    return { total, weight, count }
  }

  return {
    spec,
    release(cohort, given, beacon) {
      cohorts.set(cohort, given)
      beacons.set(cohort, beacon)
      for (const client of given.clients) unsaved.add(client)
    },
    withhold(block, reason) {
      if (!reasons.has(block)) reasons.set(block, reason)
    },
    nextCohort: () => Math.max(-1, ...cohorts.keys()) + 1,
    has: (client) => entryWith(client) !== undefined,
    unsaved: () => [...unsaved],
    saved(clients) {
      for (const client of clients) unsaved.delete(client)
    },
    chosenBy: (client) => entryWith(client)?.[1].block ?? null,
    cohortOf: (client) => entryWith(client)?.[0] ?? -1,
    beaconOf(clients) {
      const of = new Set(clients.map((client) => entryWith(client)?.[0] ?? -1))
      return [...of].reduce<string | null>((combined, cohort) => combinedBeacon(combined, beacons.get(cohort) ?? null), null)
    },
    checkpoint: () => encodeValue(inOrder(cohorts) satisfies Saved),
    answer(quorum) {
      const lengths = spec.kind === 'sum' ? spec.vectorLengths : []
      return new Map(lengths.map((length, block) => [block, answerOf(block, length, Math.max(1, quorum(block)))]))
    },
    notes(answer) {
      const few = [...answer].flatMap(([block, own]) => (rule === null || 'withheld' in own || hasCentre(sumsIn(block)) ? [] : [block]))
      if (rule === null || few.length === 0) return []
      const where = answer.size === 1 ? 'There were' : `In ${few.length} of ${answer.size} parts there were`
      return [`${where} fewer than the ${FEWEST_CENTRED_COHORTS} sums that a ${WORDS[rule.rule]} takes: it is their mean.`]
    },
    slots: () => standing(cohorts).map(({ slot }) => slot),
  }
}
