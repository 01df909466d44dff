import {
  advertisementSignedPart,
  decodeManifest,
  decodeRoster,
  encodeAdvertisement,
  failed,
  type KeyAdvertisement,
  type MemberCredential,
  manifestSignedPart,
  type Result,
  type SumManifest,
  type SumPurpose,
  type SumRoster,
  succeeded,
} from '@shoal/protocol'
import type { Sodium } from './sodium.ts'
import { isSameBytes, leastSurvivorsOf, ruleFault, signedBy } from './sum-rules.ts'

/** What the words of a sum stand for: the client knows it from the policy and the ask, and holds the manifest against it. */
export interface SumForm {
  readonly ring: 16 | 32
  /** Words of the whole sum. */
  readonly vectorLength: number
  readonly blocks: number
  /** Largest L2 norm of a client's vector. */
  readonly clip: number
  /** Largest size of one entry. */
  readonly range: number
  /** Bits of one client's value. */
  readonly valueBits: number
}

/** What a client agreed to and what it has received, against which it holds the manifest and the roster of a sum. */
export interface SumConsent {
  /** Ed25519, of the coordinator. */
  readonly coordinatorKey: Uint8Array
  /** 16 bytes. */
  readonly federation: Uint8Array
  readonly purpose: SumPurpose
  readonly cluster: number
  /** Of the policy that the volunteer agreed to. */
  readonly policyHash: Uint8Array
  readonly architectureHash: Uint8Array
  /** Of the models that this client actually received. */
  readonly modelHashes: readonly Uint8Array[]
  readonly form: SumForm
  /** Least number of survivors that the policy allows. */
  readonly kMin: number
  /** The last round of this purpose that this client took part in; null before the first. */
  readonly last: { readonly epoch: number; readonly round: number } | null
  readonly minVerifiedPeers: number
  /** Whether the volunteer knows this peer, or an organisation that it trusts vouches for it. */
  isVerified(member: KeyAdvertisement, credential: MemberCredential | undefined): boolean
  /** Why this client must not help to open a sum over these survivors, named by their identity keys; null if nothing speaks against it (privacy.md 3.6). */
  objection(survivors: readonly Uint8Array[], manifest: SumManifest): string | null
}

/** Privacy.md 3.2 step 1. SHOAL_ERR_MALFORMED, SHOAL_ERR_IDENTITY_UNPROVEN or SHOAL_ERR_SUM_MANIFEST with what differs. */
export function agreedManifestOf(sodium: Sodium, frame: Uint8Array, consent: SumConsent): Result<SumManifest> {
  const decoded = decodeManifest(frame)
  if (!decoded.ok) return decoded
  const manifest = decoded.value
  const signed = signedBy(sodium, consent.coordinatorKey, { part: manifestSignedPart(manifest), signature: manifest.signature, of: 'manifest' })
  if (!signed.ok) return signed
  const fault = manifestDifference(manifest, consent) ?? ruleFault(manifest)
  return fault === null ? succeeded(manifest) : failed('SHOAL_ERR_SUM_MANIFEST', fault)
}

function manifestDifference(manifest: SumManifest, consent: SumConsent): string | null {
  const { last, modelHashes } = consent
  if (!isSameBytes(manifest.federation, consent.federation)) return 'another federation'
  if (manifest.purpose !== consent.purpose) return 'another purpose'
  if (manifest.cluster !== consent.cluster) return 'another cluster'
  if (!isSameBytes(manifest.policyHash, consent.policyHash)) return 'another policy'
  if (!isSameBytes(manifest.architectureHash, consent.architectureHash)) return 'another architecture'
  if (manifest.modelHashes.length !== modelHashes.length || !modelHashes.every((hash, index) => isSameBytes(hash, manifest.modelHashes[index])))
    return 'other models'
  if (!isOfForm(manifest, consent.form)) return 'another form of words'
  if (manifest.kMin < consent.kMin) return `kMin ${manifest.kMin}`
  const isNew = last === null || manifest.epoch > last.epoch || (manifest.epoch === last.epoch && manifest.round > last.round)
  return isNew ? null : 'a round that is over'
}

/** Whether a frame is a manifest that the coordinator signed for the same sum as `manifest`, with other bytes than `frame` (privacy.md 3.8). */
export function isRivalManifest(
  sodium: Sodium,
  rivalFrame: Uint8Array,
  { manifest, frame, coordinatorKey }: { readonly manifest: SumManifest; readonly frame: Uint8Array; readonly coordinatorKey: Uint8Array },
): boolean {
  const decoded = decodeManifest(rivalFrame)
  if (!decoded.ok || isSameBytes(rivalFrame, frame)) return false
  const rival = decoded.value
  const isSameSlot = (['epoch', 'round', 'cohort', 'purpose'] as const).every((field) => rival[field] === manifest[field])
  return (
    isSameSlot &&
    isSameBytes(rival.federation, manifest.federation) &&
    signedBy(sodium, coordinatorKey, { part: manifestSignedPart(rival), signature: rival.signature, of: 'manifest' }).ok
  )
}

/** Clip and range are float32 on the wire. */
const isOfForm = (manifest: SumManifest, { ring, vectorLength, blocks, clip, range, valueBits }: SumForm): boolean =>
  manifest.ring === ring &&
  manifest.valueBits === valueBits &&
  manifest.vectorLength === vectorLength &&
  manifest.blocks === blocks &&
  manifest.clip === Math.fround(clip) &&
  manifest.range === Math.fround(range)

export interface AgreedRoster {
  readonly roster: SumRoster
  /** This client's place. */
  readonly ownId: number
}

/** Privacy.md 3.2 step 3; keys that occur twice are refused by the frame. SHOAL_ERR_MALFORMED, SHOAL_ERR_IDENTITY_UNPROVEN, SHOAL_ERR_SUM_ROSTER or SHOAL_ERR_SUM_TOO_FEW. */
export function agreedRosterOf(
  sodium: Sodium,
  frame: Uint8Array,
  { manifest, own, consent }: { readonly manifest: SumManifest; readonly own: KeyAdvertisement; readonly consent: SumConsent },
): Result<AgreedRoster> {
  const decoded = decodeRoster(frame)
  if (!decoded.ok) return decoded
  const { cohort, members, credentials } = decoded.value
  if (cohort !== manifest.cohort || members.length > manifest.cohortSize) return failed('SHOAL_ERR_SUM_ROSTER', 'of another cohort')
  if (members.length < leastSurvivorsOf(manifest)) return failed('SHOAL_ERR_SUM_TOO_FEW', `${members.length} members`)
  for (const [id, member] of members.entries()) {
    const signed = signedBy(sodium, member.identityKey, { part: advertisementSignedPart(manifest, member), signature: member.signature, of: `member ${id}` })
    if (!signed.ok) return signed
  }
  const ownBytes = encodeAdvertisement(own)
  const ownId = members.findIndex((member) => isSameBytes(encodeAdvertisement(member), ownBytes))
  if (ownId === -1) return failed('SHOAL_ERR_SUM_ROSTER', 'without this client as it advertised itself')
  const verified = members.filter(
    (member, id) =>
      id !== ownId &&
      consent.isVerified(
        member,
        credentials.find((credential) => credential.id === id),
      ),
  )
  if (verified.length < consent.minVerifiedPeers) return failed('SHOAL_ERR_SUM_ROSTER', `${verified.length} verified peers`)
  return succeeded({ roster: decoded.value, ownId })
}
