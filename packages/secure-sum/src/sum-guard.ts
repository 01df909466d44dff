import { SUM_PURPOSES, type SumPurpose } from '@shoal/protocol'
import { type RememberedSum, readGuardMemory, writeGuardMemory } from './guard-memory.ts'
import { differenceFault, historyWith } from './survivor-history.ts'

/** A masked sum as the client that is asked for its words sees it. */
export interface GuardedSum {
  /** Of the membership, in which clients neither join nor leave nor move. */
  readonly epoch: number
  /** The number of the sum, `round` of its manifest. */
  readonly round: number
  /** The federation's round that the sum is part of. */
  readonly federationRound: number
  readonly purpose: SumPurpose
  /** Which local result the words are made of, '7/train'. What does not change from round to round (label counts, centroids) must have one name in all of them. */
  readonly result: string
}

export interface GuardPolicy {
  readonly kMin: number
  readonly kDiff: number
  /** In place of `SUM_CAPS`. */
  readonly caps?: Partial<SumCaps>
}

export type SumCaps = Readonly<Record<SumPurpose, number>>

/** Cuts of cuts that one round may make: OCFL goes on with both sides of a cut, and each time a client is in one of the groups. */
const CUT_LEVELS = 8
/** Of one cut, by privacy.md 2.3: the mean, power iterations up to their hard cap, a histogram, the first sides and Lloyd's rounds, and before each of those the count of who moved (3.6 c). */
const SUMS_OF_CUT = { moment: 1, power: 12, hist: 1, lloyd: 5, count: 4 } as const
/** Choices among models in one round: IFCA draws its first models up to ten times until each is chosen, and then asks whom they suit. */
const CHOICES = 12

/**
 * Most sums of each purpose that one client joins in one round of the federation: what the longest honest round asks for. More of them would only serve to solve for single clients (3.6).
 * One update, which is the last thing a round asks; norm bins, the temperature's moments and the counts of clusters and labels once each besides the cuts; the choices among
 * models; a reservation, its repetition for
 * the losers and both again after garbled rows (2.5); the posting of those rows; loss and accuracy before and after, of an expert and of what
 * stands for it (DisUE), label counts, and the roll call.
 */
export const SUM_CAPS: SumCaps = {
  update: 1,
  count: CUT_LEVELS * SUMS_OF_CUT.count + 2,
  hist: CUT_LEVELS * SUMS_OF_CUT.hist + 1 + CHOICES,
  moment: CUT_LEVELS * SUMS_OF_CUT.moment + 1,
  power: CUT_LEVELS * SUMS_OF_CUT.power,
  lloyd: CUT_LEVELS * SUMS_OF_CUT.lloyd,
  reserve: 4,
  rows: 2,
  metric: 6,
}

/** What one client remembers of the sums it took part in, and what it therefore refuses (privacy.md 3.2 step 1, 3.6). Says nothing of the manifest itself. */
export interface SumGuard {
  /** For `SumConsent.last`. */
  last(): { readonly epoch: number; readonly round: number } | null
  /** Why this client takes no part in a sum; null: it may. */
  refusal(sum: GuardedSum): string | null
  /** For `SumConsent.objection`: why it must not be opened over these survivors, named as in `opened`. */
  objection(survivors: readonly string[], sum: GuardedSum & { readonly cohortSize: number; readonly threshold: number }): string | null
  /** The words left this device (#5). To be saved before they are sent. */
  gave(sum: GuardedSum): void
  /** This client gave what opens the sum (#9). `survivors`: identity keys in hex. To be saved before it is sent. */
  opened(sum: GuardedSum, survivors: readonly string[]): void
  /** JSON, for `createSumGuard` on the next visit. */
  saved(): string
}

/** Of a key in hex these are 12 bytes: a second key with the same takes 2^96 trials, and a memory of 64 cohorts stays small. */
const NAME_CHARACTERS = 24
/** Results whose update was given; each of another round. */
const KEPT_RESULTS = 512
/** Counts of one epoch that are remembered. Past them none is given, since it might be the second of its kind. */
const MAX_COUNTED = 4096

/** `saved` is what an earlier guard gave, null or broken text on the first visit: then nothing is remembered. */
export function createSumGuard(saved: string | null, { kMin, kDiff, caps: ownCaps = {} }: GuardPolicy): SumGuard {
  const memory = readGuardMemory(saved)
  const caps: SumCaps = { ...SUM_CAPS, ...ownCaps }
  const namesOf = (survivors: readonly string[]): readonly string[] => survivors.map((name) => name.slice(0, NAME_CHARACTERS)).sort()
  const joined = (purpose: SumPurpose): number => memory.joined[SUM_PURPOSES.indexOf(purpose)] ?? 0

  const isNumberUsed = ({ epoch, round }: GuardedSum): boolean =>
    memory.last !== null && (epoch < memory.last.epoch || (epoch === memory.last.epoch && round <= memory.last.round))

  const enter = (federationRound: number): void => {
    if (federationRound === memory.federationRound) return
    memory.federationRound = federationRound
    memory.isUpdateGiven = false
    memory.joined = SUM_PURPOSES.map(() => 0)
  }

  return {
    last: () => memory.last,
    refusal: (sum) => {
      const { federationRound, purpose, result } = sum
      if (isNumberUsed(sum)) return 'a sum that is over'
      if (federationRound < memory.federationRound) return 'a round that is over'
      if (memory.given.includes(result)) return 'this update is in a sum already'
      const isSameRound = federationRound === memory.federationRound
      // A second sum of what the update is made of would show who dropped out in between; metrics are made of other things.
      if (isSameRound && memory.isUpdateGiven && purpose !== 'metric') return "this round's update is in a sum already, and it is the last"
      if ((isSameRound ? joined(purpose) : 0) >= caps[purpose]) return `${caps[purpose]} sums of this purpose in this round`
      if (purpose !== 'count' || memory.counted.epoch !== sum.epoch) return null
      if (memory.counted.results.includes(result)) return 'counted already in this epoch'
      return memory.counted.results.length < MAX_COUNTED ? null : 'too many counts in this epoch'
    },
    objection: (survivors, { federationRound, purpose, result, cohortSize, threshold }) => {
      // What is made of one result is compared as if it were of one round: it has not changed since.
      const past = memory.sums.map((sum): RememberedSum => (sum.result === result ? { ...sum, round: federationRound } : sum))
      return differenceFault(past, { round: federationRound, purpose, survivors: namesOf(survivors) }, { cohortSize, threshold, kMin, kDiff })
    },
    gave: (sum) => {
      const { epoch, round, federationRound, purpose, result } = sum
      if (!isNumberUsed(sum)) memory.last = { epoch, round }
      enter(federationRound)
      memory.joined[SUM_PURPOSES.indexOf(purpose)] += 1
      if (purpose === 'update') {
        memory.isUpdateGiven = true
        memory.given = [...memory.given, result].slice(-KEPT_RESULTS)
      }
      if (purpose !== 'count') return
      if (memory.counted.epoch !== epoch) memory.counted = { epoch, results: [] }
      memory.counted.results.push(result)
    },
    opened: ({ federationRound, purpose, result }, survivors) => {
      memory.sums = historyWith(memory.sums, { round: federationRound, purpose, result, survivors: namesOf(survivors) })
    },
    saved: () => writeGuardMemory(memory),
  }
}
