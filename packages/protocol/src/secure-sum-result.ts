import { type ByteReader, type ByteWriter, createByteReader, createByteWriter, isAscending, type RingWords } from './byte-layout.ts'
import type { Result } from './errors.ts'
import { HASH_BYTES, KEY_BYTES, NONCE_BYTES, readHeader, SEED_BYTES, SIGNATURE_BYTES, writeHeader } from './secure-sum-header.ts'
import type { SumShape } from './secure-sum-input.ts'
import { isRecomputable, type SumPurpose } from './secure-sum-manifest.ts'
import { countIn, isIn, type RosterSet, readRosterSet, writeRosterSet } from './secure-sum-survivors.ts'

/** What a survivor sent, and the seed of its own mask. */
export interface OpenInput {
  readonly words: RingWords
  readonly hash: Uint8Array
  readonly signature: Uint8Array
  /** Checked against `seedCommitment`. */
  readonly seed: Uint8Array
}

/** A small sum with all that is needed to take it again (privacy.md 3.7): it shows what the server sees, and that the server tells no lies about it. */
export interface OpenSum {
  readonly kind: 'open'
  readonly words: RingWords
  /** One for each survivor, by rising id. */
  readonly inputs: readonly OpenInput[]
  /** Private mask keys of the members that gave shares but no input, by rising id; checked against `maskKey`. */
  readonly dropped: readonly { readonly id: number; readonly privateKey: Uint8Array }[]
}

/** A large sum: the hash of the model or vector that was made of it. */
export interface HashedSum {
  readonly kind: 'hashed'
  readonly hash: Uint8Array
}

/** What one survivor's #9 holds for all to see. */
export interface CertificateEntry {
  readonly id: number
  /** Of `survivorsSignedPart`. */
  readonly signature: Uint8Array
  /** Checked against `nonceCommitment`; the next beacon is made of these (privacy.md 3.4). */
  readonly nonce: Uint8Array
}

/** Message #10. */
export interface SumResult {
  readonly cohort: number
  readonly survivors: RosterSet
  /** Of those who unmasked, by rising id (#8). */
  readonly certificate: readonly CertificateEntry[]
  readonly sum: OpenSum | HashedSum
}

const HASHED = 0
const OPEN = 1

/** 11 + a bit for each member + 98 for each signature and nonce; then 32, or (1 + survivors) x words + 128 for each survivor + 2 + 34 for each of the dropped. */
export function encodeSumResult({ cohort, survivors, certificate, sum }: SumResult): Uint8Array {
  const writer = writeRosterSet(writeHeader(createByteWriter(), 'result', cohort), survivors).u16(certificate.length)
  for (const { id, signature, nonce } of certificate) writer.u16(id).bytes(signature, SIGNATURE_BYTES).bytes(nonce, NONCE_BYTES)
  if (sum.kind === 'hashed') writer.u8(HASHED).bytes(sum.hash, HASH_BYTES)
  else writeOpenSum(writer.u8(OPEN), sum, countIn(survivors))
  return writer.finish()
}

/** Refuses a recomputable sum that comes without its inputs. Hashes, seeds, nonces and signatures are for the caller to check. */
export function decodeSumResult(frame: Uint8Array, manifest: SumShape & { readonly purpose: SumPurpose; readonly rosterSize: number }): Result<SumResult> {
  const reader = createByteReader(frame)
  const cohort = readHeader(reader, 'result')
  const survivors = readRosterSet(reader, manifest.rosterSize)
  const certificate = reader.list(reader.u16(), () => ({ id: reader.u16(), signature: reader.bytes(SIGNATURE_BYTES), nonce: reader.bytes(NONCE_BYTES) }))
  const signers = certificate.map(({ id }) => id)
  if (!isAscending(signers) || !signers.every((id) => isIn(survivors, id))) reader.refuse('signatures out of order or of no survivor')
  const open = isRecomputable(manifest)
  if (reader.u8() !== (open ? OPEN : HASHED)) reader.refuse(open ? 'a recomputable sum without its inputs' : 'inputs of a sum that is not recomputable')
  const sum = open ? readOpenSum(reader, { ...manifest, survivors }) : { kind: 'hashed' as const, hash: reader.bytes(HASH_BYTES) }
  return reader.finish({ cohort, survivors, certificate, sum })
}

function writeOpenSum(writer: ByteWriter, { words, inputs, dropped }: OpenSum, survivors: number): void {
  if (inputs.length !== survivors || inputs.some((input) => input.words.byteLength !== words.byteLength))
    throw new RangeError('not one input for each survivor')
  writer.words(words)
  for (const input of inputs) writer.words(input.words).bytes(input.hash, HASH_BYTES).bytes(input.signature, SIGNATURE_BYTES).bytes(input.seed, SEED_BYTES)
  writer.u16(dropped.length)
  for (const { id, privateKey } of dropped) writer.u16(id).bytes(privateKey, KEY_BYTES)
}

function readOpenSum(reader: ByteReader, { ring, vectorLength, survivors }: SumShape & { readonly survivors: RosterSet }): OpenSum {
  const words = reader.words(ring, vectorLength)
  const inputs = reader.list(countIn(survivors), () => ({
    words: reader.words(ring, vectorLength),
    hash: reader.bytes(HASH_BYTES),
    signature: reader.bytes(SIGNATURE_BYTES),
    seed: reader.bytes(SEED_BYTES),
  }))
  const dropped = reader.list(reader.u16(), () => ({ id: reader.u16(), privateKey: reader.bytes(KEY_BYTES) }))
  const ids = dropped.map(({ id }) => id)
  // A survivor's mask key here would open its input, since its seed is above.
  if (!isAscending(ids) || ids.some((id) => id >= survivors.size || isIn(survivors, id))) reader.refuse('mask keys out of order, or of survivors')
  return { kind: 'open', words, inputs, dropped }
}
