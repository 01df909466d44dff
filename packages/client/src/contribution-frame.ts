import { createQuantiser } from '@shoal/numeric'
import { type AskId, bytesOf, type Contribution, encodeFrame } from '@shoal/protocol'

/** What parts in int8 need: the ask, whose id is the rotation's seed, and uniform 32-bit words to round by. */
export interface Int8Coding {
  readonly ask: AskId
  words(count: number): Uint32Array
}

/** A contribution as it is sealed: the parts' blocks, lengths and weights or the rows' lengths in the header, their entries one after the other in the body. */
export function frameContribution(contribution: Contribution, int8: Int8Coding | null = null): Uint8Array {
  if (contribution.kind === 'rows') return encodeFrame({ rows: contribution.rows.map(({ length }) => length) }, joined(contribution.rows.map(bytesOf)))
  const { parts } = contribution
  const header = { parts: parts.map(({ block, vector, weight }) => [block, vector.length, weight]) }
  if (int8 === null) return encodeFrame(header, joined(parts.map(({ vector }) => bytesOf(vector))))
  const quantised = parts.map(({ vector }) => createQuantiser({ length: vector.length, seed: int8.ask }).quantise(vector, int8.words))
  const scales = quantised.map(({ scales }) => bytesOf(scales))
  const steps = quantised.map(({ steps }) => new Uint8Array(steps.buffer))
  return encodeFrame({ ...header, encoding: 'int8' }, joined([...scales, ...steps]))
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    body.set(piece, offset)
    offset += piece.length
  }
  return body
}
