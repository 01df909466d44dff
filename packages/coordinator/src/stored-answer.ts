import { type BlockId, ShoalError } from '@shoal/protocol'
import type { Answer, BlockAnswer } from '@shoal/strategies'
import { decodeValue, encodeValue } from './value-codec.ts'

/** An answer as it lies on disk, as one blob: a map is a list of its entries there. Rows are not among them: they lie there as they were collected. */
type StoredAnswer = { readonly kind: 'sum'; readonly blocks: readonly (readonly [BlockId, BlockAnswer])[] } | (Answer & { kind: 'compute' })

export const encodeAnswer = (answer: Answer & { kind: 'sum' | 'compute' }): Uint8Array =>
  encodeValue((answer.kind === 'sum' ? { kind: 'sum', blocks: [...answer.blocks] } : answer) satisfies StoredAnswer)

/** Throws ShoalError where the bytes are no answer. */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const decoded = decodeValue(bytes)
  if (!decoded.ok) throw new ShoalError(decoded.failure)
  const answer = decoded.value as StoredAnswer
  return answer.kind === 'sum' ? { kind: 'sum', blocks: new Map(answer.blocks) } : answer
}
