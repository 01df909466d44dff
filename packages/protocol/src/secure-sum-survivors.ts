import { type ByteReader, type ByteWriter, createByteReader, createByteWriter, exactBytes } from './byte-layout.ts'
import type { Result } from './errors.ts'
import { HASH_BYTES, readHeader, writeHeader } from './secure-sum-header.ts'
import { transcriptOf } from './transcript.ts'

/** A set of places in a roster of `size` members: place i is bit i mod 8 of byte i div 8. */
export interface RosterSet {
  readonly size: number
  readonly bytes: Uint8Array
}

/** Throws RangeError on a place that is not in the roster. */
export function rosterSetOf(ids: Iterable<number>, size: number): RosterSet {
  const bytes = new Uint8Array(Math.ceil(size / 8))
  for (const id of ids) {
    if (!Number.isInteger(id) || id < 0 || id >= size) throw new RangeError(`${id} is no place in a roster of ${size}`)
    bytes[id >> 3] |= 1 << (id & 7)
  }
  return { size, bytes }
}

export const isIn = (set: RosterSet, id: number): boolean => id < set.size && ((set.bytes[id >> 3] >> (id & 7)) & 1) === 1

const placesOf = (set: RosterSet): number[] => Array.from({ length: set.size }, (_, id) => id)

/** By rising id. */
export const idsIn = (set: RosterSet): number[] => placesOf(set).filter((id) => isIn(set, id))
export const idsOutside = (set: RosterSet): number[] => placesOf(set).filter((id) => !isIn(set, id))
export const countIn = (set: RosterSet): number => idsIn(set).length
export const isSubset = (inner: RosterSet, outer: RosterSet): boolean => inner.size === outer.size && idsIn(inner).every((id) => isIn(outer, id))

/** Message #6: whose inputs the server means to sum. */
export interface SurvivorProposal {
  readonly cohort: number
  readonly survivors: RosterSet
  /** Of a recomputable sum the hash of each survivor's input, by rising id; of others none. */
  readonly inputHashes: readonly Uint8Array[]
}

/** 10 + a bit for each member + 32 for each hash. */
export function encodeProposal({ cohort, survivors, inputHashes }: SurvivorProposal): Uint8Array {
  const writer = writeRosterSet(writeHeader(createByteWriter(), 'proposal', cohort), survivors).u16(inputHashes.length)
  for (const hash of inputHashes) writer.bytes(hash, HASH_BYTES)
  return writer.finish()
}

export function decodeProposal(
  frame: Uint8Array,
  { rosterSize, recomputable }: { readonly rosterSize: number; readonly recomputable: boolean },
): Result<SurvivorProposal> {
  const reader = createByteReader(frame)
  const cohort = readHeader(reader, 'proposal')
  const survivors = readRosterSet(reader, rosterSize)
  const hashCount = reader.u16()
  if (hashCount !== (recomputable ? countIn(survivors) : 0)) reader.refuse('not one hash for each survivor of a recomputable sum')
  return reader.finish({ cohort, survivors, inputHashes: reader.list(hashCount, () => reader.bytes(HASH_BYTES)) })
}

/** The bytes that a survivor signs (#7; it travels in #9): this set and no other was unmasked under this transcript. */
export function survivorsSignedPart(transcript: Uint8Array, survivors: RosterSet): Uint8Array {
  const { size } = survivors
  return transcriptOf('sumSurvivors', [exactBytes(transcript, HASH_BYTES), size, exactBytes(survivors.bytes, Math.ceil(size / 8))])
}

export function writeRosterSet(writer: ByteWriter, { size, bytes }: RosterSet): ByteWriter {
  return writer.u16(size).bytes(bytes, Math.ceil(size / 8))
}

/** Refuses bits past the end: they would be members that nobody counts, and a second encoding of the same set. */
export function readRosterSet(reader: ByteReader, rosterSize: number): RosterSet {
  if (reader.u16() !== rosterSize) reader.refuse('a set of members of another roster')
  const bytes = reader.bytes(Math.ceil(rosterSize / 8))
  const unused = 8 * bytes.length - rosterSize
  if (bytes.length > 0 && unused > 0 && bytes[bytes.length - 1] >> (8 - unused) !== 0) reader.refuse('members past the end of the roster')
  return { size: rosterSize, bytes: bytes.length > 0 ? bytes : new Uint8Array(Math.ceil(rosterSize / 8)) }
}
