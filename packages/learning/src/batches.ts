import { type LabelledImages, pixelsPerImage } from '@shoal/data'
import type { Rng } from '@shoal/numeric'

/** One batch as the first layer takes it. */
export interface Batch {
  /** Example after example: a picture's values are 0..1. */
  readonly pictures: Float32Array
  /** One-hot rows of `classes` entries. */
  readonly targets: Float32Array
}

/**
 * An endless draw of example numbers: epochs without replacement, each freshly shuffled (Fisher-Yates on the fly). A batch that an epoch's end would cut short
 * is filled from the next epoch, so that every batch has the same size and no shader is compiled twice.
 */
export function createBatchSampler(count: number, batchSize: number, rng: Rng): () => Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  let used = 0
  return () => {
    const batch = new Uint32Array(batchSize)
    for (let position = 0; position < batchSize; position += 1) {
      if (used === count) used = 0
      const drawn = used + rng.below(count - used)
      batch[position] = order[drawn]
      order[drawn] = order[used]
      order[used] = batch[position]
      used += 1
    }
    return batch
  }
}

/**
 * The named examples as floats: bytes as 0..1, floats as they are. They are gathered at each step: a tensor of the whole set would take four times the memory of the bytes
 * and exceed a phone's largest texture, and copying a batch costs little beside its step.
 */
export function gatherBatch(set: LabelledImages, indices: Uint32Array, classes: number): Batch {
  const size = pixelsPerImage(set.shape)
  const pictures = new Float32Array(indices.length * size)
  const targets = new Float32Array(indices.length * classes)
  const most = set.pixels instanceof Float32Array ? 1 : 255
  for (let position = 0; position < indices.length; position += 1) {
    const source = indices[position] * size
    const target = position * size
    for (let pixel = 0; pixel < size; pixel += 1) pictures[target + pixel] = set.pixels[source + pixel] / most
    targets[position * classes + set.labels[indices[position]]] = 1
  }
  return { pictures, targets }
}
