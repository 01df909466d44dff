import { createRng, slotOf } from '@shoal/numeric'
import type { Result } from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, test } from 'vitest'
import { forward } from './forward.ts'
import { type ModelFiles, modelFilesOf, networkOfModelFiles } from './model-files.ts'
import { loadNodeBackend } from './node-backend.ts'
import { tensorsOf } from './training.ts'
import { ARCHITECTURES, type Architecture, type ArchitectureName, architectureLayout, architectureOf, initialParameters } from './zoo.ts'

beforeAll(async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
})

const examplesFor = ({ inputShape }: Architecture): tf.Tensor4D => {
  const rng = createRng('examples')
  return tf.tensor4d(
    Float32Array.from({ length: 3 * inputShape[0] * inputShape[1] * inputShape[2] }, () => rng.uniform()),
    [3, ...inputShape],
  )
}

/** No entry where it starts: a change of places would not be seen. */
function modelOf(architecture: Architecture): Float32Array {
  const rng = createRng('model')
  const model = initialParameters(architecture, 'model')
  for (const slot of architectureLayout(architecture).parameters)
    if (slot.shape.length === 1) slotOf(model, slot).set(Float32Array.from({ length: slot.length }, () => 0.5 + rng.uniform()))
  return model
}

const logitsOf = (architecture: Architecture, model: Float32Array, examples = examplesFor(architecture)): Float32Array =>
  forward(architecture, tensorsOf(model, architectureLayout(architecture)), examples).dataSync<'float32'>()

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual).toHaveLength(expected.length)
  for (let index = 0; index < expected.length; index += 1)
    expect(Math.abs(actual[index]! - expected[index]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected[index]!)))
}

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

async function loaded({ modelJson, weights }: ModelFiles): Promise<tf.LayersModel> {
  const { modelTopology, weightsManifest } = throughJson(modelJson) as { modelTopology: object; weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] }
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: weights.slice().buffer }))
}

/** The two files as TensorFlow.js writes them. */
async function saved(model: tf.LayersModel): Promise<ModelFiles> {
  let files: ModelFiles | null = null
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      files = {
        modelJson: throughJson({ modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] }),
        weights: new Uint8Array(weightData as ArrayBuffer),
      }
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    }),
  )
  return files!
}

const read = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}

test.each(Object.keys(ARCHITECTURES) as ArchitectureName[])(
  '%s: TensorFlow.js loads its files and gives the same logits, and they read back as they were',
  async (name) => {
    const architecture = architectureOf(name)
    const model = modelOf(architecture)
    const files = modelFilesOf(architecture, model)
    const foreign = await loaded(files)
    const examples = examplesFor(architecture)
    expectClose((foreign.predict(examples) as tf.Tensor).dataSync(), logitsOf(architecture, model, examples))
    const own = read(networkOfModelFiles(throughJson(files.modelJson), files.weights))
    expect(own.network).toEqual(architecture)
    expect(own.model).toEqual(model)
  },
)

const { layers } = tf

test('a sequential model with activations, softmax, dropout and batch normalisation, saved by TensorFlow.js, is read', async () => {
  const model = tf.sequential({
    layers: [
      layers.conv2d({ inputShape: [12, 10, 3], filters: 4, kernelSize: 3, padding: 'same', strides: 2, activation: 'relu', name: 'eyes.left' }),
      layers.batchNormalization({ name: 'calm' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.dropout({ rate: 0.5 }),
      layers.conv2d({ filters: 5, kernelSize: 2 }),
      layers.reLU(),
      layers.averagePooling2d({ poolSize: 1 }),
      layers.flatten(),
      layers.dense({ units: 7, activation: 'relu' }),
      layers.dense({ units: 4, activation: 'softmax', name: 'mouth' }),
    ],
  })
  model.setWeights(model.getWeights().map((weight, index) => tf.randomUniform(weight.shape, 0.1, 0.6, 'float32', index + 1)))
  const files = await saved(model)
  const { network, model: vector } = read(networkOfModelFiles(files.modelJson, files.weights))
  expect(network.layers.map(({ kind }) => kind).join(' ')).toBe('conv relu batch-norm max-pool conv relu average-pool flatten dense relu dense')
  expect(network.inputShape).toEqual([12, 10, 3])
  expect(network.classes).toBe(4)
  expect(network.layers[0]).toMatchObject({ name: 'eyes_left' })
  const examples = examplesFor(network)
  const probabilities = tf.softmax(tf.tensor2d(logitsOf(network, vector, examples), [3, 4])).dataSync()
  expectClose(probabilities, (model.predict(examples) as tf.Tensor).dataSync())
})

test('a functional model whose layers form one line is read, and one that branches is refused', async () => {
  const input = tf.input({ shape: [6] })
  const hidden = layers.dense({ units: 5, activation: 'relu' }).apply(input) as tf.SymbolicTensor
  const output = layers.dense({ units: 3 }).apply(hidden) as tf.SymbolicTensor
  const line = tf.model({ inputs: input, outputs: output })
  const files = await saved(line)
  const { network, model } = read(networkOfModelFiles(files.modelJson, files.weights))
  expect(network.inputShape).toEqual([1, 6, 1])
  expectClose(logitsOf(network, model), (line.predict(tf.reshape(examplesFor(network), [3, 6])) as tf.Tensor).dataSync())

  const other = layers.dense({ units: 3, name: 'other' }).apply(hidden) as tf.SymbolicTensor
  const branching = await saved(tf.model({ inputs: input, outputs: layers.add().apply([output, other]) as tf.SymbolicTensor }))
  expect(networkOfModelFiles(branching.modelJson, branching.weights)).toMatchObject({
    ok: false,
    failure: { code: 'SHOAL_ERR_MODEL_FILES', detail: expect.stringContaining('one line') },
  })
})

test('rows of values are flattened first', async () => {
  const model = tf.sequential({ layers: [layers.flatten({ inputShape: [4, 5] }), layers.dense({ units: 2 })] })
  const files = await saved(model)
  expect(read(networkOfModelFiles(files.modelJson, files.weights)).network).toMatchObject({
    inputShape: [4, 5, 1],
    layers: [{ kind: 'flatten' }, { kind: 'dense' }],
  })
})

const dense = (config: object = {}): tf.layers.Layer => layers.dense({ units: 2, name: 'last', ...config })
const refused: readonly (readonly [string, tf.layers.Layer[], string])[] = [
  ['a recurrent layer', [layers.lstm({ units: 3, inputShape: [4, 5], name: 'memory' }), dense()], 'the layer “memory” gets rows'],
  [
    'a separable convolution',
    [layers.separableConv2d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 1], name: 'sep' }), layers.flatten(), dense()],
    '“sep” is of a kind',
  ],
  [
    'a kernel that is not square',
    [layers.conv2d({ filters: 2, kernelSize: [2, 3], inputShape: [4, 4, 1], name: 'oblong' }), layers.flatten(), dense()],
    '“oblong” is not square',
  ],
  [
    'a stride of three',
    [layers.conv2d({ filters: 2, kernelSize: 2, strides: 3, inputShape: [4, 4, 1], name: 'leap' }), layers.flatten(), dense()],
    '“leap” has a stride of 3',
  ],
  ['another activation', [dense({ inputShape: [3], activation: 'tanh' })], '“last” has an activation that can not be trained here (tanh)'],
  ['no bias', [dense({ inputShape: [3], useBias: false })], '“last” has no bias'],
  ['softmax inside', [layers.dense({ units: 3, activation: 'softmax', inputShape: [3], name: 'early' }), dense()], '“last” comes after the softmax of “early”'],
  ['no flatten', [layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 1] }), dense()], '“last” needs a Flatten layer'],
  ['no dense layer at the end', [layers.flatten({ inputShape: [4, 4, 1] })], 'the last layer must be a Dense one'],
  [
    'overlapping pools',
    [layers.maxPooling2d({ poolSize: 2, strides: 1, inputShape: [4, 4, 1], name: 'pool' }), layers.flatten(), dense()],
    '“pool” has a stride that is not its size',
  ],
  ['one output', [dense({ inputShape: [3], units: 1 })], 'the last layer has one output'],
]
test.each(refused)('%s is refused in words', async (_what, entries, words) => {
  const files = await saved(tf.sequential({ layers: entries }))
  const read = networkOfModelFiles(files.modelJson, files.weights)
  expect(read).toMatchObject({ ok: false, failure: { detail: expect.stringContaining(words) } })
})

test('frozen weights are refused as buffers are', async () => {
  const files = await saved(tf.sequential({ layers: [layers.dense({ units: 3, inputShape: [3], trainable: false, name: 'ice' }), dense()] }))
  expect(networkOfModelFiles(files.modelJson, files.weights)).toMatchObject({
    ok: false,
    failure: { code: 'SHOAL_ERR_MODEL_BUFFERS', detail: expect.stringContaining('“ice” are frozen') },
  })
})

test('damaged files are refused', () => {
  const architecture = architectureOf('cnn-6186')
  const { modelJson, weights } = modelFilesOf(architecture, modelOf(architecture))
  const json = throughJson(modelJson) as { modelTopology: unknown; weightsManifest: [{ weights: { name: string; shape: number[]; dtype: string }[] }] }
  const [group] = json.weightsManifest
  const changed = (change: Partial<{ name: string; shape: number[]; dtype: string }>): unknown => ({
    ...json,
    weightsManifest: [{ weights: [{ ...group.weights[0], ...change }, ...group.weights.slice(1)] }],
  })
  const poisoned = weights.slice()
  new DataView(poisoned.buffer).setFloat32(8, Number.NaN, true)
  const cases: readonly (readonly [unknown, Uint8Array, string])[] = [
    [null, weights, 'no object'],
    [[], weights, 'no object'],
    [{}, weights, 'no modelTopology'],
    [{ ...json, format: 'graph-model' }, weights, 'graph model'],
    [{ ...json, modelTopology: { class_name: 'Sequential', config: {} } }, weights, 'no layers'],
    [{ ...json, modelTopology: { class_name: 'Sequential', config: { layers: [] } } }, weights, 'no layers'],
    [{ ...json, modelTopology: { class_name: 'Sequential', config: { layers: [7] } } }, weights, 'layer 1'],
    [{ ...json, weightsManifest: undefined }, weights, 'weightsManifest'],
    [{ ...json, weightsManifest: [{}] }, weights, 'damaged'],
    [changed({ dtype: 'int32' }), weights, 'no float32'],
    [changed({ name: 'other/kernel' }), weights, '“conv1/kernel” is missing'],
    [changed({ shape: [5, 5, 16, 1] }), weights, 'is of shape 5 x 5 x 16 x 1'],
    [changed({ shape: [1e9, 1e9] }), weights, 'too short'],
    [changed({ shape: [-1] }), weights, 'no shape'],
    [json, weights.subarray(4), 'too short'],
    [json, new Uint8Array([...weights, 0, 0, 0, 0]), 'model.json tells of'],
    [json, poisoned, 'no finite number'],
  ]
  for (const [file, bytes, words] of cases)
    expect(networkOfModelFiles(file, bytes)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MODEL_FILES', detail: expect.stringContaining(words) } })
  expect(() => modelFilesOf(architecture, new Float32Array(3))).toThrow(RangeError)
})
