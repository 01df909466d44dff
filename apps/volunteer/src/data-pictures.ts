import { createLabels, type LabelledImages, pixelsPerImage } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import type { DataResult } from './data-files.ts'
import type { LeftOut } from './data-problem.ts'

/** A larger file is left out: decoding it could take all memory of a phone. */
export const MAX_PICTURE_BYTES = 25_000_000
/** Most pictures that are read at once. */
const MAX_PICTURES = 20_000
/** Most bytes that all pictures together take, once they have the model's size. */
const MAX_DECODED_BYTES = 256_000_000

type Shape = readonly [height: number, width: number, channels: number]

/** A file and where it lay: `cats/one.png`. */
export interface PictureFile<Source> {
  readonly path: string
  readonly bytes: number
  readonly source: Source
}

/** Whether a name is one of the formats that browsers decode. */
export const isPictureName = (path: string): boolean => /\.(avif|bmp|gif|jpe?g|png|webp)$/i.test(path)

/** How many pictures of a shape are read at once. */
export const mostPictures = (shape: Shape): number => Math.max(1, Math.min(MAX_PICTURES, Math.floor(MAX_DECODED_BYTES / pixelsPerImage(shape))))

export interface PictureReading<Source> {
  /** Pixels in the given shape; throws where the source is no picture. */
  readonly decode: (source: Source, shape: Shape) => Promise<Uint8Array>
  /** The class that a path names; null for none. */
  readonly classOf: (path: string) => number | null
  readonly onProgress: (done: number, total: number) => void
  /** Most pictures that are taken; `mostPictures` says what a device holds. */
  readonly most: number
  /** Makes the volunteer's examples of the set, as `splitData` does. */
  readonly part: (set: LabelledImages) => DataResult
}

/** Pictures by class, in the shape of the contract and in the order of their paths. */
export async function readPictures<Source>(
  files: readonly PictureFile<Source>[],
  contract: DataContract,
  { decode, classOf, onProgress, most, part }: PictureReading<Source>,
): Promise<DataResult> {
  const { shape } = contract
  const leftOut: LeftOut[] = []
  const chosen: { readonly file: PictureFile<Source>; readonly label: number }[] = []
  for (const file of [...files].sort((one, other) => (one.path < other.path ? -1 : 1))) {
    const leave = (why: LeftOut['why']): number => leftOut.push({ name: file.path, why })
    const label = classOf(file.path)
    if (!isPictureName(file.path)) leave('not-a-picture')
    else if (label === null) leave('no-class')
    else if (file.bytes > MAX_PICTURE_BYTES) leave('too-large')
    else if (chosen.length >= most) leave('too-many')
    else chosen.push({ file, label })
  }
  const size = pixelsPerImage(shape)
  const pixels = new Uint8Array(chosen.length * size)
  const labels = createLabels(chosen.length, contract.classes.length)
  let count = 0
  for (const [index, { file, label }] of chosen.entries()) {
    onProgress(index, chosen.length)
    // One after the other: a phone has no room for many large pictures at once.
    const decoded = await decode(file.source, shape).catch(() => null)
    if (decoded === null) {
      leftOut.push({ name: file.path, why: 'unreadable' })
      continue
    }
    pixels.set(decoded, count * size)
    labels[count] = label
    count += 1
  }
  if (count === 0) return { ok: false, problem: { kind: 'all-left-out' }, leftOut }
  const set: LabelledImages = { count, shape, pixels: pixels.subarray(0, count * size), labels: labels.subarray(0, count) }
  return { ...part(set), leftOut }
}

interface Placement {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Where a picture goes in a field so that all of it is seen and nothing is stretched: as large as fits, in the middle. In pixels of the field. */
export function letterbox(picture: { readonly width: number; readonly height: number }, field: { readonly width: number; readonly height: number }): Placement {
  const scale = Math.min(field.width / picture.width, field.height / picture.height)
  const width = Math.max(1, Math.round(picture.width * scale))
  const height = Math.max(1, Math.round(picture.height * scale))
  return { left: Math.floor((field.width - width) / 2), top: Math.floor((field.height - height) / 2), width, height }
}

/** Red, green, blue, opacity as a canvas gives them, as the channels of a shape: one is luminance (ITU-R BT.601), three or four are kept. */
export function channelsOf(rgba: Uint8ClampedArray | Uint8Array, channels: number): Uint8Array {
  const count = rgba.length / 4
  const pixels = new Uint8Array(count * channels)
  for (let pixel = 0; pixel < count; pixel += 1) {
    const at = pixel * 4
    if (channels === 1) pixels[pixel] = Math.round(0.299 * rgba[at] + 0.587 * rgba[at + 1] + 0.114 * rgba[at + 2])
    else for (let channel = 0; channel < channels; channel += 1) pixels[pixel * channels + channel] = rgba[at + channel]
  }
  return pixels
}
