import { type NumberVector, norm } from '@shoal/numeric'
import { NORM_BINS, normOfBin } from '@shoal/protocol'
import type { BlockSum } from './contract.ts'

/** What a sum of the procedure `sketch` tells about the updates of a cluster. */
export interface Evidence {
  readonly count: number
  /** Mean unit sketch, each client counting once. */
  readonly direction: Float32Array
  /** |Delta_c|, the norm of the mean update as it will be taken: weighed by examples. Of the sketch, so off by about 1 / sqrt(2 length). */
  readonly meanNorm: number
  /** max_i |Delta_i|, to 9 %: the middle of the highest bin that anybody is in. 0 where all are in the lowest, which is open below. */
  readonly maxNorm: number
}

/** Entries of a part of `sketch`: [s | w R u | w | one-hot of the norm's bin]. */
export const evidenceLength = (sketchLength: number): number => 2 * sketchLength + 1 + NORM_BINS

/** Null where the sum holds nothing that a decision could rest on. */
export function readEvidence({ total, count }: BlockSum, sketchLength: number): Evidence | null {
  const weight = total[2 * sketchLength]
  const meanNorm = norm(total.subarray(sketchLength, 2 * sketchLength)) / weight
  const highest = total.subarray(2 * sketchLength + 1).findLastIndex((clients) => clients > 0.5)
  if (!(weight > 0 && Number.isFinite(meanNorm))) return null
  return { count, direction: meanOf(total.subarray(0, sketchLength), count), meanNorm, maxNorm: highest <= 0 ? 0 : normOfBin(highest) }
}

/** `total / count`, as it is told to clients. */
export const meanOf = (total: NumberVector, count: number): Float32Array => Float32Array.from(total, (entry) => entry / count)
