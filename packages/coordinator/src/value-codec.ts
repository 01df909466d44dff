import { bytesOf, decodeFrame, encodeFrame, failed, type Result, succeeded } from '@shoal/protocol'

/**
 * Plain data with float vectors in it, as one blob: strategies' states, answers and accumulators. Vectors travel as raw bytes in the frame's body; in the JSON
 * header `{"$vector": [type, offset, length]}` stands in their place. Encoding the same value twice gives the same bytes.
 */
export function encodeValue(value: unknown): Uint8Array {
  const vectors: Uint8Array[] = []
  let offset = 0
  function marked(item: unknown): unknown {
    if (Array.isArray(item)) return item.map(marked)
    if (item === null || typeof item !== 'object') return item
    if (!(item instanceof Float32Array || item instanceof Float64Array))
      return Object.fromEntries(Object.entries(item).map(([key, entry]) => [key, marked(entry)]))
    const marker = { $vector: [item instanceof Float32Array ? 'f32' : 'f64', offset, item.length] }
    vectors.push(bytesOf(item))
    offset += (item.byteLength + 7) & ~7
    return marker
  }
  const header = marked(value)
  const body = new Uint8Array(offset)
  let position = 0
  for (const vector of vectors) {
    body.set(vector, position)
    position += (vector.byteLength + 7) & ~7
  }
  return encodeFrame(header, body)
}

/** The value that `encodeValue` wrote. Vectors are copies: the bytes may be dropped. */
export function decodeValue(bytes: Uint8Array): Result<unknown> {
  const frame = decodeFrame(bytes, bytes.length)
  if (!frame.ok) return frame
  const { header, body } = frame.value
  try {
    return succeeded(revive(header, body))
  } catch {
    return failed('SHOAL_ERR_MALFORMED', 'a vector lies outside the blob')
  }
}

function revive(item: unknown, body: Uint8Array): unknown {
  if (Array.isArray(item)) return item.map((entry) => revive(entry, body))
  if (item === null || typeof item !== 'object') return item
  const marker = '$vector' in item ? (item.$vector as ['f32' | 'f64', number, number]) : null
  if (marker === null) return Object.fromEntries(Object.entries(item).map(([key, entry]) => [key, revive(entry, body)]))
  const [type, offset, length] = marker
  const byteLength = length * (type === 'f32' ? 4 : 8)
  if (offset + byteLength > body.length) throw new RangeError('vector outside body')
  const copy = new Uint8Array(body.subarray(offset, offset + byteLength)).buffer // `slice` of a Node Buffer would be a view
  return type === 'f32' ? new Float32Array(copy) : new Float64Array(copy)
}
