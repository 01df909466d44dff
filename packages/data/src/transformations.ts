import { type Rng, shuffled } from '@shoal/numeric'
import { createPixels, type LabelledImages, mostClasses, pixelsPerImage, selectExamples } from './labelled-images.ts'

/** What makes the data of one group differ from the others'. Leaves its argument alone; the result may share arrays with it. */
export type Transformation = (set: LabelledImages) => LabelledImages

/** Five disjoint pairs of ten classes; the first three are those of the demo's groups. */
export const LABEL_PAIRS: readonly (readonly [number, number])[] = [
  [1, 7],
  [3, 5],
  [2, 4],
  [0, 6],
  [8, 9],
]

/** The same pictures; class c of the set is class `permutation[c]` of the result. Throws RangeError where it is no permutation of 0, 1, ... or lacks a class of the set. */
export function permuteLabels(set: LabelledImages, permutation: readonly number[]): LabelledImages {
  const targets = new Set(permutation)
  const complete = permutation.every((_, label) => targets.has(label))
  const most = mostClasses(set)
  if (!complete || permutation.length > most) throw new RangeError(`no permutation of up to ${most} classes: ${permutation.join(' ')}`)
  const labels = set.labels.map((label) => {
    if (label >= permutation.length) throw new RangeError(`class ${label} in a permutation of ${permutation.length}`)
    return permutation[label]
  })
  return { ...set, labels }
}

/** The same pictures; the two classes of each pair exchange their labels. Throws RangeError where pairs share a class or name one that no label can have. */
export function swapLabels(set: LabelledImages, pairs: readonly (readonly [number, number])[]): LabelledImages {
  const classes = pairs.flat()
  if (new Set(classes).size !== classes.length || !classes.every((label) => Number.isInteger(label) && label >= 0 && label < mostClasses(set)))
    throw new RangeError(`no disjoint pairs of classes: ${pairs.map((pair) => pair.join('-')).join(', ')}`)
  const exchanged = new Map(
    pairs.flatMap(([left, right]): [number, number][] => [
      [left, right],
      [right, left],
    ]),
  )
  return { ...set, labels: set.labels.map((label) => exchanged.get(label) ?? label) }
}

/** The same labels; every picture turned counter-clockwise by `quarterTurns` times 90 degrees, negative for clockwise. Throws RangeError for pictures that are not square. */
export function rotatePictures(set: LabelledImages, quarterTurns: number): LabelledImages {
  const [side, width, channels] = set.shape
  if (side !== width) throw new RangeError(`pictures of ${side}x${width} are not square`)
  if (!Number.isInteger(quarterTurns)) throw new RangeError(`${quarterTurns} quarter turns`)
  const turns = ((quarterTurns % 4) + 4) % 4
  const last = side - 1
  /** Where the pixel that comes to (row, column) has been. */
  const origin = (row: number, column: number): number => {
    if (turns === 1) return column * side + last - row
    if (turns === 2) return (last - row) * side + last - column
    if (turns === 3) return (last - column) * side + row
    return row * side + column
  }
  const origins = Int32Array.from({ length: side * side }, (_, pixel) => origin(Math.floor(pixel / side), pixel % side))
  const size = pixelsPerImage(set.shape)
  const pixels = createPixels(set, set.pixels.length)
  for (let start = 0; start < pixels.length; start += size) {
    for (let pixel = 0; pixel < origins.length; pixel += 1) {
      for (let channel = 0; channel < channels; channel += 1)
        pixels[start + pixel * channels + channel] = set.pixels[start + origins[pixel] * channels + channel]
    }
  }
  return { ...set, pixels }
}

/**
 * The same labels; every picture turned counter-clockwise by any angle about its middle, each pixel from the nearest one, on the same canvas: what comes from outside is 0.
 * A multiple of 90 moves the same pixels as `rotatePictures`. Throws RangeError for pictures that are not square.
 */
export function rotateByAngle(set: LabelledImages, degrees: number): LabelledImages {
  const [side, width, channels] = set.shape
  if (side !== width) throw new RangeError(`pictures of ${side}x${width} are not square`)
  if (!Number.isFinite(degrees)) throw new RangeError(`${degrees} degrees`)
  const quarter = degrees / 90
  if (Number.isInteger(quarter)) return rotatePictures(set, quarter)
  const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  const middle = (side - 1) / 2
  const size = pixelsPerImage(set.shape)
  const pixels = createPixels(set, set.pixels.length)
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const [right, up] = [column - middle, middle - row]
      const fromColumn = Math.round(middle + right * cosine + up * sine)
      const fromRow = Math.round(middle + right * sine - up * cosine)
      if (fromColumn < 0 || fromColumn >= side || fromRow < 0 || fromRow >= side) continue
      const [to, from] = [(row * side + column) * channels, (fromRow * side + fromColumn) * channels]
      for (let start = 0; start < pixels.length; start += size)
        for (let channel = 0; channel < channels; channel += 1) pixels[start + to + channel] = set.pixels[start + from + channel]
    }
  }
  return { ...set, pixels }
}

/** The examples of the named classes, in their order. Throws RangeError where there is none. */
export function selectClasses(set: LabelledImages, classes: readonly number[]): LabelledImages {
  const wanted = new Set(classes)
  const indices: number[] = []
  for (const [index, label] of set.labels.entries()) if (wanted.has(label)) indices.push(index)
  if (indices.length === 0) throw new RangeError(`no example of the classes ${classes.join(', ')}`)
  return selectExamples(set, indices)
}

/**
 * `count` permutations of 0 .. classes - 1, no two of which give any class the same label: groups that use one each disagree on every class.
 * Cyclic shifts by different steps, seen through random orders of the classes and of the labels. Throws RangeError for more permutations than classes.
 */
export function drawPermutations(count: number, classes: number, rng: Rng): number[][] {
  if (!Number.isInteger(count) || !Number.isInteger(classes) || count < 1 || count > classes)
    throw new RangeError(`${count} permutations of ${classes} classes that differ everywhere`)
  const numbers = Array.from({ length: classes }, (_, index) => index)
  const [places, labels, steps] = [shuffled(numbers, rng), shuffled(numbers, rng), shuffled(numbers, rng)]
  return steps.slice(0, count).map((step) => places.map((place) => labels[(place + step) % classes]))
}
