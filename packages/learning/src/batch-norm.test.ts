import { createSyntheticImages, selectExamples } from '@shoal/data'
import { createRng, type Layout, slotOf, subtract } from '@shoal/numeric'
import type { TrainArgs } from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
import { expect, test, vi } from 'vitest'
import { evaluateParameters } from './evaluation.ts'
import { crossEntropy, forwardInTraining } from './forward.ts'
import { loadNodeBackend } from './node-backend.ts'
import { tensorsOf, trainModel } from './training.ts'
import { type Architecture, architectureLayout, architectureOf, initialParameters } from './zoo.ts'

// Training on a machine that does other work besides.
vi.setConfig({ testTimeout: 60_000 })

const PLAIN: TrainArgs = { steps: 1, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 }
const yieldToHost = (): Promise<void> => Promise.resolve()

/** Normalised once over places and once over examples alone; nothing in it has a kink, so that differences are as good as derivatives. */
const SMOOTH: Architecture = {
  inputShape: [4, 4, 1],
  classes: 3,
  layers: [
    { kind: 'conv', name: 'conv1', filters: 2, kernel: 2, stride: 2, padding: 'valid' },
    { kind: 'batch-norm', name: 'norm1' },
    { kind: 'flatten' },
    { kind: 'dense', name: 'hidden', units: 4 },
    { kind: 'batch-norm', name: 'norm2' },
    { kind: 'dense', name: 'output', units: 3 },
  ],
}
const COUNT = 5

const load = async (backend: 'wasm' | 'cpu'): Promise<void> => expect((await loadNodeBackend(backend)).ok).toBe(true)

function exampleOf(seed: string): { vector: Float32Array; pictures: tf.Tensor4D; targets: tf.Tensor2D; layout: Layout } {
  const rng = createRng(seed)
  const layout = architectureLayout(SMOOTH)
  const vector = Float32Array.from({ length: layout.length }, () => 0.5 + rng.uniform())
  const pictures = Float32Array.from({ length: COUNT * 16 }, () => rng.uniform())
  const targets = Float32Array.from({ length: COUNT * 3 }, (_, entry) => Number(entry % 3 === Math.floor(entry / 3) % 3))
  return { vector, layout, pictures: tf.tensor4d(pictures, [COUNT, 4, 4, 1]), targets: tf.tensor2d(targets, [COUNT, 3]) }
}

async function gradientOn(backend: 'wasm' | 'cpu', seed: string): Promise<Float32Array> {
  await load(backend)
  const { vector, pictures, targets, layout } = exampleOf(seed)
  const trainable = tensorsOf(vector, layout).slice(0, -4)
  const lossOf = (...parameters: tf.Tensor[]): tf.Scalar =>
    crossEntropy(
      forwardInTraining(SMOOTH, parameters, pictures, () => undefined),
      targets,
    )
  const gradients = await Promise.all(
    tf
      .grads(lossOf)(trainable)
      .map((gradient) => gradient.data<'float32'>()),
  )
  return Float32Array.from(gradients.flatMap((gradient) => [...gradient]))
}

test.each(['cpu', 'wasm'] as const)(
  '%s: the gradient goes through the statistics of the batch, as finite differences do (seed differences)',
  async (backend) => {
    const gradient = await gradientOn(backend, 'differences')
    const { vector, pictures, targets, layout } = exampleOf('differences')
    expect(gradient).toHaveLength(layout.trainable)
    const lossAt = (moved: Float32Array): number =>
      tf.tidy(
        () =>
          crossEntropy(
            forwardInTraining(SMOOTH, tensorsOf(moved, layout), pictures, () => undefined),
            targets,
          ).dataSync()[0],
      )
    const step = 1e-2
    for (let entry = 0; entry < layout.trainable; entry += 1) {
      const moved = (by: number): Float32Array => vector.with(entry, vector[entry] + by)
      const difference = (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step)
      expect(Math.abs(difference - gradient[entry])).toBeLessThan(1e-3)
    }
    // Not by chance: there is something to be wrong about.
    expect(gradient.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0)).toBeGreaterThan(0.05)
  },
)

test('the gradients of wasm and cpu agree (seed agree)', async () => {
  const [onWasm, onCpu] = [await gradientOn('wasm', 'agree'), await gradientOn('cpu', 'agree')]
  expect(subtract(onWasm, onCpu).reduce((worst, gap) => Math.max(worst, Math.abs(gap)), 0)).toBeLessThan(1e-5)
})

/** One channel of two values, normalised: all by hand. */
const SMALL: Architecture = {
  inputShape: [1, 2, 1],
  classes: 2,
  layers: [{ kind: 'batch-norm', name: 'norm1' }, { kind: 'flatten' }, { kind: 'dense', name: 'output', units: 2 }],
}
const SMALL_SET = { count: 1, shape: [1, 2, 1] as const, pixels: Uint8Array.of(255, 0), labels: Uint8Array.of(0) }
// gamma, beta, kernel, bias; mean, variance.
const SMALL_MODEL = Float32Array.of(2, 1, 0, 0, 0, 0, 0, 0, 0.25, 4)

test('running statistics follow the batch by a tenth a step, whatever the optimiser is told', async () => {
  await load('wasm')
  const before = tf.memory().numTensors
  for (const change of [{}, { learningRate: 0.5 }, { weightDecay: 0.5, proximalMu: 0.5 }, { momentum: 0.9 }]) {
    const trained = await trainModel({
      architecture: SMALL,
      received: SMALL_MODEL,
      set: SMALL_SET,
      args: { ...PLAIN, ...change, steps: 2 },
      seed: 's',
      yieldToHost,
    })
    // The batch has mean 1/2 and variance 1/4: two steps leave 0.81 of what was received.
    expect(trained[8]).toBeCloseTo(0.81 * 0.25 + 0.19 * 0.5, 6)
    expect(trained[9]).toBeCloseTo(0.81 * 4 + 0.19 * 0.25, 6)
  }
  expect(tf.memory().numTensors).toBe(before)
})

test('evaluation uses the running statistics and not those of what it is shown', async () => {
  await load('wasm')
  const weights = [3, 1, -1, 2]
  const model = SMALL_MODEL.slice()
  model.set(weights, 2)
  const { loss } = await evaluateParameters({ architecture: SMALL, model, set: SMALL_SET, yieldToHost })
  const [left, right] = [1, 0].map((value) => (2 * (value - 0.25)) / Math.sqrt(4 + 1e-3) + 1)
  const logits = [0, 1].map((answer) => left * weights[answer] + right * weights[2 + answer])
  expect(loss).toBeCloseTo(Math.log(Math.exp(logits[0]) + Math.exp(logits[1])) - logits[0], 5)
})

test('a stopped training leaves no tensor behind', async () => {
  await load('wasm')
  const before = tf.memory().numTensors
  const stop = (): Promise<void> => Promise.reject(new Error('stopped'))
  const args = { ...PLAIN, steps: 5, momentum: 0.9 }
  await expect(trainModel({ architecture: SMALL, received: SMALL_MODEL, set: SMALL_SET, args, seed: 's', yieldToHost: stop })).rejects.toThrow('stopped')
  const short = SMALL_SET.pixels.subarray(1)
  await expect(trainModel({ architecture: SMALL, received: SMALL_MODEL, set: { ...SMALL_SET, pixels: short }, args, seed: 's', yieldToHost })).rejects.toThrow()
  expect(tf.memory().numTensors).toBe(before)
})

test('the normalised network learns the synthetic task, and its running statistics come to be those of the data (seed learn)', async () => {
  await load('wasm')
  const architecture = architectureOf('cnn-6250-batch-norm')
  const images = createSyntheticImages(800, 'learn')
  const indices = Array.from({ length: images.count }, (_, index) => index)
  const [set, unseen] = [selectExamples(images, indices.slice(0, 600)), selectExamples(images, indices.slice(600))]
  const received = initialParameters(architecture, 'learn')
  const trained = await trainModel({ architecture, received, set, args: { ...PLAIN, steps: 80, batchSize: 32 }, seed: 'learn', yieldToHost })
  const evaluate = (model: Float32Array) => evaluateParameters({ architecture, model, set: unseen, yieldToHost })
  const after = await evaluate(trained)
  expect(after.accuracy).toBeGreaterThan(0.9)
  // With the statistics that it started from, the same parameters answer worse.
  const layout = architectureLayout(architecture)
  const stale = trained.slice()
  for (const slot of layout.parameters) if (slot.isBuffer) slotOf(stale, slot).set(slotOf(received, slot))
  expect((await evaluate(stale)).loss).toBeGreaterThan(2 * after.loss)
})
