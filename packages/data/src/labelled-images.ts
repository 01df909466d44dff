import { type Rng, shuffled } from '@shoal/numeric'

export type ImageShape = readonly [height: number, width: number, channels: number]

/** Pictures of one shape and their classes. Example i's pixels lie at i * height * width * channels, rows first, channels fastest. */
export interface LabelledImages {
  readonly count: number
  readonly shape: ImageShape
  /** count * height * width * channels values, 0..255. */
  readonly pixels: Uint8Array
  /** count classes, from 0. */
  readonly labels: Uint8Array
}

/** What a model is fitted to, and what it is measured on. */
export interface TrainTest {
  readonly train: LabelledImages
  readonly test: LabelledImages
}

/** A set whose parts do not fit each other, or bytes that hold no set. */
export class LabelledImagesError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LabelledImagesError'
  }
}

/** Values of one picture. */
export const pixelsPerImage = (shape: ImageShape): number => shape[0] * shape[1] * shape[2]

/** Throws LabelledImagesError where count, shape and the arrays' lengths disagree. */
export function assertLabelledImages(set: LabelledImages): void {
  if (set.labels.length !== set.count) throw new LabelledImagesError(`${set.count} images and ${set.labels.length} labels`)
  const expected = set.count * pixelsPerImage(set.shape)
  if (set.pixels.length !== expected)
    throw new LabelledImagesError(`${set.count} images of ${set.shape.join('x')} need ${expected} values, not ${set.pixels.length}`)
}

/** A copy of the named examples, in the order of `indices`; an index may come more than once. */
export function selectExamples(set: LabelledImages, indices: ArrayLike<number>): LabelledImages {
  const size = pixelsPerImage(set.shape)
  const pixels = new Uint8Array(indices.length * size)
  const labels = new Uint8Array(indices.length)
  for (let position = 0; position < indices.length; position += 1) {
    const index = indices[position]
    if (!(index >= 0 && index < set.count)) throw new RangeError(`example ${index} of ${set.count}`)
    pixels.set(set.pixels.subarray(index * size, (index + 1) * size), position * size)
    labels[position] = set.labels[index]
  }
  return { count: indices.length, shape: set.shape, pixels, labels }
}

/** Every index of the set once, in random order. */
export function shuffledIndices(set: LabelledImages, rng: Rng): number[] {
  return shuffled(
    Array.from({ length: set.count }, (_, index) => index),
    rng,
  )
}

/** Two disjoint random parts; the second has `testFraction` (0..1) of the examples, rounded. */
export function splitTrainTest(set: LabelledImages, testFraction: number, rng: Rng): TrainTest {
  if (!(testFraction >= 0 && testFraction <= 1)) throw new RangeError(`a fraction of ${testFraction}`)
  const order = shuffledIndices(set, rng)
  const testCount = Math.round(set.count * testFraction)
  return { train: selectExamples(set, order.slice(testCount)), test: selectExamples(set, order.slice(0, testCount)) }
}

// 'SLI1', then count, height, width, channels as little-endian u32, the pixels, the labels.
const MAGIC = 0x31494c53
const HEADER_BYTES = 20

/** One array of bytes to store or transfer. */
export function encodeLabelledImages(set: LabelledImages): Uint8Array {
  assertLabelledImages(set)
  const bytes = new Uint8Array(HEADER_BYTES + set.pixels.length + set.labels.length)
  const view = new DataView(bytes.buffer)
  for (const [index, word] of [MAGIC, set.count, ...set.shape].entries()) view.setUint32(index * 4, word, true)
  bytes.set(set.pixels, HEADER_BYTES)
  bytes.set(set.labels, HEADER_BYTES + set.pixels.length)
  return bytes
}

/** The set that `encodeLabelledImages` wrote; its arrays are views of `bytes`. Throws LabelledImagesError. */
export function decodeLabelledImages(bytes: Uint8Array): LabelledImages {
  if (bytes.length < HEADER_BYTES) throw new LabelledImagesError(`${bytes.length} bytes hold no set`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0, true) !== MAGIC) throw new LabelledImagesError('these bytes are no set of labelled images')
  const count = view.getUint32(4, true)
  const shape: ImageShape = [view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)]
  const pixelBytes = count * pixelsPerImage(shape)
  if (bytes.length !== HEADER_BYTES + pixelBytes + count)
    throw new LabelledImagesError(`${count} images of ${shape.join('x')} do not take ${bytes.length} bytes`)
  return { count, shape, pixels: bytes.subarray(HEADER_BYTES, HEADER_BYTES + pixelBytes), labels: bytes.subarray(HEADER_BYTES + pixelBytes) }
}
