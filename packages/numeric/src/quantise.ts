import { deriveSeed } from './rng.ts'
import { createRotation, seamlessLength } from './rotation.ts'

/** Entries that share a scale: a 64th of a byte more for each. */
const GROUP = 256
const LARGEST = 127
const LOTS_AT_ONCE = 16_384
const WORD = 2 ** 32
/** float32 rounds a scale by half of this share at most. */
const FLOAT32_STEP = 2 ** -23

/** A vector as whole numbers: entry i of the rotated vector is steps[i] * scales[floor(i / 256)]. */
export interface Quantised {
  readonly scales: Float32Array
  readonly steps: Int8Array
}

/**
 * Vectors in a byte an entry. They are rotated under a public seed, so that one scale for 256 entries wastes few steps, and what lies between two steps goes up or down by lot, so that what comes
 * back is right on the mean and the errors of many clients cancel out. The rotation is linear: whoever adds up vectors adds them up rotated, and turns back the sum alone.
 */
export interface Quantiser {
  /** `vector`: `[length]`; `words` gives so many uniform 32-bit words. What is no finite number makes a scale that is none either. */
  quantise(vector: Float32Array, words: (count: number) => Uint32Array): Quantised
  /** The vector, or the sum of vectors, that is `rotated`: both `[length]`. */
  restore(rotated: Float64Array): Float64Array
}

/** Scales of a quantised vector. */
export const scaleCount = (length: number): number => Math.ceil(length / GROUP)

/** Bytes of a quantised vector: P + P / 64. */
export const quantisedBytes = (length: number): number => length + Float32Array.BYTES_PER_ELEMENT * scaleCount(length)

export function createQuantiser({ length, seed }: { readonly length: number; readonly seed: string }): Quantiser {
  const rotation = createSeamlessRotation(length, seed)
  return {
    quantise(vector, words) {
      const rotated = rotation.rotate(vector)
      const scales = Float32Array.from({ length: scaleCount(length) }, (_, group) => scaleOf(rotated.subarray(group * GROUP, (group + 1) * GROUP)))
      const steps = new Int8Array(length)
      let lots: Uint32Array = new Uint32Array(0)
      for (let index = 0; index < length; index += 1) {
        const at = index % LOTS_AT_ONCE
        if (at === 0) lots = words(Math.min(LOTS_AT_ONCE, length - index))
        const scaled = rotated[index] / scales[Math.floor(index / GROUP)] // 0 / 0 ends as 0: an array of whole numbers makes 0 of NaN
        const floor = Math.floor(scaled)
        steps[index] = floor + (lots[at] < (scaled - floor) * WORD ? 1 : 0)
      }
      return { scales, steps }
    },
    restore: rotation.restore,
  }
}

/** The rotated vector. @throws RangeError unless there is a scale for each 256 steps */
export function rotatedOf({ scales, steps }: Quantised): Float32Array {
  if (scales.length !== scaleCount(steps.length)) throw new RangeError(`${scales.length} scales for ${steps.length} steps`)
  const rotated = new Float32Array(steps.length)
  for (let index = 0; index < steps.length; index += 1) rotated[index] = steps[index] * scales[Math.floor(index / GROUP)]
  return rotated
}

/** The step at which the group's largest entry is 127 steps, a little larger so that float32 can not make it 128. NaN where an entry is no finite number. */
function scaleOf(group: Float64Array): number {
  let largest = 0
  for (const entry of group) largest = Math.max(largest, Math.abs(entry)) // NaN stays
  return (largest / LARGEST) * (1 + FLOAT32_STEP)
}

/**
 * A rotation that pads nothing, since padding would be sent: the longest front part that is made of whole blocks is rotated, then the rear part of the same length, with which it overlaps. Both keep
 * norm and length, so both together do.
 */
function createSeamlessRotation(length: number, seed: string): { rotate(vector: Float32Array): Float64Array; restore(rotated: Float64Array): Float64Array } {
  const span = seamlessLength(length)
  const front = createRotation({ length: span, seed: deriveSeed(seed, 'front') })
  const rear = span === length ? null : createRotation({ length: span, seed: deriveSeed(seed, 'rear') })
  return {
    rotate(vector) {
      const rotated = new Float64Array(vector)
      rotated.set(front.rotate(rotated.subarray(0, span)))
      if (rear !== null) rotated.set(rear.rotate(rotated.subarray(length - span)), length - span)
      return rotated
    },
    restore(rotated) {
      const vector = rotated.slice()
      if (rear !== null) vector.set(rear.restore(vector.subarray(length - span)), length - span)
      vector.set(front.restore(vector.subarray(0, span)))
      return vector
    },
  }
}
