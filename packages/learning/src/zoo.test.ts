import { norm, slotOf } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { ARCHITECTURES, type ArchitectureName, architectureLayout, architectureOf, initialParameters, isArchitecture, parametersOf } from './zoo.ts'

const NAMES = Object.keys(ARCHITECTURES) as ArchitectureName[]

test.each([
  ['mlp-784-128-10', 784 * 128 + 128 + 128 * 10 + 10],
  ['cnn-6186', 6186],
  ['cnn-6250-batch-norm', 6186 + 4 * 16],
  ['cnn-18378', 18_378],
  ['lenet-5', 61_706],
] as const)('%s has %i parameters', (name, length) => {
  expect(architectureLayout(architectureOf(name)).length).toBe(length)
})

test('parameters come layer by layer, kernel before bias', () => {
  expect(parametersOf(architectureOf('cnn-6186'))).toEqual([
    { name: 'conv1/kernel', shape: [5, 5, 1, 16] },
    { name: 'conv1/bias', shape: [16] },
    { name: 'output/kernel', shape: [6 * 6 * 16, 10] },
    { name: 'output/bias', shape: [10] },
  ])
})

test('buffers come after everything that is trainable', () => {
  const { parameters, trainable } = architectureLayout(architectureOf('cnn-6250-batch-norm'))
  expect(parameters.map(({ name, offset, isBuffer }) => [name, offset, isBuffer])).toEqual([
    ['conv1/kernel', 0, false],
    ['conv1/bias', 400, false],
    ['norm1/gamma', 416, false],
    ['norm1/beta', 432, false],
    ['output/kernel', 448, false],
    ['output/bias', 6208, false],
    ['norm1/moving_mean', 6218, true],
    ['norm1/moving_variance', 6234, true],
  ])
  expect(trainable).toBe(6218)
})

test('initial parameters are the same for the same seed, in every engine', () => {
  const architecture = architectureOf('mlp-784-128-10')
  const model = initialParameters(architecture, 'demo')
  expect(initialParameters(architecture, 'demo')).toEqual(model)
  expect(initialParameters(architecture, 'other')).not.toEqual(model)
  // Recorded bits: an engine that disagrees fails here.
  expect([...model.subarray(0, 3)]).toEqual([0.010313764214515686, 0.018724337220191956, -0.021998386830091476])
})

test.each(NAMES)("%s: kernels stay within Glorot's limit and fill it, scales and variances are one, all else is zero", (name) => {
  const architecture = architectureOf(name)
  const model = initialParameters(architecture, 'limits')
  for (const slot of architectureLayout(architecture).parameters) {
    const values = slotOf(model, slot)
    if (!slot.name.endsWith('/kernel')) {
      const start = slot.name.endsWith('/gamma') || slot.name.endsWith('/moving_variance') ? 1 : 0
      expect(values.every((value) => value === start)).toBe(true)
      continue
    }
    const [inputs, outputs] = slot.shape.slice(-2)
    const limit = Math.sqrt(6 / ((slot.length / (inputs * outputs)) * (inputs + outputs)))
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(largest).toBeLessThanOrEqual(Math.fround(limit))
    expect(largest).toBeGreaterThan(0.95 * limit)
    // The variance of a uniform variable on +-limit is limit^2 / 3; with at least 150 values 25 % is four standard errors.
    expect(Math.abs(norm(values) ** 2 / slot.length / (limit ** 2 / 3) - 1)).toBeLessThan(0.25)
  }
})

test('only names of the zoo are architectures', () => {
  expect(NAMES.every(isArchitecture)).toBe(true)
  expect(isArchitecture('toString')).toBe(false)
})
