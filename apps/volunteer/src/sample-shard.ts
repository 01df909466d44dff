import { decodeLabelledImages, LabelledImagesError } from '@shoal/data'
import { type DataContract, decodeFrame } from '@shoal/protocol'
import { checkData, type DataResult } from './data-files.ts'

/** What `GET /api/samples/<invite>` gives: a frame whose header `{train, test}` says how many bytes each of the two encoded sets in its body takes. */
export function decodeSampleShard(bytes: Uint8Array, contract: DataContract): DataResult {
  const frame = decodeFrame(bytes)
  const { train, test } = ((frame.ok ? frame.value.header : null) ?? {}) as { train?: unknown; test?: unknown }
  if (!frame.ok || typeof train !== 'number' || typeof test !== 'number' || train + test !== frame.value.body.length)
    return { ok: false, problem: { kind: 'samples-unknown' } }
  try {
    const { body } = frame.value
    return checkData({ train: decodeLabelledImages(body.subarray(0, train)), test: decodeLabelledImages(body.subarray(train)) }, contract)
  } catch (error) {
    if (error instanceof LabelledImagesError) return { ok: false, problem: { kind: 'samples-damaged' } }
    throw error
  }
}
