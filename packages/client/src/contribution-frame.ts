import { bytesOf, type Contribution, encodeFrame, failed, type Result, succeeded } from '@shoal/protocol'

/** A contribution as it is sealed: the parts' blocks, lengths and weights in the header, their entries one after the other in the body. */
export function frameContribution(contribution: Contribution): Result<Uint8Array> {
  if (contribution.kind !== 'parts') return failed('SHOAL_ERR_PARTS', 'the frame has no form for rows')
  const { parts } = contribution
  const body = new Uint8Array(parts.reduce((length, { vector }) => length + vector.byteLength, 0))
  let offset = 0
  for (const { vector } of parts) {
    body.set(bytesOf(vector), offset)
    offset += vector.byteLength
  }
  return succeeded(encodeFrame({ parts: parts.map(({ block, vector, weight }) => [block, vector.length, weight]) }, body))
}
