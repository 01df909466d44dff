import { failed, type Result, succeeded } from './errors.ts'
import { MAX_FRAME_HEADER_BYTES } from './limits.ts'

/**
 * The raw frame of every bulk transfer: u32 header length | JSON header | zeros to a multiple of 8 | body. Little-endian.
 * The body starts at a multiple of 8, so that a typed array can view it without a copy.
 */
export function encodeFrame(header: unknown, body: Uint8Array): Uint8Array {
  const headerBytes = new TextEncoder().encode(JSON.stringify(header))
  const bodyStart = alignToEight(4 + headerBytes.length)
  const frame = new Uint8Array(bodyStart + body.length)
  new DataView(frame.buffer).setUint32(0, headerBytes.length, true)
  frame.set(headerBytes, 4)
  frame.set(body, bodyStart)
  return frame
}

/** Header (unparsed: the caller checks it against its schema) and a view of the body. Never throws on bytes from outside. */
export function decodeFrame(frame: Uint8Array, maxHeaderBytes = MAX_FRAME_HEADER_BYTES): Result<{ header: unknown; body: Uint8Array }> {
  if (frame.length < 4) return failed('SHOAL_ERR_MALFORMED', 'frame shorter than its length field')
  const headerLength = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0, true)
  if (headerLength > maxHeaderBytes) return failed('SHOAL_ERR_MALFORMED', 'frame header too long')
  const bodyStart = alignToEight(4 + headerLength)
  if (bodyStart > frame.length) return failed('SHOAL_ERR_MALFORMED', 'frame ends inside its header')
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, 4 + headerLength))
    return succeeded({ header: JSON.parse(text) as unknown, body: frame.subarray(bodyStart) })
  } catch {
    return failed('SHOAL_ERR_MALFORMED', 'frame header is not JSON')
  }
}

const alignToEight = (offset: number): number => (offset + 7) & ~7

/** Bytes of a float vector. All platforms that run TensorFlow.js are little-endian, as the wire is. */
export const bytesOf = (vector: Float32Array | Float64Array): Uint8Array => new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)

/** The float32 vector that `bytes` hold: a view if they are aligned, else a copy. */
export function float32Of(bytes: Uint8Array): Result<Float32Array> {
  if (bytes.length % 4 !== 0) return failed('SHOAL_ERR_SHAPE', 'bytes are no whole number of float32 entries')
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes) // a copy; `slice` of a Node Buffer would be a view
  return succeeded(new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4))
}
