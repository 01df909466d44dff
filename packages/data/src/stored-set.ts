import { assertLabelledImages, type ImageShape, type LabelledImages, LabelledImagesError, pixelsPerImage } from './labelled-images.ts'

// 'SLI1', then count, height, width, channels as little-endian u32, the values as bytes, the labels as bytes.
const BYTES_MAGIC = 0x31494c53
const BYTES_HEADER = 20
// 'SLI2', then the same and a u32 of flags, then float32 or bytes, then u16 or bytes: all little-endian.
const WIDE_MAGIC = 0x32494c53
const WIDE_HEADER = 24
const HAS_FLOATS = 1
const HAS_WIDE_LABELS = 2

/** One array of bytes to store or transfer. */
export function encodeLabelledImages(set: LabelledImages): Uint8Array {
  assertLabelledImages(set)
  const { count, shape, pixels, labels } = set
  const flags = (pixels instanceof Float32Array ? HAS_FLOATS : 0) | (labels instanceof Uint16Array ? HAS_WIDE_LABELS : 0)
  const words = flags === 0 ? [BYTES_MAGIC, count, ...shape] : [WIDE_MAGIC, count, ...shape, flags]
  const header = 4 * words.length
  const bytes = new Uint8Array(header + pixels.byteLength + labels.byteLength)
  const view = new DataView(bytes.buffer)
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, true)
  if (pixels instanceof Float32Array) for (let index = 0; index < pixels.length; index += 1) view.setFloat32(header + 4 * index, pixels[index], true)
  else bytes.set(pixels, header)
  const start = header + pixels.byteLength
  if (labels instanceof Uint16Array) for (const [index, label] of labels.entries()) view.setUint16(start + 2 * index, label, true)
  else bytes.set(labels, start)
  return bytes
}

/** The set that `encodeLabelledImages` wrote; arrays of bytes are views of `bytes`. Throws LabelledImagesError, also where a float is no finite number. */
export function decodeLabelledImages(bytes: Uint8Array): LabelledImages {
  if (bytes.length < BYTES_HEADER) throw new LabelledImagesError(`${bytes.length} bytes hold no set`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const magic = view.getUint32(0, true)
  const isWide = magic === WIDE_MAGIC && bytes.length >= WIDE_HEADER
  if (magic !== BYTES_MAGIC && !isWide) throw new LabelledImagesError('these bytes are no set of labelled images')
  const header = isWide ? WIDE_HEADER : BYTES_HEADER
  const flags = isWide ? view.getUint32(20, true) : 0
  if (flags > (HAS_FLOATS | HAS_WIDE_LABELS)) throw new LabelledImagesError('this set was written by a later version')
  const count = view.getUint32(4, true)
  const shape: ImageShape = [view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)]
  const values = count * pixelsPerImage(shape)
  const start = header + (flags & HAS_FLOATS ? 4 : 1) * values
  if (bytes.length !== start + (flags & HAS_WIDE_LABELS ? 2 : 1) * count)
    throw new LabelledImagesError(`${count} images of ${shape.join('x')} do not take ${bytes.length} bytes`)
  const pixels = flags & HAS_FLOATS ? floatsOf(view, header, values) : bytes.subarray(header, start)
  const labels = flags & HAS_WIDE_LABELS ? Uint16Array.from({ length: count }, (_, index) => view.getUint16(start + 2 * index, true)) : bytes.subarray(start)
  return { count, shape, pixels, labels }
}

function floatsOf(view: DataView, start: number, length: number): Float32Array {
  const floats = new Float32Array(length)
  for (let index = 0; index < length; index += 1) floats[index] = view.getFloat32(start + 4 * index, true)
  if (!floats.every(Number.isFinite)) throw new LabelledImagesError('the set holds a value that is no finite number')
  return floats
}
