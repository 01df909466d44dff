import type { Rng } from '@shoal/numeric'
import { decodeFrame, encodeFrame } from '@shoal/protocol'
import { mutateJson } from './json-mutator.ts'
import { type Mutation, oneOf } from './mutation.ts'

/** Numbers at the borders of the fields that layouts have. */
const BORDERS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const FLOATS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 64, 64.00001, 3.4e38, 1e-45]
/** Headers are where lengths stand: half of all changes are made there. */
const HEADER_BYTES = 48
const MOST_ADDED_BYTES = 64

const noise = (length: number, rng: Rng): Uint8Array => Uint8Array.from({ length }, () => rng.below(256))

const placeIn = (bytes: Uint8Array, rng: Rng): number => rng.below(Math.max(1, rng.below(2) === 0 ? Math.min(HEADER_BYTES, bytes.length) : bytes.length))

const concat = (...pieces: readonly Uint8Array[]): Uint8Array => Uint8Array.from(pieces.flatMap((piece) => [...piece]))

type Change = (bytes: Uint8Array, donors: readonly Uint8Array[], rng: Rng) => Uint8Array

/** Writes into a copy; nothing where the value would go over the end. */
function written(bytes: Uint8Array, size: number, rng: Rng, write: (view: DataView, at: number) => void): Uint8Array {
  const copy = new Uint8Array(bytes)
  const at = placeIn(copy, rng)
  if (at + size <= copy.length) write(new DataView(copy.buffer), at)
  return copy
}

const CHANGES: Readonly<Record<string, Change>> = {
  'bit flipped': (bytes, _donors, rng) => written(bytes, 1, rng, (view, at) => view.setUint8(at, view.getUint8(at) ^ (1 << rng.below(8)))),
  'byte replaced': (bytes, _donors, rng) => written(bytes, 1, rng, (view, at) => view.setUint8(at, rng.below(256))),
  truncated: (bytes, _donors, rng) => new Uint8Array(bytes.subarray(0, rng.below(bytes.length + 1))),
  extended: (bytes, _donors, rng) => concat(bytes, noise(1 + rng.below(MOST_ADDED_BYTES), rng)),
  'border u16': (bytes, _donors, rng) => written(bytes, 2, rng, (view, at) => view.setUint16(at, oneOf(BORDERS, rng), rng.below(2) === 0)),
  'border u32': (bytes, _donors, rng) => written(bytes, 4, rng, (view, at) => view.setUint32(at, oneOf(BORDERS, rng), rng.below(2) === 0)),
  'off by one': (bytes, _donors, rng) => written(bytes, 1, rng, (view, at) => view.setUint8(at, view.getUint8(at) + (rng.below(2) === 0 ? 1 : 255))),
  'border float': (bytes, _donors, rng) => written(bytes, 4, rng, (view, at) => view.setFloat32(at, oneOf(FLOATS, rng), true)),
  zeroed: (bytes, _donors, rng) => {
    const copy = new Uint8Array(bytes)
    const at = placeIn(copy, rng)
    return copy.fill(0, at, at + 1 + rng.below(MOST_ADDED_BYTES))
  },
  'piece repeated': (bytes, _donors, rng) => {
    const at = placeIn(bytes, rng)
    const end = at + 1 + rng.below(MOST_ADDED_BYTES)
    return concat(bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end))
  },
  'piece removed': (bytes, _donors, rng) => {
    const at = placeIn(bytes, rng)
    return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + rng.below(MOST_ADDED_BYTES)))
  },
  "another one's end": (bytes, donors, rng) => {
    const at = placeIn(bytes, rng)
    return concat(bytes.subarray(0, at), oneOf(donors, rng).subarray(at))
  },
  'another one': (_bytes, donors, rng) => new Uint8Array(oneOf(donors, rng)),
  'another kind': (bytes, _donors, rng) => written(bytes, 1, rng, (view) => view.setUint8(0, rng.below(12))),
  empty: () => new Uint8Array(0),
  noise: (_bytes, _donors, rng) => noise(rng.below(300), rng),
}
const NAMES = Object.keys(CHANGES)

/** One change, now and then two. `donors`: other valid frames, of other kinds, clients and rounds. The result never shares memory with what it was made of. */
export function mutateBytes(bytes: Uint8Array, donors: readonly Uint8Array[], rng: Rng): Mutation<Uint8Array> {
  const kind = oneOf(NAMES, rng)
  const once = CHANGES[kind]?.(bytes, donors, rng) ?? bytes
  if (rng.below(4) !== 0) return { kind, value: once }
  return { kind, value: CHANGES[oneOf(NAMES, rng)]?.(once, donors, rng) ?? once }
}

/** A frame with a JSON header: its header, its length field or its body. */
export function mutateFrame(frame: Uint8Array, donors: readonly Uint8Array[], rng: Rng): Mutation<Uint8Array> {
  const decoded = rng.below(2) === 0 ? decodeFrame(frame) : null
  if (decoded === null || !decoded.ok) return mutateBytes(frame, donors, rng)
  const { kind, value } = mutateJson(decoded.value.header, rng)
  return { kind: `header: ${kind}`, value: encodeFrame(value === undefined ? null : value, decoded.value.body) }
}
