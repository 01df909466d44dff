import { type ByteReader, type ByteWriter, createByteReader, createByteWriter } from './byte-layout.ts'
import type { Result } from './errors.ts'
import { LEAST_K_MIN, MAX_RECOMPUTABLE_WORDS, MAX_SUM_BLOCKS, MAX_SUM_COHORT, MAX_SUM_MODELS, MAX_SUM_STAGE_MS, MAX_SUM_WORDS } from './limits.ts'
import { HASH_BYTES, readKind, SIGNATURE_BYTES, writeKind } from './secure-sum-header.ts'
import { transcriptOf } from './transcript.ts'

/** What a masked sum is for. A client allows only so many of each. Its number on the wire is its place here, from 1. */
export const SUM_PURPOSES = ['update', 'count', 'hist', 'moment', 'power', 'lloyd', 'reserve', 'rows', 'metric'] as const
export type SumPurpose = (typeof SUM_PURPOSES)[number]

export const SUM_FEDERATION_BYTES = 16
/** `cluster` of a cohort that was not drawn from one. */
export const NO_CLUSTER = 0xffff
/** Bits of the ring that a legal sum leaves free: words that use them are garbage (privacy.md 3.5). */
const FREE_BITS = 2
/** A value has a sign and at least one more bit. */
const LEAST_VALUE_BITS = 2

/** Which sum something was signed for: there is one manifest for each of these. */
export interface SumSlot {
  /** 16 bytes that stand for the federation's id. */
  readonly federation: Uint8Array
  readonly epoch: number
  readonly round: number
  readonly cohort: number
  readonly purpose: SumPurpose
}

/** Message #0: all that the clients of one sum must agree on. Every mask depends on its bytes, so clients who were shown different ones make noise together. */
export interface UnsignedSumManifest extends SumSlot {
  /** Of the mask stream: 1 is AES-256-CTR, 2 is ChaCha20. */
  readonly suite: 1 | 2
  readonly policyHash: Uint8Array
  readonly architectureHash: Uint8Array
  readonly modelHashes: readonly Uint8Array[]
  /** Zeros in the first manifest. */
  readonly previousManifestHash: Uint8Array
  readonly previousCertificateHash: Uint8Array
  /** Clients that the cohort is planned for (g); fewer may advertise keys. */
  readonly cohortSize: number
  /** Shares that bring a secret back (t). */
  readonly threshold: number
  readonly kMin: number
  readonly kDiff: number
  readonly ring: 16 | 32
  /** Bits of one client's value, with its sign (b). */
  readonly valueBits: number
  /** Largest L2 norm of a client's vector (C). */
  readonly clip: number
  /** Largest size of one entry (R); it is written as the largest whole number of `valueBits`. */
  readonly range: number
  /** Words of the whole sum: all blocks with their weights and padding. */
  readonly vectorLength: number
  readonly blocks: number
  /** The one cluster that all clients of the cohort belong to; `NO_CLUSTER` if there is none. */
  readonly cluster: number
  /** How long each stage stays open once it has begun. */
  readonly advertiseMs: number
  readonly shareMs: number
  readonly inputMs: number
  readonly unmaskMs: number
}

export interface SumManifest extends UnsignedSumManifest {
  readonly signature: Uint8Array
}

/** 270 + 32 x models bytes. Throws RangeError on a manifest that has a fault (`manifestFault`). */
export function encodeManifest(manifest: SumManifest): Uint8Array {
  return writeFields(createByteWriter(), manifest).bytes(manifest.signature, SIGNATURE_BYTES).finish()
}

/** The bytes that the coordinator signs: the frame without its signature, under a domain of their own. */
export function manifestSignedPart(manifest: UnsignedSumManifest): Uint8Array {
  return transcriptOf('sumManifest', [writeFields(createByteWriter(), manifest).finish()])
}

/** Refuses what no honest coordinator sends; whether the manifest keeps to the policy is for the client to say. Never throws on bytes from outside. */
export function decodeManifest(frame: Uint8Array): Result<SumManifest> {
  const reader = createByteReader(frame)
  const manifest = { ...readFields(reader), signature: reader.bytes(SIGNATURE_BYTES) }
  const fault = manifestFault(manifest)
  if (fault !== null) reader.refuse(fault)
  return reader.finish(manifest)
}

/**
 * What is wrong with the numbers of a manifest, null if nothing. The threshold is more than half of the cohort, so that honest members never unmask two sets of survivors
 * (privacy.md 3.4), and the sum of all legal values leaves two bits of the ring free (3.5).
 */
export function manifestFault(manifest: UnsignedSumManifest): string | null {
  const { cohortSize, threshold, kMin, kDiff, ring, valueBits, vectorLength, blocks } = manifest
  if (manifest.suite !== 1 && manifest.suite !== 2) return 'unknown suite'
  if (!SUM_PURPOSES.includes(manifest.purpose)) return 'unknown purpose'
  if (ring !== 16 && ring !== 32) return 'a ring has 16 or 32 bits'
  if (cohortSize < LEAST_K_MIN || cohortSize > MAX_SUM_COHORT) return 'cohort too small or too large'
  if (threshold <= cohortSize / 2 || threshold > cohortSize) return 'threshold is not between half of the cohort and all of it'
  if (kMin < LEAST_K_MIN || kMin > cohortSize) return 'kMin is below 3 or above the cohort'
  if (kDiff < 1 || kDiff > cohortSize) return 'kDiff is below 1 or above the cohort'
  if (valueBits < LEAST_VALUE_BITS || valueBits > ring - bitsToCount(cohortSize) - FREE_BITS) return 'the ring has no room for values of so many bits'
  if (!isPositive(manifest.clip) || !isPositive(manifest.range)) return 'clip and range are above 0'
  if (vectorLength < 1 || vectorLength > MAX_SUM_WORDS) return 'vector empty or too long'
  if (blocks < 1 || blocks > MAX_SUM_BLOCKS || blocks > vectorLength) return 'no blocks or too many'
  if (manifest.modelHashes.length > MAX_SUM_MODELS) return 'too many models'
  const stages = [manifest.advertiseMs, manifest.shareMs, manifest.inputMs, manifest.unmaskMs]
  return stages.every((ms) => ms >= 1 && ms <= MAX_SUM_STAGE_MS) ? null : 'a stage without time or with too much'
}

/** Whether everything that is needed to take the sum again is published with it (privacy.md 3.7): then a client believes no result that comes without. */
export const isRecomputable = ({ purpose, vectorLength }: { readonly purpose: SumPurpose; readonly vectorLength: number }): boolean =>
  purpose !== 'update' && purpose !== 'rows' && vectorLength <= MAX_RECOMPUTABLE_WORDS

export const purposeNumber = (purpose: SumPurpose): number => SUM_PURPOSES.indexOf(purpose) + 1

function writeFields(writer: ByteWriter, manifest: UnsignedSumManifest): ByteWriter {
  const fault = manifestFault(manifest)
  if (fault !== null) throw new RangeError(fault)
  writeKind(writer, 'manifest').u8(manifest.suite).bytes(manifest.federation, SUM_FEDERATION_BYTES)
  writer.u32(manifest.epoch).u32(manifest.round).u32(manifest.cohort).u8(purposeNumber(manifest.purpose))
  writer.bytes(manifest.policyHash, HASH_BYTES).bytes(manifest.architectureHash, HASH_BYTES).u16(manifest.modelHashes.length)
  for (const hash of manifest.modelHashes) writer.bytes(hash, HASH_BYTES)
  writer.bytes(manifest.previousManifestHash, HASH_BYTES).bytes(manifest.previousCertificateHash, HASH_BYTES)
  // The degree of the graph has its field although a complete graph leaves no choice.
  writer
    .u16(manifest.cohortSize)
    .u16(manifest.cohortSize - 1)
    .u16(manifest.threshold)
    .u16(manifest.kMin)
    .u16(manifest.kDiff)
  writer.u8(manifest.ring).u8(manifest.valueBits).f32(manifest.clip).f32(manifest.range).u32(manifest.vectorLength).u16(manifest.blocks).u16(manifest.cluster)
  return writer.u32(manifest.advertiseMs).u32(manifest.shareMs).u32(manifest.inputMs).u32(manifest.unmaskMs)
}

function readFields(reader: ByteReader): UnsignedSumManifest {
  readKind(reader, 'manifest')
  const suite = reader.u8() as 1 | 2 // as the other casts here: `manifestFault` refuses every other number
  const federation = reader.bytes(SUM_FEDERATION_BYTES)
  const [epoch, round, cohort] = [reader.u32(), reader.u32(), reader.u32()]
  const purpose = SUM_PURPOSES[reader.u8() - 1] as SumPurpose
  const policyHash = reader.bytes(HASH_BYTES)
  const architectureHash = reader.bytes(HASH_BYTES)
  const modelHashes = reader.list(reader.u16(), () => reader.bytes(HASH_BYTES))
  const previousManifestHash = reader.bytes(HASH_BYTES)
  const previousCertificateHash = reader.bytes(HASH_BYTES)
  const cohortSize = reader.u16()
  if (reader.u16() !== cohortSize - 1) reader.refuse('the graph of the cohort is not complete')
  const [threshold, kMin, kDiff] = [reader.u16(), reader.u16(), reader.u16()]
  const ring = reader.u8() as 16 | 32
  const valueBits = reader.u8()
  const [clip, range] = [reader.f32(), reader.f32()]
  const vectorLength = reader.u32()
  const [blocks, cluster] = [reader.u16(), reader.u16()]
  const [advertiseMs, shareMs, inputMs, unmaskMs] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()]
  return {
    suite,
    federation,
    epoch,
    round,
    cohort,
    purpose,
    policyHash,
    architectureHash,
    modelHashes,
    previousManifestHash,
    previousCertificateHash,
    cohortSize,
    threshold,
    kMin,
    kDiff,
    ring,
    valueBits,
    clip,
    range,
    vectorLength,
    blocks,
    cluster,
    advertiseMs,
    shareMs,
    inputMs,
    unmaskMs,
  }
}

/** ceil(log2(count)), exactly. */
const bitsToCount = (count: number): number => 32 - Math.clz32(count - 1)

const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0
