import { type BlockId, type Digest, ShoalError } from '@shoal/protocol'
import type { Answer, BlockAnswer } from '@shoal/strategies'
import { decodeValue, encodeValue } from './value-codec.ts'

/** How an answer came about. */
export interface Making {
  /** What is to be said of it in the round's notes. */
  readonly notes: readonly string[]
  /** Blobs that it was made of and that nobody needs any more. */
  readonly spent: readonly Digest[]
}

/** An answer as it lies on disk, as one blob: a map is a list of its entries there. Rows are not among them: they lie there as they were collected. */
type StoredAnswer = ({ readonly kind: 'sum'; readonly blocks: readonly (readonly [BlockId, BlockAnswer])[] } & Partial<Making>) | (Answer & { kind: 'compute' })

export function encodeAnswer(answer: Answer & { kind: 'sum' | 'compute' }, { notes, spent }: Making): Uint8Array {
  if (answer.kind === 'compute') return encodeValue(answer satisfies StoredAnswer)
  const making = { ...(notes.length === 0 ? {} : { notes }), ...(spent.length === 0 ? {} : { spent }) }
  return encodeValue({ kind: 'sum', blocks: [...answer.blocks], ...making } satisfies StoredAnswer)
}

/** Throws ShoalError where the bytes are no answer. */
export function decodeAnswer(bytes: Uint8Array): { readonly answer: Answer; readonly making: Making } {
  const decoded = decodeValue(bytes)
  if (!decoded.ok) throw new ShoalError(decoded.failure)
  const answer = decoded.value as StoredAnswer
  if (answer.kind === 'compute') return { answer, making: { notes: [], spent: [] } }
  const { blocks, notes = [], spent = [] } = answer
  return { answer: { kind: 'sum', blocks: new Map(blocks) }, making: { notes, spent } }
}
