import { epsilonOf, rhoOfSum } from './accountant.ts'

/** What a volunteer's device has spent in one federation. It is kept there: the server's figure is for show. */
export interface PrivacyLedger {
  /** Whether one more sum, whose noise is `z` times the clip, stays within the budget. Every sum with this client's words counts: updates, counts, histograms, splits. */
  mayJoin(z: number): boolean
  /** Writes a sum down. To be called, and `saved` kept, before the words leave: a sum that fails afterwards has cost as much. It is written down past the budget too. */
  joined(z: number): void
  /** Spent so far, at the ledger's delta. Infinity where what was kept can not be read. */
  epsilon(): number
  sums(): number
  /** What to keep across visits. */
  saved(): string
}

const VERSION = 1

/**
 * The ledger that `saved` told of, or a new one for null. Text that can not be read stands for an unknown loss: then nothing may be joined any more, rather than all be spent again.
 * @param terms `delta`, and `budget`: the largest epsilon, both from the policy. Another delta or budget than before is no matter: rho is what is kept.
 */
export function createLedger(saved: string | null, { delta, budget }: { readonly delta: number; readonly budget: number }): PrivacyLedger {
  if (!(delta > 0 && delta < 1) || !(budget > 0 && budget < Number.POSITIVE_INFINITY)) throw new RangeError(`a budget of ${budget} at delta ${delta}`)
  let { rho, sums } = spentBefore(saved)
  return {
    mayJoin: (noise) => noise > 0 && epsilonOf(rho + rhoOfSum(noise), delta) <= budget,
    joined(noise) {
      rho += rhoOfSum(noise)
      sums += 1
    },
    epsilon: () => epsilonOf(rho, delta),
    sums: () => sums,
    saved: () => JSON.stringify({ version: VERSION, rho, sums }), // JSON writes Infinity as null, which is read as unknown again
  }
}

interface Spent {
  rho: number
  sums: number
}

function spentBefore(saved: string | null): Spent {
  if (saved === null) return { rho: 0, sums: 0 }
  try {
    const read: unknown = JSON.parse(saved)
    if (isSpent(read)) return { rho: read.rho, sums: read.sums }
  } catch {
    // no JSON: as unknown as JSON that says something else
  }
  return { rho: Number.POSITIVE_INFINITY, sums: 0 }
}

const isSpent = (read: unknown): read is Spent =>
  typeof read === 'object' &&
  read !== null &&
  'version' in read &&
  read.version === VERSION &&
  'rho' in read &&
  typeof read.rho === 'number' &&
  read.rho >= 0 &&
  'sums' in read &&
  Number.isSafeInteger(read.sums) &&
  typeof read.sums === 'number' &&
  read.sums >= 0
