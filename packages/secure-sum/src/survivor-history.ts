import type { SumPurpose } from '@shoal/protocol'

/** A sum that was opened, or that somebody means to open. */
export interface PastSum {
  /** Of the federation, not the number of the sum. */
  readonly round: number
  readonly purpose: SumPurpose
  /** Names of the clients it is over, sorted; whatever names them, one name must stand for one client in all sums that are compared. */
  readonly survivors: readonly string[]
}

/** What privacy.md 3.6 makes of a cohort. */
export interface DifferenceRule {
  readonly cohortSize: number
  readonly threshold: number
  readonly kMin: number
  /** Fewest clients in which two sets of survivors may differ, unless they are equal. */
  readonly kDiff: number
}

/** Sums of each kind, updates and others, that are kept beyond the present round. */
export const KEPT_SUMS = 64

/**
 * Why a sum over `next.survivors` must not be opened, null if nothing speaks against it (privacy.md 3.6). Whoever knows two sums of the same round over sets that differ in one client knows
 * what that client put in; with `kDiff` it is the sum of so many. Sums of one round are compared whatever they are for. Across rounds updates alone are, and only in a cohort that can leave
 * out `kDiff` and still be opened: in a smaller one a single departure would stop the cluster, and its policy is `small`.
 */
export function differenceFault(past: readonly PastSum[], next: PastSum, { cohortSize, threshold, kMin, kDiff }: DifferenceRule): string | null {
  const hasRoom = cohortSize >= Math.max(threshold, kMin) + kDiff
  const isCompared = ({ round, purpose }: PastSum): boolean => round === next.round || (hasRoom && purpose === 'update' && next.purpose === 'update')
  for (const other of past) {
    if (!isCompared(other)) continue
    const difference = symmetricDifference(other.survivors, next.survivors)
    if (difference > 0 && difference < kDiff) return `${difference} of at least ${kDiff} clients away from a sum of round ${other.round}`
  }
  return null
}

/** The history with one more sum: all of its round, and of earlier ones the last `KEPT_SUMS` updates and the last `KEPT_SUMS` others. */
export function historyWith<Sum extends PastSum>(past: readonly Sum[], next: Sum): readonly Sum[] {
  const earlier = past.filter(({ round }) => round !== next.round)
  const isUpdate = ({ purpose }: PastSum): boolean => purpose === 'update'
  const kept = new Set([...earlier.filter(isUpdate).slice(-KEPT_SUMS), ...earlier.filter((sum) => !isUpdate(sum)).slice(-KEPT_SUMS)])
  return [...past.filter((sum) => sum.round === next.round || kept.has(sum)), next]
}

function symmetricDifference(left: readonly string[], right: readonly string[]): number {
  const inLeft = new Set(left)
  const inRight = new Set(right)
  return [...inLeft].filter((name) => !inRight.has(name)).length + [...inRight].filter((name) => !inLeft.has(name)).length
}
