import { createRng } from '@shoal/numeric'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { loadNodeBackend } from './node-backend.ts'

interface Case {
  height: number
  width: number
  kernel: [number, number]
  stride: number | [number, number]
  padding: 'valid' | 'same' | tf.backend_util.ExplicitPadding
}

const UNEVEN: tf.backend_util.ExplicitPadding = [
  [0, 0],
  [1, 0],
  [2, 1],
  [0, 0],
]

const CASES: Case[] = ([1, 2] as const).flatMap((stride) =>
  (['valid', 'same', UNEVEN] as const).flatMap((padding) => [
    { height: 8, width: 8, kernel: [3, 3] as [number, number], stride, padding },
    { height: 7, width: 9, kernel: [3, 3] as [number, number], stride, padding },
    { height: 10, width: 7, kernel: [5, 4] as [number, number], stride, padding },
    { height: 6, width: 5, kernel: [2, 2] as [number, number], stride, padding },
  ]),
)
CASES.push({ height: 9, width: 8, kernel: [3, 2], stride: [1, 2], padding: 'same' }, { height: 5, width: 5, kernel: [1, 1], stride: 2, padding: 'valid' })

const CHANNELS = { batch: 3, from: 2, to: 4 }

function inputsOf({ height, width, kernel }: Case): { x: tf.Tensor4D; filter: tf.Tensor4D } {
  const rng = createRng(`conv-${height}-${width}-${kernel}`)
  const random = (shape: [number, number, number, number]): tf.Tensor4D =>
    tf.tensor4d(
      Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => 2 * rng.uniform() - 1),
      shape,
    )
  return { x: random([CHANNELS.batch, height, width, CHANNELS.from]), filter: random([...kernel, CHANNELS.from, CHANNELS.to]) }
}

/** sum((conv(x, w) + 1)^2): not linear, so that dy differs from entry to entry. */
const lossOf =
  ({ stride, padding }: Case) =>
  (x: tf.Tensor, filter: tf.Tensor): tf.Scalar => {
    const convolved = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, padding)
    return tf.sum(tf.square(tf.add(convolved, 1)))
  }

async function gradientsOn(backend: 'wasm' | 'cpu', example: Case): Promise<Float32Array[]> {
  await tf.setBackend(backend)
  const { x, filter } = inputsOf(example)
  const gradients = tf.grads(lossOf(example))([x, filter])
  const values = await Promise.all(gradients.map((gradient) => gradient.data<'float32'>()))
  tf.dispose([x, filter, gradients])
  return values
}

const largestGap = (left: Float32Array, right: Float32Array): number => left.reduce((worst, value, index) => Math.max(worst, Math.abs(value - right[index])), 0)

beforeAll(async () => {
  expect(await loadNodeBackend('wasm')).toEqual({ ok: true, value: 'wasm simd' })
})

test.each(CASES)("gradients equal the cpu backend's: $height x $width, kernel $kernel, stride $stride, padding $padding", async (example) => {
  const [onWasm, onCpu] = [await gradientsOn('wasm', example), await gradientsOn('cpu', example)]
  for (const [index, gradient] of onWasm.entries()) {
    const size = onCpu[index].reduce((most, value) => Math.max(most, Math.abs(value)), 1)
    expect(gradient).toHaveLength(onCpu[index].length)
    expect(largestGap(gradient, onCpu[index]) / size).toBeLessThan(1e-5)
  }
})

test.each(CASES)('gradients equal finite differences: $height x $width, kernel $kernel, stride $stride, padding $padding', async (example) => {
  const gradients = await gradientsOn('wasm', example)
  await tf.setBackend('wasm')
  const { x, filter } = inputsOf(example)
  const values = [x.dataSync<'float32'>().slice(), filter.dataSync<'float32'>().slice()]
  const shapes = [x.shape, filter.shape]
  const lossAt = (moved: Float32Array[]): number =>
    tf.tidy(() => lossOf(example)(tf.tensor(moved[0].slice(), shapes[0]), tf.tensor(moved[1].slice(), shapes[1])).dataSync()[0])
  // The loss is quadratic in each entry, so a central difference is exact but for rounding, and a wide step makes that small.
  const step = 0.5
  const rng = createRng('finite-differences')
  for (const [which, gradient] of gradients.entries()) {
    for (let draw = 0; draw < 12; draw += 1) {
      const index = rng.below(gradient.length)
      const original = values[which][index]
      values[which][index] = original + step
      const above = lossAt(values)
      values[which][index] = original - step
      const below = lossAt(values)
      values[which][index] = original
      expect(Math.abs((above - below) / (2 * step) - gradient[index])).toBeLessThan(2e-3 * Math.max(1, Math.abs(gradient[index])))
    }
  }
  tf.dispose([x, filter])
})

test('a hundred gradients leave no tensor and no buffer behind', async () => {
  const example = CASES[CASES.length - 2]
  await gradientsOn('wasm', example)
  const before = tf.memory()
  for (let step = 0; step < 100; step += 1) await gradientsOn('wasm', example)
  expect(tf.memory().numTensors).toBe(before.numTensors)
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers)
})

test('each kernel gives back one tensor and nothing else, outside any tidy', async () => {
  await tf.setBackend('wasm')
  const { x, filter } = inputsOf(CASES[CASES.length - 2])
  const dy = tf.conv2d(x, filter, [1, 2], 'same')
  const before = tf.memory()
  const shared = { strides: [1, 2], pad: 'same', dataFormat: 'NHWC' }
  const gradients = [
    tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, { ...shared, filterShape: filter.shape }),
    tf.engine().runKernel('Conv2DBackpropInput', { dy, filter }, { ...shared, inputShape: x.shape }),
  ] as tf.Tensor[]
  expect(gradients.map((gradient) => gradient.shape)).toEqual([filter.shape, x.shape])
  expect(tf.memory().numTensors).toBe(before.numTensors + 2)
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 2)
  tf.dispose([x, filter, dy, gradients])
})
