import { type LabelledImages, selectExamples } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import { checkData, type DataResult } from './data-files.ts'
import { LEAST_PER_PART } from './data-problem.ts'

export type TextContract = DataContract & { readonly kind: 'text' }

/** A longer text is not read: evenly spread passages of it would be taken anyway. */
export const MAX_TEXT_BYTES = 16_000_000

const TEST_SHARE = 0.2

/**
 * The last fifth is for testing, and passages that reach across the border are left out: drawn at random, nearly every passage of the test would overlap with one
 * that was trained on.
 */
export function splitText(examples: LabelledImages, contract: TextContract): DataResult {
  const { count } = examples
  const test = Math.min(count, Math.max(LEAST_PER_PART, Math.round(count * TEST_SHARE)))
  const train = Math.max(0, count - test - contract.context)
  const indices = (start: number, length: number): number[] => Array.from({ length }, (_, index) => start + index)
  return checkData({ train: selectExamples(examples, indices(0, train)), test: selectExamples(examples, indices(count - test, test)) }, contract)
}
