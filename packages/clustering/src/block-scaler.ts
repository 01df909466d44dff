import { LengthMismatchError, type NumberVector } from '@shoal/numeric'
import { quantile } from './quantile.ts'
import type { Points } from './similarity.ts'

/** What descriptors consist of: `blocks` blocks of `length` entries, 2 (C + 1) of them for C classes, [mean | deviation | means of the classes | deviations of the classes]. */
interface DescriptorShape {
  readonly blocks: number
  readonly length: number
}

export interface ScaledShape extends DescriptorShape {
  /** What a block that is not there counts as: -1, scaled like any number (paper), or -0.5 once scaled (ours). */
  readonly missing: 'raw' | 'scaled'
}

/** A block that is not there is -1 throughout; and after scaling half a span below all others. */
const NO_DEVIATION = -0.5
const MISSING_SCALED = -0.5

/** Hardened: a row is far out by ten robust deviations, which are what three quarters of the numbers lie within, by what it is of a normal distribution's. */
const WITHIN = 0.75
const FAR = 10 / 1.1503
const TAIL = 0.05

/** The block that holds the deviations of what this one is of. */
function deviationOf(block: number, blocks: number): number {
  const classes = blocks / 2 - 1
  if (block === 0) return 1
  return block >= 2 && block < 2 + classes ? block + classes : block
}

/** A deviation is never negative: -1 throughout says that there are no examples, to within what rows without owners are rounded to. */
function isMissing(descriptor: NumberVector, block: number, { blocks, length }: DescriptorShape): boolean {
  const first = deviationOf(block, blocks) * length
  for (let entry = first; entry < first + length; entry += 1) if (descriptor[entry] > NO_DEVIATION) return false
  return true
}

/** All numbers that these rows have in one block, ascending; -1s that stand for nothing among them, where these count as numbers. */
function numbersOf(rows: Points, block: number, shape: DescriptorShape, missing: 'raw' | 'scaled'): Float64Array {
  const present = missing === 'raw' ? rows : rows.filter((row) => !isMissing(row, block, shape))
  const numbers = new Float64Array(present.length * shape.length)
  for (const [index, row] of present.entries())
    for (let entry = 0; entry < shape.length; entry += 1) numbers[index * shape.length + entry] = row[block * shape.length + entry]
  return numbers.sort()
}

/**
 * One [offset, span] for each block, over all rows and all of its entries (spec section 4.2, step 4): of `min-max` the least number and the largest less the least, so that
 * all lies in [0, 1]; of `percentile` (ours, hardened) the same from the 5th to the 95th percentile. Both are 0 for a block that nobody has.
 */
export function fitScaler(rows: Points, shape: ScaledShape, kind: 'min-max' | 'percentile'): Float32Array {
  const tail = kind === 'percentile' ? TAIL : 0
  const scaler = new Float32Array(2 * shape.blocks)
  for (let block = 0; block < shape.blocks; block += 1) {
    const numbers = numbersOf(rows, block, shape, shape.missing)
    if (numbers.length === 0) continue
    const least = quantile(numbers, tail)
    scaler[2 * block] = least
    scaler[2 * block + 1] = quantile(numbers, 1 - tail) - least
  }
  return scaler
}

/**
 * Of each row whether a number of it lies further from the median of its block than ten robust deviations (ours, hardened): a row that would stretch the scaler for all.
 * A block in which most numbers are equal has no spread, and says nothing about anybody.
 *
 * Difference from the spec (section 8: median absolute deviation): what three quarters lie within, not half. Where groups lie apart in a block, half of its numbers may be
 * one group's, and by that group's spread all the others would be far out.
 */
export function farOutRows(rows: Points, shape: DescriptorShape): boolean[] {
  const isFar = rows.map(() => false)
  for (let block = 0; block < shape.blocks; block += 1) {
    const numbers = numbersOf(rows, block, shape, 'scaled')
    if (numbers.length === 0) continue
    const middle = quantile(numbers, 0.5)
    const reach = FAR * quantile(numbers.map((number) => Math.abs(number - middle)).sort(), WITHIN)
    if (reach === 0) continue
    for (const [index, row] of rows.entries()) {
      if (isFar[index] || isMissing(row, block, shape)) continue
      const entries = row.subarray(block * shape.length, (block + 1) * shape.length)
      isFar[index] = entries.some((number) => Math.abs(number - middle) > reach)
    }
  }
  return isFar
}

/**
 * A descriptor by a scaler that was fitted to others or to it: (x - offset) / span, block by block, 0 where the span is 0; nothing is clamped. Server and clients take the
 * same float32 numbers from it. Throws LengthMismatchError for a descriptor or a scaler of another shape.
 */
export function scaledDescriptor(descriptor: NumberVector, scaler: Float32Array, shape: ScaledShape): Float32Array {
  const { blocks, length, missing } = shape
  if (descriptor.length !== blocks * length) throw new LengthMismatchError(descriptor.length, blocks * length)
  if (scaler.length !== 2 * blocks) throw new LengthMismatchError(scaler.length, 2 * blocks)
  const scaled = new Float32Array(descriptor.length)
  for (let block = 0; block < blocks; block += 1) {
    const [offset, span] = [scaler[2 * block], scaler[2 * block + 1]]
    const first = block * length
    if (missing === 'scaled' && isMissing(descriptor, block, shape)) scaled.fill(MISSING_SCALED, first, first + length)
    else if (span > 0) for (let entry = first; entry < first + length; entry += 1) scaled[entry] = (descriptor[entry] - offset) / span
  }
  return scaled
}
