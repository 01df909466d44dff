import { type ErrorCode, failed, type Result, succeeded } from './errors.ts'

/** Words of a ring of 16 or 32 bits: whole numbers modulo 2^16 or 2^32. */
export type RingWords = Uint16Array | Uint32Array

/**
 * Writes a fixed layout, little-endian. A value that its field can not hold throws RangeError: that is a mistake of the caller, and a number cut to its low bits would be
 * signed as if it were meant.
 */
export interface ByteWriter {
  u8(value: number): ByteWriter
  u16(value: number): ByteWriter
  u32(value: number): ByteWriter
  /** A number that float32 holds exactly, so that writer and reader go on with the same one. */
  f32(value: number): ByteWriter
  /** Bytes of a length that the layout fixes. */
  bytes(value: Uint8Array, length: number): ByteWriter
  words(value: RingWords): ByteWriter
  zeros(count: number): ByteWriter
  finish(): Uint8Array
}

export function createByteWriter(): ByteWriter {
  const pieces: Uint8Array[] = []
  let length = 0
  const add = (piece: Uint8Array): ByteWriter => {
    pieces.push(piece)
    length += piece.length
    return writer
  }
  const number = (value: number, bytes: 1 | 2 | 4): ByteWriter => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * bytes)) throw new RangeError(`${value} is no whole number of ${bytes} bytes`)
    const view = new DataView(new ArrayBuffer(4))
    view.setUint32(0, value, true)
    return add(new Uint8Array(view.buffer, 0, bytes))
  }
  const writer: ByteWriter = {
    u8: (value) => number(value, 1),
    u16: (value) => number(value, 2),
    u32: (value) => number(value, 4),
    f32: (value) => {
      if (Math.fround(value) !== value) throw new RangeError(`${value} is no float32`)
      const view = new DataView(new ArrayBuffer(4))
      view.setFloat32(0, value, true)
      return add(new Uint8Array(view.buffer))
    },
    bytes: (value, count) => add(exactBytes(value, count)),
    words: (value) => add(bytesOfWords(value)),
    zeros: (count) => add(new Uint8Array(count)),
    finish: () => {
      const whole = new Uint8Array(length)
      let offset = 0
      for (const piece of pieces) {
        whole.set(piece, offset)
        offset += piece.length
      }
      return whole
    },
  }
  return writer
}

/**
 * Reads a fixed layout of bytes from outside and never throws on them. After the first fault every read gives zero or nothing and `finish` gives that fault, so a decoder
 * reads straight on and asks once, at its end.
 */
export interface ByteReader {
  u8(): number
  u16(): number
  u32(): number
  f32(): number
  /** A copy, which does not keep the frame in memory. */
  bytes(length: number): Uint8Array
  /** `count` words: a view of the frame where it is aligned, else a copy. */
  words(ring: 16 | 32, count: number): RingWords
  /** Bytes that the layout leaves empty; any other content is a fault, so that no value has two encodings. */
  zeros(count: number): void
  list<T>(count: number, readOne: (index: number) => T): T[]
  refuse(detail: string, code?: ErrorCode): void
  /** `value`, unless something was refused or bytes are left over. */
  finish<T>(value: T): Result<T>
}

export function createByteReader(frame: Uint8Array): ByteReader {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  let offset = 0
  let fault: { readonly code: ErrorCode; readonly detail: string } | undefined
  const refuse = (detail: string, code: ErrorCode = 'SHOAL_ERR_MALFORMED'): void => {
    fault ??= { code, detail }
  }
  /** Where the next `length` bytes begin; undefined from the first fault on. */
  const take = (length: number): number | undefined => {
    if (fault === undefined && length > frame.length - offset) refuse('frame ends too early')
    if (fault !== undefined) return undefined
    offset += length
    return offset - length
  }
  const read = (length: number, get: (at: number) => number): number => {
    const at = take(length)
    return at === undefined ? 0 : get(at)
  }
  const raw = (length: number): Uint8Array => {
    const at = take(length)
    return at === undefined ? new Uint8Array(0) : frame.subarray(at, at + length)
  }
  return {
    u8: () => read(1, (at) => view.getUint8(at)),
    u16: () => read(2, (at) => view.getUint16(at, true)),
    u32: () => read(4, (at) => view.getUint32(at, true)),
    f32: () => read(4, (at) => view.getFloat32(at, true)),
    bytes: (length) => new Uint8Array(raw(length)),
    words: (ring, count) => wordsOf(raw((count * ring) / 8), ring),
    zeros: (count) => {
      if (raw(count).some((byte) => byte !== 0)) refuse('bytes that the layout leaves empty are not')
    },
    list: (count, readOne) => {
      const items = []
      for (let index = 0; index < count && fault === undefined; index += 1) items.push(readOne(index))
      return items
    },
    refuse,
    finish: (value) => {
      if (offset < frame.length) refuse('bytes after the end of the frame')
      return fault === undefined ? succeeded(value) : failed(fault.code, fault.detail)
    },
  }
}

/** `value` itself; throws RangeError where it has another length. */
export function exactBytes(value: Uint8Array, length: number): Uint8Array {
  if (value.length !== length) throw new RangeError(`${value.length} bytes where the layout has ${length}`)
  return value
}

/** The bytes of ring words as they travel and are hashed. All platforms that run TensorFlow.js are little-endian, as the wire is. */
export const bytesOfWords = (words: RingWords): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength)

function wordsOf(bytes: Uint8Array, ring: 16 | 32): RingWords {
  const wordBytes = ring / 8
  const aligned = bytes.byteOffset % wordBytes === 0 ? bytes : new Uint8Array(bytes) // a copy; `slice` of a Node Buffer would be a view
  const count = aligned.length / wordBytes
  return ring === 16 ? new Uint16Array(aligned.buffer, aligned.byteOffset, count) : new Uint32Array(aligned.buffer, aligned.byteOffset, count)
}

/** Whether ids rise strictly: then a list has one order and no id twice. */
export const isAscending = (ids: readonly number[]): boolean => ids.every((id, index) => index === 0 || ids[index - 1] < id)
