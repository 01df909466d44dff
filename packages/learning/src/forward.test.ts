import { createRng, slotOf } from '@shoal/numeric'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { crossEntropy, forward } from './forward.ts'
import { layoutOf } from './layers-model.ts'
import { loadNodeBackend } from './node-backend.ts'
import { tensorsOf } from './training.ts'
import { ARCHITECTURES, type Architecture, type ArchitectureName, architectureLayout, architectureOf, initialParameters } from './zoo.ts'

beforeAll(async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
})

/** The same network built with the layers API, an implementation that is not ours. */
function layersModelOf(architecture: Architecture): tf.LayersModel {
  const model = tf.sequential()
  for (const [index, layer] of architecture.layers.entries()) {
    const first = index === 0 ? { inputShape: [...architecture.inputShape] } : {}
    switch (layer.kind) {
      case 'conv':
        model.add(tf.layers.conv2d({ ...first, filters: layer.filters, kernelSize: layer.kernel, strides: layer.stride, padding: layer.padding }))
        break
      case 'average-pool':
        model.add(tf.layers.averagePooling2d({ poolSize: layer.size }))
        break
      case 'max-pool':
        model.add(tf.layers.maxPooling2d({ poolSize: layer.size }))
        break
      case 'flatten':
        model.add(tf.layers.flatten(first))
        break
      case 'relu':
        model.add(tf.layers.reLU())
        break
      case 'batch-norm':
        model.add(tf.layers.batchNormalization())
        break
      case 'dense':
        model.add(tf.layers.dense({ units: layer.units }))
        break
    }
  }
  return model
}

test.each(Object.keys(ARCHITECTURES) as ArchitectureName[])('%s: layout and logits equal those of the layers API', (name) => {
  const architecture = architectureOf(name)
  const layout = architectureLayout(architecture)
  const rng = createRng('forward')
  const vector = initialParameters(architecture, 'forward')
  // What starts at 0 or 1 would hide a change of places.
  for (const slot of layout.parameters)
    if (slot.shape.length === 1) slotOf(vector, slot).set(Float32Array.from({ length: slot.length }, () => 0.5 + rng.uniform()))
  const reference = layersModelOf(architecture)
  const referenceLayout = layoutOf(reference, 'mean')
  if (!referenceLayout.ok) throw new Error(referenceLayout.failure.code)
  expect(referenceLayout.value.parameters.map(({ shape, offset, isBuffer }) => ({ shape, offset, isBuffer }))).toEqual(
    layout.parameters.map(({ shape, offset, isBuffer }) => ({ shape: [...shape], offset, isBuffer })),
  )

  const pictures = tf.tensor4d(
    Float32Array.from({ length: 4 * 28 * 28 }, () => rng.uniform()),
    [4, 28, 28, 1],
  )
  reference.setWeights(layout.parameters.map((slot) => tf.tensor(slotOf(vector, slot).slice(), [...slot.shape])))
  const expected = (reference.predict(pictures) as tf.Tensor).dataSync()
  const logits = forward(architecture, tensorsOf(vector, layout), pictures)
  expect(logits.shape).toEqual([4, 10])
  for (const [index, logit] of logits.dataSync().entries()) expect(logit).toBeCloseTo(expected[index], 5)
})

test('cross entropy is the mean negative log probability of the right class', () => {
  const logits = tf.tensor2d([0, Math.log(3), Math.log(4), Math.log(4)], [2, 2])
  const targets = tf.tensor2d([0, 1, 1, 0], [2, 2])
  // Probabilities of the right classes: 3 of 1 + 3, and 4 of 4 + 4.
  expect(crossEntropy(logits, targets).dataSync()[0]).toBeCloseTo(-(Math.log(3 / 4) + Math.log(1 / 2)) / 2, 6)
})
