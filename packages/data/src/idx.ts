import { assertLabelledImages, type ImageShape, type LabelledImages } from './labelled-images.ts'

/** Bytes that are no idx file of unsigned bytes, or none of the kind that was asked for. */
export class IdxFormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'IdxFormatError'
  }
}

/** An array of unsigned bytes as an idx file holds it: `values` has the product of `dimensions` entries, last dimension fastest. */
export interface IdxArray {
  readonly dimensions: readonly number[]
  readonly values: Uint8Array
}

// LeCun's format: two zero bytes, the element type, the number of dimensions, then each dimension as a big-endian u32.
const TYPE_UNSIGNED_BYTE = 0x08
const MAGIC_BYTES = 4
const DIMENSION_BYTES = 4

/** Reads an idx file of unsigned bytes; `values` is a view of `bytes`. Throws IdxFormatError where type, dimensions and length do not fit each other. */
export function parseIdx(bytes: Uint8Array): IdxArray {
  if (bytes.length < MAGIC_BYTES) throw new IdxFormatError(`an idx file has at least ${MAGIC_BYTES} bytes, not ${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint16(0) !== 0) throw new IdxFormatError('an idx file begins with two zero bytes')
  if (bytes[2] !== TYPE_UNSIGNED_BYTE) throw new IdxFormatError(`element type 0x${bytes[2].toString(16)} is not unsigned byte (0x08)`)
  const rank = bytes[3]
  if (rank === 0) throw new IdxFormatError('an idx file has at least one dimension')
  const start = MAGIC_BYTES + rank * DIMENSION_BYTES
  if (bytes.length < start) throw new IdxFormatError(`the file ends within its ${rank} dimensions`)
  const dimensions = Array.from({ length: rank }, (_, axis) => view.getUint32(MAGIC_BYTES + axis * DIMENSION_BYTES))
  const expected = dimensions.reduce((product, size) => product * size, 1)
  const found = bytes.length - start
  if (found < expected) throw new IdxFormatError(`${dimensions.join('x')} needs ${expected} bytes, the file holds ${found}`)
  // Not `>`: absurd dimensions multiply to Infinity, and with a 0 among them to NaN.
  if (found !== expected) throw new IdxFormatError(`${found - expected} bytes follow the ${expected} of ${dimensions.join('x')}`)
  return { dimensions, values: bytes.subarray(start) }
}

/** The file that `parseIdx` reads. */
export function encodeIdx(array: IdxArray): Uint8Array {
  const { dimensions, values } = array
  const expected = dimensions.reduce((product, size) => product * size, 1)
  if (dimensions.length < 1 || dimensions.length > 255 || expected !== values.length)
    throw new IdxFormatError(`${values.length} values do not fill ${dimensions.join('x')}`)
  const start = MAGIC_BYTES + dimensions.length * DIMENSION_BYTES
  const bytes = new Uint8Array(start + values.length)
  bytes[2] = TYPE_UNSIGNED_BYTE
  bytes[3] = dimensions.length
  const view = new DataView(bytes.buffer)
  for (const [axis, size] of dimensions.entries()) view.setUint32(MAGIC_BYTES + axis * DIMENSION_BYTES, size)
  bytes.set(values, start)
  return bytes
}

/** A pair of idx files as MNIST ships them: images `[count, height, width]` (or `[..., channels]`), labels `[count]`. Throws IdxFormatError. */
export function parseIdxPair(images: Uint8Array, labels: Uint8Array): LabelledImages {
  const { dimensions, values: pixels } = parseIdx(images)
  if (dimensions.length !== 3 && dimensions.length !== 4) throw new IdxFormatError(`images have 3 or 4 dimensions, not ${dimensions.length}`)
  const labelArray = parseIdx(labels)
  if (labelArray.dimensions.length !== 1) throw new IdxFormatError(`labels have 1 dimension, not ${labelArray.dimensions.length}`)
  const [count, height, width, channels = 1] = dimensions
  if (labelArray.values.length !== count) throw new IdxFormatError(`${count} images and ${labelArray.values.length} labels`)
  const shape: ImageShape = [height, width, channels]
  return { count, shape, pixels, labels: labelArray.values }
}

/** The two files of a set of bytes, IdxFormatError for any other; images of one channel are written with three dimensions, as MNIST's are. */
export function encodeIdxPair(set: LabelledImages): { images: Uint8Array; labels: Uint8Array } {
  assertLabelledImages(set)
  const { count, shape, pixels, labels } = set
  if (pixels instanceof Float32Array || labels instanceof Uint16Array) throw new IdxFormatError('idx files are written of bytes only')
  const [height, width, channels] = shape
  const dimensions = channels === 1 ? [count, height, width] : [count, height, width, channels]
  return { images: encodeIdx({ dimensions, values: pixels }), labels: encodeIdx({ dimensions: [count], values: labels }) }
}
