import { squaredDistance } from '@shoal/clustering'
import { createRng, deriveSeed } from '@shoal/numeric'
import { type DescriptorArgs, descriptorBlocks, descriptorLength, type ProcedureTable } from '@shoal/protocol'
import { upTo } from './cluster-models.ts'

/** For tests: data as a network sees them, already pressed into L numbers an example, and the procedures of descriptors over them, straight from their definitions. */
export interface DescribedData {
  /** L numbers for each example. */
  readonly latents: readonly (readonly number[])[]
  /** Null where the examples have none. */
  readonly labels: readonly number[] | null
}

const ABSENT = -1
/** More than noise: the distance between halves of one client's examples, times this (spec section 4.4). */
const DRIFT_FACTOR = 1.5

/** Examples of each class around a centre of its own: `shift`, the same for all of a group, says how far off, and how wide they scatter. */
export function plantData(
  {
    length,
    classes,
    examples,
    shift,
    seed,
  }: { readonly length: number; readonly classes: number; readonly examples: number; readonly shift: number; readonly seed: string },
  hasLabels = true,
): DescribedData {
  const rng = createRng(deriveSeed(seed, 'data'))
  const labels = upTo(examples).map((example) => example % classes)
  const latents = labels.map((label) =>
    upTo(length).map((entry) => Math.sin(3 * label + entry) + shift * Math.cos(entry + shift) + (0.2 + 0.1 * Math.sin(shift + entry)) * rng.normal()),
  )
  return { latents, labels: hasLabels ? labels : null }
}

export function describeData({ latents, labels }: DescribedData, { classes, leastExamples, length }: DescriptorArgs): Float32Array {
  const descriptor = new Float32Array(descriptorLength({ length, classes })).fill(ABSENT)
  const momentsInto = (rows: DescribedData['latents'], mean: number, deviation: number): void => {
    for (const entry of upTo(length)) {
      const values = rows.map((row) => row[entry])
      const average = values.reduce((sum, value) => sum + value, 0) / values.length
      descriptor[mean * length + entry] = average
      descriptor[deviation * length + entry] = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length)
    }
  }
  momentsInto(latents, 0, 1)
  if (labels === null) return descriptor
  for (const label of upTo(classes)) {
    const rows = latents.filter((_, example) => labels[example] === label)
    if (rows.length >= leastExamples) momentsInto(rows, 2 + label, 2 + classes + label)
  }
  return descriptor
}

const halvesOf = ({ latents, labels }: DescribedData): readonly DescribedData[] =>
  [0, 1].map((half) => {
    // Neighbours have unlike classes: both halves have all of them.
    const isOwn = (example: number): boolean => Math.floor(example / (latents.length / 2)) === half
    return { latents: latents.filter((_, example) => isOwn(example)), labels: labels?.filter((_, example) => isOwn(example)) ?? null }
  })

const blockOf = (descriptor: Float32Array, block: number, length: number): Float32Array => descriptor.subarray(block * length, (block + 1) * length)

/** Of a class, its deviations say whether it is there; of all examples they always are. */
const isThere = (descriptor: Float32Array, block: number, { classes, length }: DescriptorArgs): boolean =>
  block < 2 || descriptor[(block < 2 + classes ? block + classes : block) * length] !== ABSENT

const halfDistances = (data: DescribedData, args: DescriptorArgs): number[] => {
  const [first, second] = halvesOf(data).map((half) => describeData(half, args))
  return upTo(descriptorBlocks(args)).map((block) =>
    isThere(first, block, args) && isThere(second, block, args) ? squaredDistance(blockOf(first, block, args.length), blockOf(second, block, args.length)) : 0,
  )
}

export function rowOf(descriptor: Float32Array, data: DescribedData, args: ProcedureTable['describe']): Float32Array {
  const halves = args.halves ? halfDistances(data, args) : []
  return Float32Array.of(...descriptor, ...halves, Number(data.latents.length >= args.leastToVote))
}

export const momentsOf = (descriptor: Float32Array, args: DescriptorArgs): number[] =>
  upTo(descriptorBlocks(args)).flatMap((block) => {
    if (!isThere(descriptor, block, args)) return [0, 0, 0]
    const entries = [...blockOf(descriptor, block, args.length)]
    return [1, mean(entries), mean(entries.map((entry) => entry * entry))]
  })
const mean = (entries: readonly number[]): number => entries.reduce((sum, entry) => sum + entry, 0) / entries.length

export const scaledDescriptor = (descriptor: Float32Array, scaler: Float32Array, args: DescriptorArgs & { readonly missing: 'raw' | 'scaled' }): Float32Array =>
  descriptor.map((entry, index) => {
    const block = Math.floor(index / args.length)
    const [offset, span] = scaler.subarray(2 * block, 2 * block + 2)
    if (args.missing === 'scaled' && !isThere(descriptor, block, args)) return -0.5
    return span === 0 ? 0 : (entry - offset) / span
  })

export function nearestCentroid(scaled: Float32Array, centroids: readonly Float32Array[]): { readonly cluster: number; readonly distance: number } {
  const distances = centroids.map((centroid) => Math.sqrt(squaredDistance(scaled, centroid.subarray(0, scaled.length))))
  const distance = Math.min(...distances)
  return { cluster: distances.indexOf(distance), distance }
}

export function hasMoved(before: Float32Array, data: DescribedData, args: DescriptorArgs, scaler: Float32Array): boolean {
  const own = describeData(data, args)
  const scaledDistance = (squares: (block: number) => number): number =>
    Math.sqrt([0, 1].reduce((sum, block) => sum + (scaler[2 * block + 1] === 0 ? 0 : squares(block) / scaler[2 * block + 1] ** 2), 0))
  const moved = scaledDistance((block) => squaredDistance(blockOf(own, block, args.length), blockOf(before, block, args.length)))
  return moved > DRIFT_FACTOR * scaledDistance((block) => halfDistances(data, args)[block])
}

export function findDescriptor(data: DescribedData, args: ProcedureTable['find-descriptor'], [scaler, ...centroids]: readonly Float32Array[]): number | null {
  const scaled = scaledDescriptor(describeData(data, args), scaler, args)
  const { cluster, distance } = nearestCentroid(data.labels === null ? scaled.subarray(0, 2 * args.length) : scaled, centroids)
  return distance > args.reach[cluster] ? null : cluster
}
