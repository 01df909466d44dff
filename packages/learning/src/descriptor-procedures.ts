import { scaledDescriptor, squaredDistance } from '@shoal/clustering'
import { deriveSeed, orthonormalColumns, rngFrom } from '@shoal/numeric'
import { type DescriptorArgs, descriptorBlocks, descriptorLength, type ProcedureTable } from '@shoal/protocol'
import { findingOf } from './admission-procedures.ts'
import { hashOf } from './byte-hash.ts'
import type { Fingerprint } from './client-memory.ts'
import { addLatent, blockDistances, type DescriptorSums, descriptorOf, emptySums, halvesOf, hasBlock, projectInto } from './descriptor.ts'
import { paperNoise, soundSums } from './descriptor-noise.ts'
import type { Encoder } from './learner.ts'
import { assertModel, assertVectors, modelOf, onePart, type Procedure, type ProcedureCall, type ProcedureContext, refusal, weightOf } from './procedure.ts'

/** FLUX on the client's side: its descriptor, and where it stands among the others (spec sections 3 and 4). */

export const describe: Procedure<ProcedureTable['describe']> = async (args, call, context) => {
  const { entries, halves } = call.of === null ? await describedBy(args, call, context) : keptDescriptor(args, context)
  const { examples } = encoderOf(context)
  if (call.kind === 'rows') {
    const row = Float32Array.of(...entries, ...(args.halves ? halves : []), Number(examples >= args.leastToVote))
    return { kind: 'rows', rows: [row] }
  }
  return onePart(0, blockMoments(entries, args), 1)
}

export const lloydDescriptors: Procedure<ProcedureTable['lloyd-descriptors']> = (args, call, context) => {
  const { block, scaled } = nearestBlock(args, call, context)
  return onePart(block, scaled, 1)
}

export const nearestDescriptor: Procedure<ProcedureTable['nearest-descriptor']> = (args, call, context) => {
  const { block, squared } = nearestBlock(args, call, context)
  return onePart(block, Float32Array.of(squared), 1)
}

/** Our detection of drift: the paper tells none (spec section 4.4). */
export const checkDrift: Procedure<ProcedureTable['check-drift']> = async (args, call, context) => {
  assertVectors(call.vectors, 1, 2 * descriptorBlocks(args))
  const { client } = context
  const model = modelOf(call, context)
  const origin = originOf(model, args)
  const { own } = await passOver(args, model, context, {
    labels: null,
    halves: halvesOf(encoderOf(context).firstAlike(), deriveSeed(call.seed, 'halves')),
    bound: Number.POSITIVE_INFINITY,
  })
  const labelFree = descriptorOf(own.all, 1)
  const { fingerprint } = client
  // Numbers under another model, or along other directions, say nothing about these.
  if (fingerprint === null || fingerprint.origin !== origin || fingerprint.labelFree.length !== labelFree.length) {
    client.fingerprint = fingerprintOf(origin, own, args)
    return onePart(0, Float32Array.of(0), 1)
  }
  const [scaler] = call.vectors
  const moved = scaledSum(blockDistances(labelFree, fingerprint.labelFree, { length: args.length, classes: 0 }), scaler)
  const noise = scaledSum(fingerprint.halves, scaler)
  return onePart(0, Float32Array.of(Number(moved > MOVED ** 2 * noise)), 1)
}

/** So many of what two halves of a client's own examples lie apart. */
const MOVED = 1.5

export const findDescriptor: Procedure<ProcedureTable['find-descriptor']> = async (args, call, context) => {
  for (const model of call.models) assertModel(model, context.learner)
  const [probe, ...clusters] = call.models
  const [scaler, ...centroids] = call.vectors
  const { reach, sizes, serves } = args
  if (clusters.length === 0 || centroids.length !== clusters.length) throw refusal('SHOAL_ERR_SHAPE', 'the call gives not one centroid for each cluster')
  if ([reach, sizes, serves].some(({ length }) => length !== clusters.length)) throw refusal('SHOAL_ERR_MALFORMED', 'not one number for each cluster')
  assertScaled(args, scaler, centroids)
  const isOpen = clusters.map((_, cluster) => serves[cluster] || !serves.includes(true))

  const { cluster } = call
  if (cluster !== null) {
    if (cluster >= clusters.length) throw refusal('SHOAL_ERR_MALFORMED', `there is no cluster ${cluster}`)
    return findingOf(cluster, isOpen[cluster] ? [0, 1 + cluster] : [0], call, context)
  }

  const encoder = encoderOf(context)
  const labels = encoder.labels()
  const { own } = await passOver(args, probe, context, { labels, halves: null, bound: Number.POSITIVE_INFINITY })
  const blocks = labels === null ? 2 : descriptorBlocks(args)
  const entries = blocks * args.length
  const scaled = scaledDescriptor(descriptorOf(own.all, args.leastExamples), scaler.subarray(0, 2 * blocks), {
    blocks,
    length: args.length,
    missing: args.missing,
  })
  const distances = centroids.map((centroid, place) =>
    isOpen[place] ? Math.sqrt(squaredDistance(scaled, centroid.subarray(0, entries))) : Number.POSITIVE_INFINITY,
  )
  const nearest = Math.min(...distances)
  const tied = [...distances.keys()].filter((place) => distances[place] - nearest <= TIE * Math.max(1, nearest))
  const found = tied.reduce((largest, place) => (sizes[place] > sizes[largest] ? place : largest))
  const isTied = tied.length > 1 ? ({ isTied: true } as const) : {}
  if (nearest > reach[found]) return { ...(await findingOf(null, [0], call, context)), ...isTied }
  return { ...(await findingOf(found, [0, 1 + found], call, context)), ...isTied }
}

/** Nearer to each other than this, in the scaler's units, centroids are equally near: what rounding to float32 makes of equal numbers. */
const TIE = 1e-6

export const countLabels: Procedure<ProcedureTable['count-labels']> = ({ classes }, call, context) => {
  const labels = labelsOf(context)
  const shares = new Float64Array(classes)
  for (let place = 0; place < labels.length; place += 1) {
    const label = labels[place]
    if (label >= classes) throw refusal('SHOAL_ERR_SHAPE', `label ${label}, and the ask counts ${classes} classes`)
    shares[label] += 1 / labels.length
  }
  return onePart(call.block ?? 0, Float32Array.from(shares), weightOf(call, context))
}

function encoderOf({ learner }: ProcedureContext): Encoder {
  const { encoder } = learner
  if (encoder === null) throw refusal('SHOAL_ERR_PROCEDURE_FAILED', 'the models of this federation have no latents')
  if (encoder.examples === 0) throw refusal('SHOAL_ERR_PROCEDURE_FAILED', 'there are no examples to describe')
  return encoder
}

function labelsOf(context: ProcedureContext): ArrayLike<number> {
  const labels = encoderOf(context).labels()
  if (labels === null) throw refusal('SHOAL_ERR_NO_BLOCK', 'the examples have no labels')
  return labels
}

type Described = NonNullable<ProcedureContext['memory']['descriptor']>

/** Makes the descriptor and keeps it: for the round what is told, for `check-drift` the label-free part as it is. */
async function describedBy(args: ProcedureTable['describe'], call: ProcedureCall, context: ProcedureContext): Promise<Described> {
  const { noise, leastExamples } = args
  const { secretWord } = context
  const labels = labelsOf(context)
  if (noise !== null && secretWord === undefined) throw refusal('SHOAL_ERR_PROCEDURE_FAILED', 'there is no randomness of its own to draw noise from')
  const model = modelOf(call, context)
  const bound = noise?.kind === 'sound' ? noise.bound : Number.POSITIVE_INFINITY
  const halves = halvesOf(encoderOf(context).firstAlike(), deriveSeed(call.seed, 'halves'))
  const { own, cut, range } = await passOver(args, model, context, { labels, halves, bound })
  context.client.fingerprint = fingerprintOf(originOf(model, args), own, args)
  const described = (): Described => {
    if (noise === null || secretWord === undefined) return { entries: descriptorOf(own.all, leastExamples), halves: halfDistances(own, args) }
    const none = new Float32Array(descriptorBlocks(args)) // halves would tell what the noise hides
    if (noise.kind === 'sound') return { entries: descriptorOf(soundSums(cut, noise, rngFrom(secretWord)), leastExamples), halves: none }
    return { entries: paperNoise(own.all, leastExamples, { epsilon: noise.epsilon, range }, rngFrom(secretWord)), halves: none }
  }
  const made = described()
  context.memory.descriptor = { entries: made.entries.map(within), halves: made.halves.map(within) }
  return context.memory.descriptor
}

/** Largest size of an entry of a row that can be summed under masks. */
const LARGEST_ENTRY = 64
const within = (entry: number): number => Math.max(-LARGEST_ENTRY, Math.min(LARGEST_ENTRY, entry))

interface OwnSums {
  readonly all: DescriptorSums
  /** Of the two halves of the examples; null where nobody asked. */
  readonly halves: readonly [DescriptorSums, DescriptorSums] | null
}

interface Pass {
  readonly own: OwnSums
  /** Of latents cut at the bound. */
  readonly cut: DescriptorSums
  /** Largest latent minus the least, over all numbers of all examples. */
  readonly range: number
}

/** One inference pass over the training examples. */
async function passOver(
  args: DescriptorArgs,
  model: Float32Array,
  context: ProcedureContext,
  { labels, halves, bound }: { readonly labels: ArrayLike<number> | null; readonly halves: Int8Array | null; readonly bound: number },
): Promise<Pass> {
  const encoder = encoderOf(context)
  const { length, seed } = args
  const projection = orthonormalColumns({ rows: encoder.width, columns: length, seed })
  const form = { length, classes: labels === null ? 0 : args.classes }
  const all = emptySums(form)
  const parts = [emptySums(form), emptySums(form)] as const
  const cut = emptySums(form)
  const latent = new Float64Array(length)
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  const hear = (rows: Float32Array, first: number): void => {
    for (let row = 0; row * encoder.width < rows.length; row += 1) {
      const place = first + row
      const label = labels === null ? null : labels[place]
      projectInto(latent, rows.subarray(row * encoder.width, (row + 1) * encoder.width), projection)
      addLatent(all, latent, label)
      const half = halves === null ? -1 : halves[place]
      if (half >= 0) addLatent(parts[half], latent, label)
      least = Math.min(least, ...latent)
      most = Math.max(most, ...latent)
      if (bound === Number.POSITIVE_INFINITY) continue
      for (let index = 0; index < length; index += 1) latent[index] = Math.max(-bound, Math.min(bound, latent[index]))
      addLatent(cut, latent, label)
    }
  }
  await encoder.latents(model, hear, context.onProgress)
  if (!all.values.every(Number.isFinite)) throw refusal('SHOAL_ERR_PROCEDURE_FAILED', 'the model gives no finite latents')
  return { own: { all, halves: halves === null ? null : parts }, cut, range: most - least }
}

/** Zeros where one of the halves has too few examples. */
function halfDistances({ halves, all }: OwnSums, { leastExamples }: DescriptorArgs): Float32Array {
  if (halves === null || halves.some(({ values }) => values[0] === 0)) return new Float32Array(2 * (all.classes + 1))
  const [one, other] = halves.map((sums) => descriptorOf(sums, leastExamples))
  return blockDistances(one, other, all)
}

const fingerprintOf = (origin: number, own: OwnSums, args: DescriptorArgs): Fingerprint => {
  const [means, deviations] = halfDistances(own, args)
  return { origin, labelFree: descriptorOf(own.all, 1).slice(0, 2 * args.length), halves: [means, deviations] }
}

/** Names a model and directions, so that descriptors under different ones are never compared (spec section 8: probes are never mixed). */
const originOf = (model: Float32Array, { seed, length }: DescriptorArgs): number =>
  (hashOf(new Uint8Array(model.buffer, model.byteOffset, model.byteLength)) ^ hashOf(new TextEncoder().encode(`${length} ${seed}`))) >>> 0

/** Squared distance in a scaler's units, of the first blocks' squared distances. A block without a span counts for nothing. */
function scaledSum(distances: ArrayLike<number>, scaler: Float32Array): number {
  let sum = 0
  for (let block = 0; block < distances.length; block += 1) {
    const span = scaler[2 * block + 1]
    if (span !== 0) sum += distances[block] / span ** 2
  }
  return sum
}

/** For each block [1 | mean of its numbers | mean of their squares], zeros where it is missing: with those of all clients that is what a scaler by sums needs. */
function blockMoments(entries: Float32Array, args: DescriptorArgs): Float32Array {
  const blocks = descriptorBlocks(args)
  const moments = new Float32Array(3 * blocks)
  for (let block = 0; block < blocks; block += 1) {
    if (!hasBlock(entries, block, args)) continue
    const numbers = entries.subarray(block * args.length, (block + 1) * args.length)
    const meanOf = (value: (entry: number) => number): number => numbers.reduce((sum, entry) => sum + value(entry), 0) / args.length
    moments.set([1, meanOf((entry) => entry), meanOf((entry) => entry ** 2)], 3 * block)
  }
  return moments
}

/** The one that `describe` made earlier in the round. */
function keptDescriptor(args: DescriptorArgs, { memory }: ProcedureContext): Described {
  const { descriptor } = memory
  if (descriptor?.entries.length !== descriptorLength(args) || descriptor.halves.length !== descriptorBlocks(args))
    throw refusal('SHOAL_ERR_MEMORY_LOST', 'describe')
  return descriptor
}

function assertScaled(args: DescriptorArgs, scaler: Float32Array | undefined, centroids: readonly Float32Array[]): asserts scaler is Float32Array {
  assertVectors(scaler === undefined ? [] : [scaler], 1, 2 * descriptorBlocks(args))
  assertVectors(centroids, Math.max(1, centroids.length), descriptorLength(args))
}

/** The kept descriptor in the scaler's units, and the first of the nearest centroids. */
function nearestBlock(args: ProcedureTable['lloyd-descriptors'], { vectors }: ProcedureCall, context: ProcedureContext) {
  const [scaler, ...centroids] = vectors
  assertScaled(args, scaler, centroids)
  const { entries } = keptDescriptor(args, context)
  const scaled = scaledDescriptor(entries, scaler, { blocks: descriptorBlocks(args), length: args.length, missing: args.missing })
  const distances = centroids.map((centroid) => squaredDistance(scaled, centroid))
  const squared = Math.min(...distances)
  return { block: distances.indexOf(squared), squared, scaled }
}
