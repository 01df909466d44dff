import { failed, type Result, succeeded } from '@shoal/protocol'

/** Labelled pictures as @shoal/data encodes them: 'SLI1', count, height, width, channels as little-endian u32, the pixels (0..255), the labels. */
export interface TestSet {
  readonly count: number
  readonly shape: readonly [height: number, width: number, channels: number]
  readonly pixels: Uint8Array
  readonly labels: Uint8Array
}

const MAGIC = 0x31494c53
const HEADER_BYTES = 20

/** Views into `bytes`, or SHOAL_ERR_MALFORMED. Never throws on bytes from outside. */
export function parseTestSet(bytes: Uint8Array): Result<TestSet> {
  if (bytes.length < HEADER_BYTES) return failed('SHOAL_ERR_MALFORMED', 'too short for a test set')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [magic, count, height, width, channels] = Array.from({ length: 5 }, (_, index) => view.getUint32(index * 4, true))
  if (magic !== MAGIC) return failed('SHOAL_ERR_MALFORMED', 'these bytes are no labelled pictures')
  const labelsStart = HEADER_BYTES + count * height * width * channels
  if (bytes.length !== labelsStart + count)
    return failed('SHOAL_ERR_MALFORMED', `${count} pictures of ${height}x${width}x${channels} do not take ${bytes.length} bytes`)
  return succeeded({ count, shape: [height, width, channels], pixels: bytes.subarray(HEADER_BYTES, labelsStart), labels: bytes.subarray(labelsStart) })
}
