/** Where each parameter of a model lies in its flat vector. The order is fixed with the model and is the same at every client and on the server. */
export interface Layout {
  readonly parameters: readonly ParameterSlot[]
  /** Entries of the flat vector: the model's trainable parameters. */
  readonly length: number
}

export interface ParameterSlot {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
}

export function createLayout(parameters: readonly { name: string; shape: readonly number[] }[]): Layout {
  const slots: ParameterSlot[] = []
  let offset = 0
  for (const { name, shape } of parameters) {
    const length = shape.reduce((product, size) => product * size, 1)
    slots.push({ name, shape, offset, length })
    offset += length
  }
  return { parameters: slots, length: offset }
}

/** A view (no copy) of one parameter's entries. */
export function slotOf(vector: Float32Array, slot: ParameterSlot): Float32Array {
  return vector.subarray(slot.offset, slot.offset + slot.length)
}

/** One vector from the parameters' values, in layout order. */
export function flatten(values: readonly Float32Array[], layout: Layout): Float32Array {
  const vector = new Float32Array(layout.length)
  for (const [index, slot] of layout.parameters.entries()) vector.set(values[index], slot.offset)
  return vector
}
