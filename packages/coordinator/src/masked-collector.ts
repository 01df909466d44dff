import { type BlockId, type ClientId, type Result, succeeded } from '@shoal/protocol'
import type { BlockAnswer } from '@shoal/strategies'
import type { SumAskSpec } from './federation-event.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/** What one cohort's masked sum came to. */
export interface CohortSum {
  readonly block: BlockId
  readonly total: Float64Array
  /** Sum of the weights; the number of clients where each counts once. */
  readonly weight: number
  readonly clients: readonly ClientId[]
}

/**
 * The sums of the cohorts that answered one ask, in place of single contributions, which nobody has at level `masked`. They are added in the order of the cohorts' numbers, so that it does not
 * matter which is done first.
 */
export interface MaskedCollector {
  readonly spec: SumAskSpec
  /** Takes a cohort's sum; its clients are in the answer from now on. */
  release(cohort: number, sum: CohortSum): void
  /** Why a block may stay without an answer. A reason given first stays. */
  withhold(block: BlockId, reason: 'below-kmin' | 'aborted'): void
  /** The least number that no cohort of this ask has had, before a crash or after. */
  nextCohort(): number
  has(client: ClientId): boolean
  /** Clients released since the last `saved`. */
  unsaved(): readonly ClientId[]
  saved(clients: readonly ClientId[]): void
  /** The block that a client answered in; null for none. */
  chosenBy(client: ClientId): BlockId | null
  checkpoint(): Uint8Array
  answer(quorum: (block: BlockId) => number): ReadonlyMap<BlockId, BlockAnswer>
}

type Saved = readonly (readonly [number, CohortSum])[]

export const createMaskedCollector = (spec: SumAskSpec): MaskedCollector => collectorFrom(spec, new Map())

/** Goes on from a checkpoint; whoever is in it is durable. */
export function restoreMaskedCollector(spec: SumAskSpec, checkpoint: Uint8Array): Result<MaskedCollector> {
  const decoded = decodeValue(checkpoint)
  return decoded.ok ? succeeded(collectorFrom(spec, new Map(decoded.value as Saved))) : decoded
}

function collectorFrom(spec: SumAskSpec, cohorts: Map<number, CohortSum>): MaskedCollector {
  const unsaved = new Set<ClientId>()
  const reasons = new Map<BlockId, 'below-kmin' | 'aborted'>()
  const sumWith = (client: ClientId): CohortSum | undefined => [...cohorts.values()].find(({ clients }) => clients.includes(client))

  function answerOf(block: BlockId, quorum: number): BlockAnswer {
    const sums = [...cohorts]
      .filter(([, sum]) => sum.block === block)
      .sort(([left], [right]) => left - right)
      .map(([, sum]) => sum)
    const count = sums.reduce((clients, sum) => clients + sum.clients.length, 0)
    if (count === 0) return { withheld: reasons.get(block) ?? 'no-quorum' }
    if (count < quorum) return { withheld: 'no-quorum' }
    const total = new Float64Array(spec.vectorLengths[block])
    let weight = 0
    for (const sum of sums) {
      weight += sum.weight
      for (let index = 0; index < total.length; index += 1) total[index] += sum.total[index]
    }
    return { total, weight, count }
  }

  return {
    spec,
    release(cohort, sum) {
      cohorts.set(cohort, sum)
      for (const client of sum.clients) unsaved.add(client)
    },
    withhold(block, reason) {
      if (!reasons.has(block)) reasons.set(block, reason)
    },
    nextCohort: () => Math.max(-1, ...cohorts.keys()) + 1,
    has: (client) => sumWith(client) !== undefined,
    unsaved: () => [...unsaved],
    saved(clients) {
      for (const client of clients) unsaved.delete(client)
    },
    chosenBy: (client) => sumWith(client)?.block ?? null,
    checkpoint: () => encodeValue([...cohorts] satisfies Saved),
    answer: (quorum) => new Map(spec.vectorLengths.map((_, block) => [block, answerOf(block, Math.max(1, quorum(block)))])),
  }
}
