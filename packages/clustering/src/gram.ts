import { LengthMismatchError, type NumberVector, norm } from '@shoal/numeric'
import { createKernel } from './gram-kernel.ts'

/** Rows of one panel of inner products. */
export const PANEL = 32
/** Rows whose chunks stay in the second-level cache while a panel passes over them. */
const TILE = 64
/** Entries of every row that are unpacked at a time: the copy of the rows takes 8 KiB a row, however long the rows are. */
const CHUNK = 1024

/** Inner products of many rows, a panel at a time. Sums run in float64 from the first entry to the last, so that they equal `dot` bit for bit. */
export interface Gram {
  readonly size: number
  /** Euclidean length of every row. */
  readonly norms: Float64Array
  /**
   * Inner products of the rows `first ... first + PANEL - 1` with all rows before `first + PANEL`: that of rows `first + i` and `j` at `[i * stride + j]`.
   * What lies beyond the last row has no meaning. The array is used again by the next call. `first` is a multiple of PANEL.
   */
  panel(first: number): Float64Array
  readonly stride: number
}

/** The same chunk of all rows as one contiguous float64 block. */
function unpack(block: Float64Array, rows: readonly NumberVector[], from: number, width: number): void {
  for (const [index, row] of rows.entries()) block.set(from === 0 && width === row.length ? row : row.subarray(from, from + width), index * width)
}

/** Adds to `target[i * stride + j]` the inner products of the block's rows `first + i`, i < PANEL, and j, `begin <= j < end`; both counts of rows are multiples of 4. */
function addProducts(target: Float64Array, stride: number, block: Float64Array, width: number, first: number, begin: number, end: number): void {
  // Two rows by four: eight sums and six factors fit the sixteen registers, and eight independent chains of additions hide their latency.
  for (let i = 0; i < PANEL; i += 2) {
    const top = i * stride
    const bottom = top + stride
    const a0 = (first + i) * width
    const a1 = a0 + width
    for (let j = begin; j < end; j += 4) {
      const b0 = j * width
      const b1 = b0 + width
      const b2 = b1 + width
      const b3 = b2 + width
      let s00 = target[top + j]
      let s01 = target[top + j + 1]
      let s02 = target[top + j + 2]
      let s03 = target[top + j + 3]
      let s10 = target[bottom + j]
      let s11 = target[bottom + j + 1]
      let s12 = target[bottom + j + 2]
      let s13 = target[bottom + j + 3]
      for (let k = 0; k < width; k += 1) {
        const x0 = block[a0 + k]
        const x1 = block[a1 + k]
        const y0 = block[b0 + k]
        const y1 = block[b1 + k]
        const y2 = block[b2 + k]
        const y3 = block[b3 + k]
        s00 += x0 * y0
        s01 += x0 * y1
        s02 += x0 * y2
        s03 += x0 * y3
        s10 += x1 * y0
        s11 += x1 * y1
        s12 += x1 * y2
        s13 += x1 * y3
      }
      target[top + j] = s00
      target[top + j + 1] = s01
      target[top + j + 2] = s02
      target[top + j + 3] = s03
      target[bottom + j] = s10
      target[bottom + j + 1] = s11
      target[bottom + j + 2] = s12
      target[bottom + j + 3] = s13
    }
  }
}

/** A panel of products with all rows before its end; `Gram.panel`. */
type Panels = (first: number) => Float64Array

function plainPanels(rows: readonly NumberVector[], length: number, stride: number): Panels {
  const target = new Float64Array(PANEL * stride)
  const block = new Float64Array(stride * Math.min(length, CHUNK))
  if (length <= CHUNK) unpack(block, rows, 0, length)
  return (first) => {
    target.fill(0)
    for (let from = 0; from < length; from += CHUNK) {
      const width = Math.min(CHUNK, length - from)
      if (length > CHUNK) unpack(block, rows, from, width)
      const end = first + PANEL
      for (let begin = 0; begin < end; begin += TILE) addProducts(target, stride, block, width, first, begin, Math.min(begin + TILE, end))
    }
    return target
  }
}

/** Rows in groups of GROUP, entry by entry: the entries `from ... from + width - 1` of row r at `[(r - r % GROUP) * width + k * GROUP + r % GROUP]`. */
const GROUP = 8
const BYTES = Float64Array.BYTES_PER_ELEMENT
/** Entries of a slice: two groups of rows take 32 KiB, what the first-level cache holds. */
const SLICE = 256

function unpackGroups(block: Float64Array, rows: readonly NumberVector[], from: number, width: number): void {
  for (const [index, row] of rows.entries()) {
    const start = Math.floor(index / GROUP) * GROUP * width + (index % GROUP)
    for (let k = 0; k < width; k += 1) block[start + k * GROUP] = row[from + k]
  }
}

/** As `plainPanels`, bit for bit, two sums to an instruction. Null where the engine can not. */
function simdPanels(rows: readonly NumberVector[], length: number, stride: number): Panels | null {
  const chunk = Math.min(length, CHUNK)
  const blockBytes = stride * chunk * BYTES
  const kernel = createKernel(blockBytes + PANEL * stride * BYTES)
  if (kernel === null) return null
  const target = new Float64Array(kernel.buffer, blockBytes, PANEL * stride)
  /** Slice after slice of the chunk that begins at entry `from`. */
  const unpackChunk = (from: number): void => {
    for (let slice = from; slice < Math.min(from + chunk, length); slice += SLICE) {
      const width = Math.min(SLICE, length - slice)
      unpackGroups(new Float64Array(kernel.buffer, (slice - from) * stride * BYTES, stride * width), rows, slice, width)
    }
  }
  const addSlice = (offset: number, width: number, first: number): void => {
    for (let j = 0; j < first + PANEL; j += GROUP)
      for (let i = 0; i < PANEL; i += 2) {
        const row = first + i
        const left = offset + ((row - (row % GROUP)) * width + (row % GROUP)) * BYTES
        kernel.addProducts(blockBytes + (i * stride + j) * BYTES, stride * BYTES, left, offset + j * width * BYTES, width)
      }
  }
  if (length <= CHUNK) unpackChunk(0)
  return (first) => {
    target.fill(0)
    for (let from = 0; from < length; from += CHUNK) {
      if (length > CHUNK) unpackChunk(from)
      for (let slice = from; slice < Math.min(from + CHUNK, length); slice += SLICE)
        addSlice((slice - from) * stride * BYTES, Math.min(SLICE, length - slice), first)
    }
    return target
  }
}

/** Below so many products the kernel's own memory is not worth its making. */
const SIMD_PRODUCTS = 10_000_000

/** Throws LengthMismatchError unless all rows have the same length. Memory: at most 8 KiB a row, and one panel. */
export const createGram = (rows: readonly NumberVector[]): Gram =>
  gramBy((length, stride) => (rows.length ** 2 * length > SIMD_PRODUCTS ? simdPanels(rows, length, stride) : null) ?? plainPanels(rows, length, stride), rows)

/** The twin of `createGram` that does without WebAssembly: equal to it bit for bit. */
export const plainGram = (rows: readonly NumberVector[]): Gram => gramBy((length, stride) => plainPanels(rows, length, stride), rows)

function gramBy(panelsOf: (length: number, stride: number) => Panels, rows: readonly NumberVector[]): Gram {
  const length = rows[0]?.length ?? 0
  for (const row of rows) if (row.length !== length) throw new LengthMismatchError(length, row.length)
  const stride = Math.ceil(rows.length / PANEL) * PANEL
  return { size: rows.length, norms: Float64Array.from(rows, norm), panel: panelsOf(length, stride), stride }
}
