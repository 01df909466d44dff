import type { ByteReader, ByteWriter } from './byte-layout.ts'
import { SECURE_SUM_VERSION } from './limits.ts'

/**
 * First byte of each frame of the secure sum, so that a frame of one kind can not be read as another. Numbers 7 and 8 (survivors signed and certified in a stage of their own)
 * are not used: in a complete graph the survivors' signatures travel in `unmask` and `result`.
 */
const SUM_FRAMES = { manifest: 0, advertisement: 1, roster: 2, sharesOut: 3, sharesIn: 4, input: 5, proposal: 6, unmask: 9, result: 10 } as const
export type SumFrameKind = keyof typeof SUM_FRAMES

/** Which frame these bytes claim to be; null where they are none. */
export function sumFrameKind(frame: Uint8Array): SumFrameKind | null {
  const entry = Object.entries(SUM_FRAMES).find(([, number]) => number === frame[0])
  return entry === undefined ? null : (entry[0] as SumFrameKind)
}

export const HASH_BYTES = 32
export const KEY_BYTES = 32
export const SEED_BYTES = 32
/** A share of a seed or of a private key: 32 bytes, and the point at which they were taken. */
export const SHARE_BYTES = 33
export const NONCE_BYTES = 32
export const SIGNATURE_BYTES = 64

/** 2 bytes: kind, version. */
export function writeKind(writer: ByteWriter, kind: SumFrameKind): ByteWriter {
  return writer.u8(SUM_FRAMES[kind]).u8(SECURE_SUM_VERSION)
}

export function readKind(reader: ByteReader, kind: SumFrameKind): void {
  if (reader.u8() !== SUM_FRAMES[kind]) reader.refuse(`no ${kind} frame`)
  if (reader.u8() !== SECURE_SUM_VERSION) reader.refuse('another version of the secure sum', 'SHOAL_ERR_PROTOCOL_VERSION')
}

/** 6 bytes: kind, version, and the cohort, by which the receiver finds the machine that the frame is for. What binds a frame to its sum is its signature or its seal. */
export function writeHeader(writer: ByteWriter, kind: SumFrameKind, cohort: number): ByteWriter {
  return writeKind(writer, kind).u32(cohort)
}

export function readHeader(reader: ByteReader, kind: SumFrameKind): number {
  readKind(reader, kind)
  return reader.u32()
}
