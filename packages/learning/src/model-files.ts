import { slotOf } from '@shoal/numeric'
import { failed, type Network, networkSchema, type Result, succeeded } from '@shoal/protocol'
import { layerEntry } from './layer-entry.ts'
import { isRecord, readTopology, TopologyError } from './model-topology.ts'
import { checkNetwork } from './network.ts'
import { type Architecture, architectureLayout, type Layer } from './zoo.ts'

/** A model as TensorFlow.js keeps it: `tf.loadLayersModel` reads the two files from one folder. */
export interface ModelFiles {
  /** The content of `model.json`. */
  readonly modelJson: unknown
  /** The content of `weights.bin`: little-endian float32. */
  readonly weights: Uint8Array<ArrayBuffer>
}

/** Name of the file that `model.json` finds the weights in. */
export const WEIGHTS_FILE = 'weights.bin'

/** The files of a model whose outputs are the logits. Throws RangeError if `model` has another length than the architecture's layout. */
export function modelFilesOf(architecture: Architecture, model: Float32Array): ModelFiles {
  const layout = architectureLayout(architecture)
  if (model.length !== layout.length) throw new RangeError(`a model of ${model.length} parameters, not ${layout.length}`)
  const nameOf = layerNames(architecture.layers)
  const layers = architecture.layers.map((layer, index) => layerEntry(layer, nameOf(layer, index)))
  const [first, ...others] = layers
  const batchShape = { batch_input_shape: [null, ...architecture.inputShape], dtype: 'float32' }
  const manifest = layout.parameters.map((slot) => ({ name: slot.name, shape: [...slot.shape], dtype: 'float32' }))
  const weights = new Uint8Array(4 * layout.length)
  const view = new DataView(weights.buffer)
  for (const slot of layout.parameters) for (const [index, value] of slotOf(model, slot).entries()) view.setFloat32(4 * (slot.offset + index), value, true)
  return {
    modelJson: {
      format: 'layers-model',
      generatedBy: 'Shoal',
      convertedBy: null,
      modelTopology: {
        class_name: 'Sequential',
        config: { name: 'shoal', layers: [{ ...first, config: { ...first?.config, ...batchShape } }, ...others] },
        keras_version: 'tfjs-layers 4.22.0',
        backend: 'tensor_flow.js',
      },
      weightsManifest: [{ paths: [WEIGHTS_FILE], weights: manifest }],
    },
    weights,
  }
}

/** Names for all layers, each once: those without parameters have none of their own. */
function layerNames(layers: readonly Layer[]): (layer: Layer, index: number) => string {
  const taken = new Set(layers.flatMap((layer) => ('name' in layer ? [layer.name] : [])))
  return (layer, index) => {
    if ('name' in layer) return layer.name
    let name = `${layer.kind.replace('-', '_')}_${index + 1}`
    while (taken.has(name)) name += '_'
    taken.add(name)
    return name
  }
}

/**
 * The network and the model that a `model.json` of TensorFlow.js (a LayersModel: Sequential, or layers in one line) and the bytes of its weight files, in the
 * manifest's order, describe. A softmax at the end is left away: outputs are logits here. So is what matters to training elsewhere only: dropout, initialisers,
 * regularisers. Batch normalisation is read, and its statistics become buffers: whether a federation may have any, the caller decides.
 * SHOAL_ERR_MODEL_FILES with the reason in words; SHOAL_ERR_MODEL_BUFFERS for frozen weights; SHOAL_ERR_MODEL_NETWORK where the layers do not fit.
 */
export function networkOfModelFiles(modelJson: unknown, weights: Uint8Array): Result<{ readonly network: Network; readonly model: Float32Array }> {
  try {
    if (!isRecord(modelJson)) return failed('SHOAL_ERR_MODEL_FILES', 'model.json is no object')
    if (modelJson.format === 'graph-model') return failed('SHOAL_ERR_MODEL_FILES', 'this is a graph model, which can not be trained; save it as a LayersModel')
    const { inputShape, layers, nameInFile } = readTopology(modelJson.modelTopology)
    const last = layers.at(-1)
    if (last?.kind !== 'dense') return failed('SHOAL_ERR_MODEL_FILES', 'the last layer must be a Dense one, with an output for each class')
    if (last.units < 2) return failed('SHOAL_ERR_MODEL_FILES', 'the last layer has one output; it must have one for each class, and there are two at least')
    const parsed = networkSchema.safeParse({ inputShape, classes: last.units, layers })
    if (!parsed.success) return failed('SHOAL_ERR_MODEL_NETWORK', parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
    const network = checkNetwork(parsed.data)
    if (!network.ok) return network
    return succeeded({ network: network.value, model: assembled(network.value, nameInFile, weightsOf(modelJson.weightsManifest, weights)) })
  } catch (error) {
    if (error instanceof TopologyError) return failed(error.isFrozen ? 'SHOAL_ERR_MODEL_BUFFERS' : 'SHOAL_ERR_MODEL_FILES', error.message)
    throw error
  }
}

interface Weight {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** By name in the file. Throws TopologyError. */
function weightsOf(manifest: unknown, bytes: Uint8Array): ReadonlyMap<string, Weight> {
  if (!Array.isArray(manifest)) throw new TopologyError('model.json has no weightsManifest')
  const found = new Map<string, Weight>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  for (const entry of manifest.flatMap((group: unknown): unknown[] => (isRecord(group) && Array.isArray(group.weights) ? group.weights : [null]))) {
    const { name, shape } = namedWeightOf(entry)
    const length = shape.reduce((product, size) => product * size, 1)
    const end = offset + 4 * length
    if (end > bytes.length) throw new TopologyError(`the weight files are too short: ${bytes.length} bytes, and “${name}” would end at ${end}`)
    const start = offset
    const values = Float32Array.from({ length }, (_, index) => view.getFloat32(start + 4 * index, true))
    if (!values.every(Number.isFinite)) throw new TopologyError(`the weight “${name}” holds a value that is no finite number`)
    if (found.has(name)) throw new TopologyError(`the weight “${name}” comes twice`)
    found.set(name, { shape, values })
    offset = end
  }
  if (offset !== bytes.length) throw new TopologyError(`the weight files have ${bytes.length} bytes, and model.json tells of ${offset}`)
  return found
}

function namedWeightOf(entry: unknown): { readonly name: string; readonly shape: readonly number[] } {
  if (!isRecord(entry) || typeof entry.name !== 'string') throw new TopologyError('the weightsManifest of model.json is damaged')
  const { name, dtype, quantization } = entry
  if (quantization !== undefined) throw new TopologyError(`the weight “${name}” is quantised; save the model without quantisation`)
  if (dtype !== 'float32') throw new TopologyError(`the weight “${name}” is no float32`)
  const sizes: unknown[] = Array.isArray(entry.shape) ? entry.shape : [null]
  const shape = sizes.filter((size): size is number => typeof size === 'number' && Number.isSafeInteger(size) && size >= 1)
  if (shape.length !== sizes.length) throw new TopologyError(`the weight “${name}” has no shape`)
  // Python writes which output of the variable it is.
  return { name: name.replace(/:0$/, ''), shape }
}

/** The flat vector. Throws TopologyError unless every parameter has its weight, of its shape, and none is left over. */
function assembled(network: Network, nameInFile: ReadonlyMap<string, string>, weights: ReadonlyMap<string, Weight>): Float32Array {
  const layout = architectureLayout(network)
  const model = new Float32Array(layout.length)
  if (weights.size !== layout.parameters.length)
    throw new TopologyError(`there are ${weights.size} weights in the files, and the layers have ${layout.parameters.length}`)
  for (const slot of layout.parameters) {
    const [layer = '', part = ''] = slot.name.split('/')
    const name = `${nameInFile.get(layer) ?? layer}/${part}`
    const weight = weights.get(name) ?? [...weights].find(([candidate]) => candidate.endsWith(`/${name}`))?.[1]
    if (weight === undefined) throw new TopologyError(`the weight “${name}” is missing`)
    if (weight.shape.join('x') !== slot.shape.join('x'))
      throw new TopologyError(`the weight “${name}” is of shape ${weight.shape.join(' x ')}, and its layer needs ${slot.shape.join(' x ')}`)
    slotOf(model, slot).set(weight.values)
  }
  return model
}
