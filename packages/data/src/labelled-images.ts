import { type Rng, shuffled } from '@shoal/numeric'

export type ImageShape = readonly [height: number, width: number, channels: number]

/** Classes: bytes where there are at most 256 of them. */
export type Labels = Uint8Array | Uint16Array

/**
 * Examples of one shape and their classes: pictures, rows of a table or windows of a text. Example i's values lie at i * height * width * channels, rows first,
 * channels fastest.
 */
export interface LabelledImages {
  readonly count: number
  readonly shape: ImageShape
  /** count * height * width * channels values: bytes 0..255, which enter a model as 0..1, or floats, which enter it as they are. */
  readonly pixels: Uint8Array | Float32Array
  /** count classes, from 0. */
  readonly labels: Labels
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

/** As many classes as bytes tell apart. */
const BYTE_CLASSES = 256

/** Zeros, for labels of that many classes. Throws RangeError where no label could name them all. */
export function createLabels(count: number, classes: number): Labels {
  if (classes > BYTE_CLASSES ** 2) throw new RangeError(`${classes} classes`)
  return classes <= BYTE_CLASSES ? new Uint8Array(count) : new Uint16Array(count)
}

/** Zeros, of the set's kind of values. */
export const createPixels = ({ pixels }: LabelledImages, length: number): LabelledImages['pixels'] =>
  pixels instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length)

/** How many classes the set's labels could name. */
export const mostClasses = ({ labels }: LabelledImages): number => BYTE_CLASSES ** labels.BYTES_PER_ELEMENT

/** A copy of the named examples, in the order of `indices`; an index may come more than once. */
export function selectExamples(set: LabelledImages, indices: ArrayLike<number>): LabelledImages {
  const size = pixelsPerImage(set.shape)
  const pixels = createPixels(set, indices.length * size)
  const labels = createLabels(indices.length, mostClasses(set))
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
