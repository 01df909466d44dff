import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { layoutOf } from './layers-model.ts'
import { loadNodeBackend } from './node-backend.ts'

beforeAll(async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
})

test("a model of trainable weights only has a layout in the model's order", () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 2, kernelSize: 3, name: 'ears' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, name: 'jaw' }),
    ],
  })
  const layout = layoutOf(model)
  expect(layout.ok && layout.value.parameters.map(({ name, shape, offset }) => [name, shape, offset])).toEqual([
    ['ears/kernel', [3, 3, 1, 2], 0],
    ['ears/bias', [2], 18],
    ['jaw/kernel', [32, 3], 20],
    ['jaw/bias', [3], 116],
  ])
})

test('a model with batch normalisation is refused by code, unless its buffers are to be averaged: then they come last', () => {
  const model = tf.sequential({ layers: [tf.layers.batchNormalization({ name: 'norm', inputShape: [4] }), tf.layers.dense({ units: 3, name: 'tail' })] })
  expect(layoutOf(model)).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_MODEL_BUFFERS', detail: 'norm/moving_mean, norm/moving_variance' } })
  const layout = layoutOf(model, 'mean')
  expect(layout.ok && layout.value.parameters.map(({ name, offset, isBuffer }) => [name, offset, isBuffer])).toEqual([
    ['norm/gamma', 0, false],
    ['norm/beta', 4, false],
    ['tail/kernel', 8, false],
    ['tail/bias', 20, false],
    ['norm/moving_mean', 23, true],
    ['norm/moving_variance', 27, true],
  ])
  expect(layout.ok && [layout.value.trainable, layout.value.length]).toEqual([23, 31])
})
