import { type BlockId, type Result, ShoalError } from '@shoal/protocol'
import type { Answer, BlockAnswer } from '@shoal/strategies'
import type { Vault } from './ports.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/** An answer as it lies on disk: a map is a list of its entries there. */
type StoredAnswer = { readonly kind: 'sum'; readonly blocks: readonly (readonly [BlockId, BlockAnswer])[] } | (Answer & { kind: 'rows' | 'compute' })

/** Rows are sealed, being single contributions. */
export function encodeAnswer(answer: Answer, vault: Vault): Uint8Array {
  const bytes = encodeValue((answer.kind === 'sum' ? { kind: 'sum', blocks: [...answer.blocks] } : answer) satisfies StoredAnswer)
  return answer.kind === 'rows' ? vault.seal(bytes) : bytes
}

/** Throws ShoalError where the bytes are no answer of this kind. */
export function decodeAnswer(bytes: Uint8Array, kind: Answer['kind'], vault: Vault): Answer {
  const answer = orThrow(decodeValue(kind === 'rows' ? orThrow(vault.open(bytes)) : bytes)) as StoredAnswer
  return answer.kind === 'sum' ? { kind: 'sum', blocks: new Map(answer.blocks) } : answer
}

function orThrow<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new ShoalError(result.failure)
  return result.value
}
