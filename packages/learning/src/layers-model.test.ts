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
      tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 2, kernelSize: 3, name: 'eyes' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, name: 'mouth' }),
    ],
  })
  const layout = layoutOf(model)
  expect(layout.ok && layout.value.parameters.map(({ name, shape, offset }) => [name, shape, offset])).toEqual([
    ['eyes/kernel', [3, 3, 1, 2], 0],
    ['eyes/bias', [2], 18],
    ['mouth/kernel', [32, 3], 20],
    ['mouth/bias', [3], 116],
  ])
})

test('a model with batch normalisation is refused by code', () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units: 3 }), tf.layers.batchNormalization({ name: 'norm' })] })
  expect(layoutOf(model)).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_MODEL_BUFFERS', detail: 'norm/moving_mean, norm/moving_variance' } })
})
