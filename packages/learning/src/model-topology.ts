import type { Network } from '@shoal/protocol'
import { EntryError, type LayerEntry, readLayerEntry } from './layer-entry.ts'
import type { Layer } from './zoo.ts'

/** Why `model.json` is refused, in words for people. `isFrozen`: because some weights are not to be trained. */
export class TopologyError extends Error {
  readonly isFrozen: boolean
  constructor(message: string, isFrozen = false) {
    super(message)
    this.name = 'TopologyError'
    this.isFrozen = isFrozen
  }
}

/** A network, and what its layers with parameters are called in the file. */
export interface ReadTopology {
  readonly inputShape: Network['inputShape']
  readonly layers: readonly Layer[]
  readonly nameInFile: ReadonlyMap<string, string>
}

type Named = LayerEntry & { readonly name: string; readonly inbound: unknown }

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)

const CLASSES_WITH_WEIGHTS = ['Conv2D', 'Dense', 'BatchNormalization']

/** Throws TopologyError. */
export function readTopology(topology: unknown): ReadTopology {
  const chain = chainOf(topology)
  const input = inputOf(chain)
  const layers: Layer[] = input.length === 1 ? [{ kind: 'flatten' }] : []
  const nameInFile = new Map<string, string>()
  let rank = 1 + input.length
  let softmax: string | null = null
  for (const entry of chain) {
    if (entry.class_name === 'InputLayer') continue
    if (softmax !== null) throw new TopologyError(`the layer “${entry.name}” comes after the softmax of “${softmax}”, which must be the end`)
    if (rank === 3 && !['Flatten', 'Dropout'].includes(entry.class_name))
      throw new TopologyError(`the layer “${entry.name}” gets rows of values, which must go through a Flatten layer first`)
    if (entry.config.trainable === false && CLASSES_WITH_WEIGHTS.includes(entry.class_name))
      throw new TopologyError(`the weights of the layer “${entry.name}” are frozen (trainable: false); make them trainable`, true)
    const read = readEntry(entry, freshName(entry.name, nameInFile), rank)
    for (const layer of read.layers) if ('name' in layer) nameInFile.set(layer.name, entry.name)
    layers.push(...read.layers)
    if (entry.class_name === 'Flatten') rank = 2
    if (read.isSoftmax === true) softmax = entry.name
  }
  const inputShape: Network['inputShape'] = input.length === 1 ? [1, input[0] ?? 1, 1] : [input[0] ?? 1, input[1] ?? 1, input[2] ?? 1]
  return { inputShape, layers, nameInFile }
}

function readEntry(entry: Named, name: string, rank: number): ReturnType<typeof readLayerEntry> {
  try {
    return readLayerEntry(entry, name, rank)
  } catch (error) {
    if (error instanceof EntryError) throw new TopologyError(`the layer “${entry.name}” ${error.message}`)
    throw error
  }
}

/** What the wire calls the layer: most names go as they are. */
function freshName(name: string, taken: ReadonlyMap<string, string>): string {
  const plain = name.replace(/[^\w-]/g, '_').slice(0, 50) || 'layer'
  let fresh = plain
  for (let number = 2; taken.has(fresh); number += 1) fresh = `${plain}_${number}`
  return fresh
}

/** The layers in the order in which the signal passes them. */
function chainOf(topology: unknown): readonly Named[] {
  if (!isRecord(topology)) throw new TopologyError('there is no modelTopology in model.json')
  // Keras' own files wrap it once more.
  const model = isRecord(topology.model_config) ? topology.model_config : topology
  const config = isRecord(model.config) ? model.config : { layers: model.config }
  if (!Array.isArray(config.layers)) throw new TopologyError('model.json lists no layers')
  const layers = config.layers.map(namedOf)
  switch (model.class_name) {
    case 'Sequential':
      return layers
    case 'Model':
    case 'Functional':
      return followed(layers)
    default:
      throw new TopologyError(
        `a model of class ${String(model.class_name).slice(0, 40)}; only Sequential ones and those whose layers form one line can be read`,
      )
  }
}

function namedOf(entry: unknown, index: number): Named {
  if (!isRecord(entry) || typeof entry.class_name !== 'string' || !isRecord(entry.config))
    throw new TopologyError(`layer ${index + 1} has no class or no configuration`)
  const { name } = entry.config
  return { class_name: entry.class_name, config: entry.config, name: typeof name === 'string' ? name : `${index + 1}`, inbound: entry.inbound_nodes }
}

/** From the input on, each layer must feed exactly one other. */
function followed(layers: readonly Named[]): readonly Named[] {
  const chain = layers.filter(({ class_name }) => class_name === 'InputLayer')
  if (chain.length !== 1) throw new TopologyError(`the model has ${chain.length} inputs; it must have one`)
  const after = new Map<string, Named>()
  for (const layer of layers) {
    if (layer.class_name === 'InputLayer') continue
    const source = sourceOf(layer)
    if (after.has(source)) throw new TopologyError(`“${source}” feeds more than one layer; the layers must form one line`)
    after.set(source, layer)
  }
  for (let next = after.get(chain[0]?.name ?? ''); next !== undefined && chain.length <= layers.length; next = after.get(next.name)) chain.push(next)
  if (chain.length !== layers.length) throw new TopologyError('the layers do not form one line from the input to the output')
  return chain
}

/** Keras writes `[[[name, node, tensor, {}]]]`: one call with one input. */
function sourceOf({ name, inbound }: Named): string {
  const calls: unknown = inbound
  const call: unknown = Array.isArray(calls) && calls.length === 1 ? calls[0] : null
  const origin: unknown = Array.isArray(call) && call.length === 1 ? call[0] : null
  const source: unknown = Array.isArray(origin) ? origin[0] : null
  if (typeof source !== 'string') throw new TopologyError(`the layer “${name}” does not have exactly one layer before it`)
  return source
}

/** Sizes of one example, without the batch: one to three. */
function inputOf(chain: readonly Named[]): readonly number[] {
  const first = chain[0]
  if (first === undefined) throw new TopologyError('the model has no layers')
  const shape = first.config.batch_input_shape ?? first.config.batch_shape
  if (!Array.isArray(shape)) throw new TopologyError('the first layer does not say the shape of its input')
  const sizes: unknown[] = shape.slice(1)
  const whole = sizes.filter((size): size is number => typeof size === 'number' && Number.isSafeInteger(size) && size >= 1)
  if (whole.length !== sizes.length || whole.length < 1 || whole.length > 3)
    throw new TopologyError(`the input is of shape ${JSON.stringify(shape).slice(0, 80)}; it must be a row of values, or have height, width and channels`)
  return whole
}
