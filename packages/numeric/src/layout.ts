/**
 * Where each parameter of a model lies in its flat vector. The order is fixed with the model and is the same at every client and on the server: first what training
 * moves by gradients, then the buffers, which it only records (running means and variances).
 */
export interface Layout {
  readonly parameters: readonly ParameterSlot[]
  /** Entries of the flat vector. */
  readonly length: number
  /** How many of them, from the first on, are trainable. Whatever measures an update's size or direction looks at these alone. */
  readonly trainable: number
}

export interface ParameterSlot {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
  readonly isBuffer: boolean
}

/** Throws RangeError where a trainable parameter follows a buffer. */
export function createLayout(parameters: readonly { name: string; shape: readonly number[]; isBuffer?: boolean | undefined }[]): Layout {
  const slots: ParameterSlot[] = []
  let offset = 0
  let trainable = 0
  for (const { name, shape, isBuffer = false } of parameters) {
    const length = shape.reduce((product, size) => product * size, 1)
    if (!isBuffer && trainable < offset) throw new RangeError(`${name} is trainable and follows a buffer`)
    slots.push({ name, shape, offset, length, isBuffer })
    offset += length
    if (!isBuffer) trainable = offset
  }
  return { parameters: slots, length: offset, trainable }
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
