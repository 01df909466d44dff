import { createByteReader, createByteWriter, exactBytes, isAscending } from './byte-layout.ts'
import type { Result } from './errors.ts'
import { MAX_SUM_COHORT } from './limits.ts'
import { HASH_BYTES, KEY_BYTES, readHeader, SIGNATURE_BYTES, writeHeader } from './secure-sum-header.ts'
import { purposeNumber, SUM_FEDERATION_BYTES, type SumSlot } from './secure-sum-manifest.ts'
import { transcriptOf } from './transcript.ts'

/** A client's public keys of one sum. */
export interface SumKeys {
  /** Ed25519: who this is, in all rounds. */
  readonly identityKey: Uint8Array
  /** X25519, of this sum alone: agrees on the masks of each pair. */
  readonly maskKey: Uint8Array
  /** X25519, of this sum alone: seals shares. */
  readonly shareKey: Uint8Array
  /** Hash of the seed of the client's own mask. */
  readonly seedCommitment: Uint8Array
  /** Hash of the nonce that this client gives to the next beacon. */
  readonly nonceCommitment: Uint8Array
}

/** Message #1. */
export interface KeyAdvertisement extends SumKeys {
  readonly cohort: number
  readonly signature: Uint8Array
}

const ADVERTISEMENT_BYTES = 230

/** An organisation's word that a member of the roster is its own. */
export interface MemberCredential {
  /** Place of the member in the roster. */
  readonly id: number
  /** Seconds since 1970; Ed25519 signature of the organisation. */
  readonly expiresAtSeconds: number
  readonly signature: Uint8Array
}

/** Message #2: the members in the order of their ids, which are their places here. */
export interface SumRoster {
  readonly cohort: number
  readonly members: readonly KeyAdvertisement[]
  /** By rising id, at most one for each member. */
  readonly credentials: readonly MemberCredential[]
}

/** 230 bytes. */
export function encodeAdvertisement(advertisement: KeyAdvertisement): Uint8Array {
  const writer = writeHeader(createByteWriter(), 'advertisement', advertisement.cohort)
  for (const field of fieldsOf(advertisement)) writer.bytes(field, KEY_BYTES)
  return writer.bytes(advertisement.signature, SIGNATURE_BYTES).finish()
}

/** The bytes that the member signs: keys are good for one sum only. */
export function advertisementSignedPart(slot: SumSlot, keys: SumKeys): Uint8Array {
  const federation = exactBytes(slot.federation, SUM_FEDERATION_BYTES)
  const fields = fieldsOf(keys).map((field) => exactBytes(field, KEY_BYTES))
  return transcriptOf('sumAdvertisement', [federation, slot.epoch, slot.round, slot.cohort, purposeNumber(slot.purpose), ...fields])
}

export function decodeAdvertisement(frame: Uint8Array): Result<KeyAdvertisement> {
  const reader = createByteReader(frame)
  const cohort = readHeader(reader, 'advertisement')
  const identityKey = reader.bytes(KEY_BYTES)
  const maskKey = reader.bytes(KEY_BYTES)
  const shareKey = reader.bytes(KEY_BYTES)
  const seedCommitment = reader.bytes(HASH_BYTES)
  const nonceCommitment = reader.bytes(HASH_BYTES)
  const signature = reader.bytes(SIGNATURE_BYTES)
  return reader.finish({ cohort, identityKey, maskKey, shareKey, seedCommitment, nonceCommitment, signature })
}

/** 10 + 230 for each member + 70 for each credential. */
export function encodeRoster(roster: SumRoster): Uint8Array {
  const writer = writeHeader(createByteWriter(), 'roster', roster.cohort).u16(roster.members.length).u16(roster.credentials.length)
  for (const member of roster.members) writer.bytes(encodeAdvertisement(member), ADVERTISEMENT_BYTES)
  for (const { id, expiresAtSeconds, signature } of roster.credentials) writer.u16(id).u32(expiresAtSeconds).bytes(signature, SIGNATURE_BYTES)
  return writer.finish()
}

/** Refuses a roster in which a key occurs twice, whoever's and of whatever kind. The signatures are for the caller to check. */
export function decodeRoster(frame: Uint8Array): Result<SumRoster> {
  const reader = createByteReader(frame)
  const cohort = readHeader(reader, 'roster')
  const memberCount = reader.u16()
  const credentialCount = reader.u16()
  if (memberCount > MAX_SUM_COHORT) reader.refuse('roster too large')
  const members: KeyAdvertisement[] = []
  for (const bytes of reader.list(memberCount, () => reader.bytes(ADVERTISEMENT_BYTES))) {
    const member = decodeAdvertisement(bytes)
    if (member.ok) members.push(member.value)
    else reader.refuse(member.failure.detail ?? 'member', member.failure.code)
  }
  const credentials = reader.list(credentialCount, () => ({ id: reader.u16(), expiresAtSeconds: reader.u32(), signature: reader.bytes(SIGNATURE_BYTES) }))
  const holders = credentials.map(({ id }) => id)
  if (members.some((member) => member.cohort !== cohort)) reader.refuse('a member of another cohort')
  if (!haveOwnKeys(members)) reader.refuse('a key occurs twice in the roster')
  if (!isAscending(holders) || holders.some((id) => id >= memberCount)) reader.refuse('credentials out of order or of nobody')
  return reader.finish({ cohort, members, credentials })
}

/** The bytes that an organisation signs for one of its members. */
export function credentialSignedPart(federation: Uint8Array, identityKey: Uint8Array, expiresAtSeconds: number): Uint8Array {
  return transcriptOf('sumCredential', [exactBytes(federation, SUM_FEDERATION_BYTES), exactBytes(identityKey, KEY_BYTES), expiresAtSeconds])
}

/** The bytes whose hash is the transcript T, in which every mask, seal and signature of a sum is rooted: both frames exactly as they arrived, each after its length. */
export function sumTranscriptPart(manifestFrame: Uint8Array, rosterFrame: Uint8Array): Uint8Array {
  return transcriptOf('sumTranscript', [manifestFrame.length, manifestFrame, rosterFrame.length, rosterFrame])
}

/** In the order of the wire. All are 32 bytes. */
const fieldsOf = (keys: SumKeys): Uint8Array[] => [keys.identityKey, keys.maskKey, keys.shareKey, keys.seedCommitment, keys.nonceCommitment]

function haveOwnKeys(members: readonly SumKeys[]): boolean {
  const keys = members.flatMap(({ identityKey, maskKey, shareKey }) => [identityKey.join(), maskKey.join(), shareKey.join()])
  return new Set(keys).size === keys.length
}
