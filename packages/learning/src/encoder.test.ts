import { createSyntheticImages, type LabelledImages } from '@shoal/data'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { DESCRIBE } from '../tests/latent-procedures.ts'
import { callOf, codeOf, partOf, rowOf } from '../tests/point-procedures.ts'
import { activationsOf } from './activations.ts'
import { createEncoder } from './encoder.ts'
import { createLocalProcedures } from './local-procedures.ts'
import { loadNodeBackend } from './node-backend.ts'
import { type Architecture, type ArchitectureName, architectureLayout, architectureOf, initialParameters } from './zoo.ts'

const yieldToHost = (): Promise<void> => Promise.resolve()
const train = createSyntheticImages(300, 'encoder')
const encoderOf = (name: ArchitectureName | Architecture, images: LabelledImages = train, isLabelled = true) =>
  createEncoder({ architecture: architectureOf(name), train: images, isLabelled, yieldToHost })

beforeAll(async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
})

test.each([
  ['mlp-784-128-10', 128, 3],
  ['cnn-6186', 2304 / 4, 4],
  ['cnn-6250-batch-norm', 2304 / 4, 5],
  ['lenet-5', 400, 7],
] as const)('latents of %s: the %d numbers that enter its first dense layer, or the last where nothing is convolved', async (name, width, layers) => {
  const architecture = architectureOf(name)
  const model = initialParameters(architecture, 'encoder')
  const encoder = encoderOf(name)
  expect(encoder?.width).toBe(width)
  const heard = new Float32Array(train.count * width)
  const before = tf.memory().numTensors
  let yields = 0
  const told: [number, number][] = []
  const paced = createEncoder({
    architecture,
    train,
    isLabelled: true,
    yieldToHost: async () => {
      yields += 1
    },
  })
  await paced?.latents(
    model,
    (rows, first) => heard.set(rows, first * width),
    (done, total) => told.push([done, total]),
  )
  const { values } = await activationsOf({ architecture, model, layers, examples: train, yieldToHost })
  expect(Buffer.compare(new Uint8Array(heard.buffer), new Uint8Array(values.buffer))).toBe(0)
  expect(tf.memory().numTensors).toBe(before)
  expect(yields).toBe(2)
  expect(told).toEqual([
    [256, 300],
    [300, 300],
  ])
})

test('a network of no dense layer has no latents, and a single dense layer those that enter it', () => {
  const linear: Architecture = { inputShape: [28, 28, 1], classes: 10, layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'output', units: 10 }] }
  expect(encoderOf(linear)?.width).toBe(784)
  expect(encoderOf({ ...linear, layers: linear.layers.slice(0, 1) })).toBe(null)
})

test('guard: batch norm in inference mode: the buffers of a layer beyond the latents are not taken for those before', async () => {
  const architecture: Architecture = {
    inputShape: [1, 1, 1],
    classes: 2,
    layers: [
      { kind: 'flatten' },
      { kind: 'batch-norm', name: 'norm1' },
      { kind: 'dense', name: 'hidden', units: 1 },
      { kind: 'batch-norm', name: 'norm2' },
      { kind: 'dense', name: 'output', units: 2 },
    ],
  }
  const { length } = architectureLayout(architecture)
  // gamma, beta | kernel, bias | gamma, beta | kernel (2), bias (2) | mean, variance of the first | of the second.
  const model = Float32Array.of(1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0.5, 0.25 - 1e-3, 100, 100)
  expect(model).toHaveLength(length)
  const points = await activationsOf({ architecture, model, layers: 2, examples: { count: 2, shape: [1, 1, 1], pixels: Float32Array.of(0, 1) }, yieldToHost })
  for (const [index, entry] of [-1, 1].entries()) expect(points.values[index]).toBeCloseTo(entry, 5)
})

test('invariant 18: as many tensors after an extraction as before, where the host stops it too', async () => {
  let left = 1
  const procedures = createLocalProcedures({
    architecture: 'lenet-5',
    train,
    test: train,
    yieldToHost: async () => {
      left -= 1
      if (left < 0) throw new Error('stopped')
    },
  })
  const model = initialParameters(architectureOf('lenet-5'), 'encoder')
  const call = callOf({ procedure: 'describe', kind: 'rows', args: { ...DESCRIBE, classes: 10, halves: true }, models: [model] })
  const before = tf.memory().numTensors
  expect(codeOf(await procedures.run(call))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
  expect(tf.memory().numTensors).toBe(before)
  left = 100
  const row = rowOf(await procedures.run(call))
  expect(row.every(Number.isFinite)).toBe(true)
  expect(tf.memory().numTensors).toBe(before)
})

test('the first of the same bytes, in pictures of bytes and of floats', () => {
  const rows = [
    [1, 2],
    [3, 4],
    [1, 2],
    [1, 3],
    [3, 4],
    [1, 2],
  ].flat()
  const set = (pixels: Uint8Array | Float32Array): LabelledImages => ({ count: 6, shape: [1, 2, 1], pixels, labels: Uint8Array.of(0, 1, 1, 0, 1, 0) })
  const tiny: Architecture = { inputShape: [1, 2, 1], classes: 2, layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'output', units: 2 }] }
  const padded = new Uint8Array([9, 9, ...rows]).subarray(2)
  for (const pixels of [padded, Float32Array.from(rows)]) expect(encoderOf(tiny, set(pixels))?.firstAlike()).toEqual(Uint32Array.of(0, 1, 0, 3, 1, 0))
})

test('without labels nothing is trained, tested or described, and a cluster is found all the same', async () => {
  const model = initialParameters(architectureOf('lenet-5'), 'encoder')
  const unlabelled = createLocalProcedures({ architecture: 'lenet-5', train, test: train, isLabelled: false })
  const args = { ...DESCRIBE, classes: 10 }
  expect(encoderOf('lenet-5', train, false)?.labels()).toBe(null)
  for (const procedure of ['describe', 'count-labels'] as const)
    expect(codeOf(await unlabelled.run(callOf({ procedure, args: procedure === 'describe' ? args : { classes: 10 }, models: [model] })))).toBe(
      'SHOAL_ERR_NO_BLOCK',
    )
  expect(codeOf(await unlabelled.run(callOf({ procedure: 'evaluate', args: { split: 'test' }, models: [model] })))).toBe('SHOAL_ERR_PROCEDURE_FAILED')

  const row = rowOf(
    await createLocalProcedures({ architecture: 'lenet-5', train, test: train }).run(callOf({ procedure: 'describe', kind: 'rows', args, models: [model] })),
  )
  const { halves: _halves, leastToVote: _leastToVote, noise: _noise, ...descriptor } = args
  const scaler = Float32Array.from({ length: 2 * 22 }, (_, index) => index % 2)
  const find = callOf({
    procedure: 'find-descriptor',
    args: { ...descriptor, missing: 'raw', reach: [1, 1], sizes: [3, 3], serves: [true, true] },
    models: [model, model, model],
    vectors: [scaler, new Float32Array(44).fill(9), row.slice(0, 44)],
    cluster: null,
  })
  expect(await unlabelled.run(find)).toEqual({ ok: true, value: { kind: 'finding', cluster: 1, serves: 2, tried: [] } })
  expect(partOf(await unlabelled.run(callOf({ procedure: 'check-drift', args: descriptor, models: [model], vectors: [scaler] }))).weight).toBe(1)
})
