import { IdxFormatError, type LabelledImages, type Labels, parseIdx, parseIdxPair, selectExamples } from '@shoal/data'
import { createRng, shuffled } from '@shoal/numeric'
import type { DataContract } from '@shoal/protocol'
import { type DataProblem, LEAST_PER_PART, LEAST_POINTS, type LeftOut } from './data-problem.ts'
import { countByClass } from './data-sources.ts'

/** A volunteer's examples, ready to train. They stay on this device. */
export interface LocalData {
  readonly train: LabelledImages
  readonly test: LabelledImages
  /** Of points: the row of the volunteer's table that each was, from 1. */
  readonly rows?: Uint32Array
  /**
   * Of pictures without labels, which are never trained on: the labels of both sets mean nothing then. `key`: what this device happens to know of the test pictures, to
   * judge models by and for nothing else; null where it knows nothing.
   */
  readonly unlabelled?: { readonly key: Labels | null }
}

export const isLabelled = ({ unlabelled }: LocalData): boolean => unlabelled === undefined

/** `leftOut` names the files that were not used. */
export type DataResult =
  | { readonly ok: true; readonly data: LocalData; readonly leftOut?: readonly LeftOut[] }
  | { readonly ok: false; readonly problem: DataProblem; readonly leftOut?: readonly LeftOut[] }

export interface DataFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const TEST_SHARE = 0.2

/** MNIST's largest file has 47 MB. */
export const MAX_IDX_BYTES = 250_000_000

const problem = (problem: DataProblem): { ok: false; problem: DataProblem } => ({ ok: false, problem })

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
  for (const file of files) {
    const kind = kindOf(file)
    if (typeof kind === 'object') return problem(kind)
    if (kind === 'labels') labels.push(file)
    else images.push(file)
  }
  const pairOf = (split: Split): Pair => ({
    images: images.filter(({ name }) => splitOf(name) === split),
    labels: labels.filter(({ name }) => splitOf(name) === split),
  })
  const pairs = (['train', 'test', 'unnamed'] as const).map(pairOf).filter((pair) => pair.images.length + pair.labels.length > 0)
  const [train, test] = pairs
  if (train === undefined) return problem({ kind: 'nothing-chosen' })
  const unnamed = pairOf('unnamed')
  const [odd] = [...unnamed.images, ...unnamed.labels]
  if (pairs.length > 1 && odd !== undefined) return problem({ kind: 'split-unnamed', name: odd.name })
  const first = readPair(train)
  if (!first.ok) return first
  if (test === undefined) return splitData(first.set, contract, seed)
  const second = readPair(test)
  return second.ok ? checkData({ train: first.set, test: second.set }, contract) : second
}

/**
 * One set parted into what is trained on and what is tested on, the same way each time for one seed. Every class gives the same share to the test, so that of a few
 * examples no class is only tested on; a small set still gives the test the least it needs.
 */
export function splitData(set: LabelledImages, contract: DataContract, seed: string): DataResult {
  const { count, labels } = set
  const testCount = Math.min(count, Math.max(LEAST_PER_PART, Math.round(count * TEST_SHARE)))
  const counts = countByClass(labels)
  const seen = new Map<number, number>()
  const ranked = shuffled([...labels.keys()], createRng(seed)).map((index) => {
    const label = labels[index]
    const rank = seen.get(label) ?? 0
    seen.set(label, rank + 1)
    return { index, place: (rank + 0.5) / (counts.get(label) ?? 1) }
  })
  const indices = ranked.sort((one, other) => one.place - other.place).map(({ index }) => index)
  const part = (start: number, end: number): LabelledImages => selectExamples(set, indices.slice(start, end))
  return checkData({ train: part(0, count - testCount), test: part(count - testCount, count) }, contract)
}

/** Points are all fitted to, and nothing is kept back: no answer is judged. They stay in the order of their rows. */
export function dataOfPoints(points: LabelledImages, rows: Uint32Array, contract: DataContract): DataResult {
  return checkData({ train: points, test: selectExamples(points, []), rows }, contract)
}

export function kindOf({ name, bytes }: DataFile): 'images' | 'labels' | DataProblem {
  try {
    return parseIdx(bytes).dimensions.length === 1 ? 'labels' : 'images'
  } catch (error) {
    if (error instanceof IdxFormatError) return { kind: 'not-idx', name, reason: error.message }
    throw error
  }
}

export function readPair({
  images,
  labels,
}: Pair): { readonly ok: true; readonly set: LabelledImages } | { readonly ok: false; readonly problem: DataProblem } {
  const [pictures, morePictures] = images
  const [answers, moreAnswers] = labels
  if (pictures !== undefined && morePictures !== undefined) return problem({ kind: 'two-of-one', what: 'pictures', names: [pictures.name, morePictures.name] })
  if (answers !== undefined && moreAnswers !== undefined) return problem({ kind: 'two-of-one', what: 'labels', names: [answers.name, moreAnswers.name] })
  if (pictures === undefined) return answers === undefined ? problem({ kind: 'nothing-chosen' }) : problem({ kind: 'pictures-missing', of: answers.name })
  if (answers === undefined) return problem({ kind: 'labels-missing', of: pictures.name })
  try {
    return { ok: true, set: parseIdxPair(pictures.bytes, answers.bytes) }
  } catch (error) {
    if (error instanceof IdxFormatError) return problem({ kind: 'pair-unfit', names: [pictures.name, answers.name], reason: error.message })
    throw error
  }
}

/** The data, if they are enough, and of the shape and the classes that the federation trains on. */
export function checkData(data: LocalData, contract: DataContract): DataResult {
  const { train, test } = data
  if (contract.kind === 'points') return checkPoints(data, contract)
  for (const { count, shape, labels } of [train, test]) {
    if (count < LEAST_PER_PART) return problem({ kind: 'too-few', train: train.count, test: test.count })
    if (shape.some((size, axis) => size !== contract.shape[axis])) return problem({ kind: 'other-shape', shape, wanted: contract.shape })
    let largest = 0
    for (const label of labels) largest = Math.max(largest, label)
    if (largest >= contract.classes.length) return problem({ kind: 'label-unknown', label: largest, last: contract.classes.length - 1 })
  }
  return { ok: true, data }
}

function checkPoints(data: LocalData, { shape: wanted }: DataContract): DataResult {
  const { train, rows } = data
  if (train.count < LEAST_POINTS) return problem({ kind: 'too-few-points', count: train.count, least: LEAST_POINTS })
  if (train.shape.some((size, axis) => size !== wanted[axis])) return problem({ kind: 'other-shape', shape: train.shape, wanted })
  return rows?.length === train.count ? { ok: true, data } : problem({ kind: 'samples-damaged' })
}
