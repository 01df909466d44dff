import { IdxFormatError, type LabelledImages, parseIdx, parseIdxPair, splitTrainTest } from '@shoal/data'
import { createRng } from '@shoal/numeric'
import type { DataContract } from '@shoal/protocol'

/** A volunteer's pictures, ready to train. They stay in this tab. */
export interface LocalData {
  readonly train: LabelledImages
  readonly test: LabelledImages
}

/** A `problem` is a sentence for the volunteer. */
export type DataResult = { readonly ok: true; readonly data: LocalData } | { readonly ok: false; readonly problem: string }

export interface DataFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const TEST_SHARE = 0.2

const problem = (sentence: string): { ok: false; problem: string } => ({ ok: false, problem: sentence })

type Split = 'train' | 'test' | 'unnamed'

const splitOf = (name: string): Split => (/t10k|test/i.test(name) ? 'test' : /train/i.test(name) ? 'train' : 'unnamed')

interface Pair {
  readonly images: readonly DataFile[]
  readonly labels: readonly DataFile[]
}

/** MNIST's files: which is which is told by their names (`train`, `t10k` or `test`) and by their first bytes. One pair alone is split, the same way each time for one seed. */
export function readDataFiles(files: readonly DataFile[], contract: DataContract, seed: string): DataResult {
  const images: DataFile[] = []
  const labels: DataFile[] = []
  try {
    for (const file of files) kindOf(file) === 'labels' ? labels.push(file) : images.push(file)
  } catch (error) {
    return problem(sentenceOf(error))
  }
  const pairOf = (split: Split): Pair => ({
    images: images.filter(({ name }) => splitOf(name) === split),
    labels: labels.filter(({ name }) => splitOf(name) === split),
  })
  const pairs = (['train', 'test', 'unnamed'] as const).map(pairOf).filter((pair) => pair.images.length + pair.labels.length > 0)
  const [train, test] = pairs
  if (train === undefined) return problem('Choose at least one file with pictures and one with their labels.')
  const unnamed = pairOf('unnamed')
  if (pairs.length > 1 && unnamed.images.length + unnamed.labels.length > 0) {
    const name = [...unnamed.images, ...unnamed.labels][0]?.name
    return problem(`Is “${name}” for training or for testing? Its name should contain “train” or “test”.`)
  }
  try {
    const first = readPair(train)
    if (!first.ok) return first
    if (test === undefined) return checkData(splitTrainTest(first.set, TEST_SHARE, createRng(seed)), contract)
    const second = readPair(test)
    return second.ok ? checkData({ train: first.set, test: second.set }, contract) : second
  } catch (error) {
    return problem(sentenceOf(error))
  }
}

function kindOf({ name, bytes }: DataFile): 'images' | 'labels' {
  try {
    return parseIdx(bytes).dimensions.length === 1 ? 'labels' : 'images'
  } catch (error) {
    if (error instanceof IdxFormatError) throw new IdxFormatError(`“${name}” is not an MNIST (idx) file: ${error.message}.`)
    throw error
  }
}

function readPair({ images, labels }: Pair): { readonly ok: true; readonly set: LabelledImages } | { readonly ok: false; readonly problem: string } {
  const [pictures] = images
  const [answers] = labels
  if (images.length > 1) return problem(`“${images[0]?.name}” and “${images[1]?.name}” both hold pictures. Choose one file with pictures and one with labels.`)
  if (labels.length > 1) return problem(`“${labels[0]?.name}” and “${labels[1]?.name}” both hold labels. Choose one file with pictures and one with labels.`)
  if (pictures === undefined) return problem(`The pictures that belong to “${answers?.name}” are missing. Choose both files together.`)
  if (answers === undefined) return problem(`The labels that belong to “${pictures.name}” are missing. Choose both files together.`)
  try {
    return { ok: true, set: parseIdxPair(pictures.bytes, answers.bytes) }
  } catch (error) {
    if (error instanceof IdxFormatError) return problem(`“${pictures.name}” and “${answers.name}” do not belong together: ${error.message}.`)
    throw error
  }
}

const sizeOf = ([height, width, channels]: readonly [number, number, number]): string =>
  `${height} by ${width} pixels in ${channels === 1 ? 'grey' : `${channels} colour channels`}`

/** The data, if they are of the shape and the classes that the federation trains on. */
export function checkData(data: LocalData, contract: DataContract): DataResult {
  for (const { count, shape, labels } of [data.train, data.test]) {
    if (count === 0) return problem('There are too few pictures to train on some and test on others.')
    if (shape.some((size, axis) => size !== contract.shape[axis]))
      return problem(`Your pictures are ${sizeOf(shape)}; this training takes ${sizeOf(contract.shape)}.`)
    const largest = labels.reduce((most, label) => Math.max(most, label), 0)
    if (largest >= contract.classes.length)
      return problem(`A picture has the label ${largest}; this training knows the labels 0 to ${contract.classes.length - 1}.`)
  }
  return { ok: true, data }
}

function sentenceOf(error: unknown): string {
  if (error instanceof IdxFormatError) return error.message
  throw error
}
