import { decodeSumResult, failed, type Result, type RosterSet, succeeded, survivorsSignedPart } from '@shoal/protocol'
import type { MaskSuite } from './mask-stream.ts'
import { recomputeSum, type SumRecord } from './recompute.ts'
import type { Sodium } from './sodium.ts'
import { nonceCommitmentOf, type RevealedNonce } from './sum-beacon.ts'
import { isSameBytes, signedBy } from './sum-rules.ts'

/** What a client learns of a sum: its values where it can be recomputed, else the hash of its words. */
export type SumOutcome = {
  readonly survivors: RosterSet
  /** Of those who unmasked, by place, for `beaconOf`. */
  readonly nonces: readonly RevealedNonce[]
  readonly sum: { readonly kind: 'open'; readonly values: Float64Array } | { readonly kind: 'hashed'; readonly hash: Uint8Array }
}

/**
 * What a survivor believes of #10: the set that it unmasked, signed by as many as the threshold, with the nonces they committed to, and a small sum only as its inputs give it, which are
 * those that were proposed. SHOAL_ERR_MALFORMED, SHOAL_ERR_IDENTITY_UNPROVEN, SHOAL_ERR_SUM_OUT_OF_RANGE or SHOAL_ERR_SUM_RESULT.
 */
export async function believedOutcomeOf(
  sodium: Sodium,
  suite: MaskSuite,
  frame: Uint8Array,
  { inputHashes, ...record }: SumRecord & { readonly inputHashes: readonly Uint8Array[] },
): Promise<Result<SumOutcome>> {
  const { manifest, members, transcript, survivors } = record
  const decoded = decodeSumResult(frame, { ...manifest, rosterSize: members.length })
  if (!decoded.ok) return decoded
  const { cohort, sum, certificate } = decoded.value
  if (cohort !== manifest.cohort || !isSameBytes(decoded.value.survivors.bytes, survivors.bytes)) return failed('SHOAL_ERR_SUM_RESULT', 'of other survivors')
  if (certificate.length < manifest.threshold) return failed('SHOAL_ERR_SUM_RESULT', `${certificate.length} signatures`)
  const part = survivorsSignedPart(transcript, survivors)
  for (const { id, signature, nonce } of certificate) {
    const { identityKey, nonceCommitment } = members[id]
    const signed = signedBy(sodium, identityKey, { part, signature, of: `survivors by member ${id}` })
    if (!signed.ok) return signed
    if (!isSameBytes(nonceCommitmentOf(sodium, nonce), nonceCommitment)) return failed('SHOAL_ERR_SUM_RESULT', `nonce of member ${id}`)
  }
  const nonces = certificate.map(({ id, nonce }) => ({ id, nonce }))
  if (sum.kind === 'hashed') return succeeded({ survivors, nonces, sum })
  if (sum.inputs.some(({ hash }, index) => !isSameBytes(hash, inputHashes[index]))) return failed('SHOAL_ERR_SUM_RESULT', 'of other inputs than were proposed')
  const values = await recomputeSum(sodium, suite, record, sum)
  return values.ok ? succeeded({ survivors, nonces, sum: { kind: 'open', values: values.value } }) : values
}
