import { createLabels, type ImageShape, type LabelledImages, pixelsPerImage } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import type { LocalData } from './data-files.ts'

/** One drawn example. */
export interface DrawnExample {
  readonly label: number
  /** Of the contract's shape. */
  readonly pixels: Uint8Array
}

/** Drawings as one set, in their order. */
export function drawnSet(drawings: readonly DrawnExample[], { shape, classes }: DataContract): LabelledImages {
  const size = pixelsPerImage(shape)
  const pixels = new Uint8Array(drawings.length * size)
  const labels = createLabels(drawings.length, classes.length)
  for (const [index, drawing] of drawings.entries()) {
    pixels.set(drawing.pixels, index * size)
    labels[index] = drawing.label
  }
  return { count: drawings.length, shape, pixels, labels }
}

/** The drawings that data were made of, to go on with them. */
export function drawingsIn({ train, test }: LocalData): DrawnExample[] {
  return [train, test].flatMap(({ count, shape, pixels, labels }) => {
    const size = pixelsPerImage(shape)
    return Array.from({ length: count }, (_, index) => ({ label: labels[index], pixels: Uint8Array.from(pixels.subarray(index * size, (index + 1) * size)) }))
  })
}

/** One drawing as a set of its own, to look at. */
export const aloneOf = ({ label, pixels }: DrawnExample, shape: ImageShape): LabelledImages => ({
  count: 1,
  shape,
  pixels,
  labels: Uint16Array.of(label),
})
