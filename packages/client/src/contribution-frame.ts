import { bytesOf, type Contribution, encodeFrame } from '@shoal/protocol'

/** A contribution as it is sealed: the parts' blocks, lengths and weights or the rows' lengths in the header, their entries one after the other in the body. */
export function frameContribution(contribution: Contribution): Uint8Array {
  if (contribution.kind === 'rows') return encodeFrame({ rows: contribution.rows.map(({ length }) => length) }, joined(contribution.rows))
  const { parts } = contribution
  const header = { parts: parts.map(({ block, vector, weight }) => [block, vector.length, weight]) }
  return encodeFrame(header, joined(parts.map(({ vector }) => vector)))
}

function joined(vectors: readonly Float32Array[]): Uint8Array {
  const body = new Uint8Array(vectors.reduce((length, { byteLength }) => length + byteLength, 0))
  let offset = 0
  for (const vector of vectors) {
    body.set(bytesOf(vector), offset)
    offset += vector.byteLength
  }
  return body
}
