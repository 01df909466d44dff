import type { RingVector } from '@shoal/numeric'
import {
  countIn,
  decodeProposal,
  encodeAdvertisement,
  encodeMaskedInput,
  encodeUnmasking,
  type Failure,
  failed,
  idsIn,
  inputSignedPart,
  isIn,
  isRecomputable,
  isSubset,
  type Result,
  type Revealed,
  type RosterSet,
  rosterSetOf,
  type SumManifest,
  succeeded,
  survivorsSignedPart,
} from '@shoal/protocol'
import type { MaskSuite, MaskSuiteId } from './mask-stream.ts'
import type { Sodium } from './sodium.ts'
import { agreedManifestOf, agreedRosterOf, isRivalManifest, type SumConsent } from './sum-agreement.ts'
import { believedOutcomeOf, type SumOutcome } from './sum-result.ts'
import { hashOfWords, isSameBytes, leastSurvivorsOf, type SigningKeyPair, sumTranscriptOf } from './sum-rules.ts'
import { type AgreedSum, createOwnKeys, createSecretStore, dealShares, maskWords, type OwnKeys, openDelivery } from './sum-secrets.ts'

/**
 * One client in one sum (privacy.md 3.2). Each method takes one message and gives the frame that answers it. A message of another stage is SHOAL_ERR_SUM_STAGE and changes nothing; any other
 * failure ends the sum for this client, and its secrets are overwritten.
 */
export interface SumClient {
  /** #0; gives #1. A second, different manifest for the same sum ends it at every later stage (SHOAL_ERR_SUM_MANIFEST 'two manifests'); see `proof`. */
  manifest(frame: Uint8Array): Result<Uint8Array>
  /** #2; gives #3. */
  roster(frame: Uint8Array): Promise<Result<Uint8Array>>
  /** #4; nothing is to be sent before this client's own words. */
  shares(frame: Uint8Array): Result<true>
  /** The client's encoded words, which are masked in place; gives #5. @throws RangeError unless they are of the manifest's ring and length */
  input(words: RingVector): Promise<Result<Uint8Array>>
  /** #6; gives #9. */
  proposal(frame: Uint8Array): Result<Uint8Array>
  /** #10. */
  result(frame: Uint8Array): Promise<Result<SumOutcome>>
  /** Two manifests that the coordinator signed for one and the same sum, for the volunteer to show; null while there is but one (privacy.md 3.8). */
  proof(): readonly Uint8Array[] | null
  /** Ends the sum for this client, wherever it stands. */
  leave(): void
}

type State =
  | { readonly stage: 'manifest' | 'working' | 'over' }
  | { readonly stage: 'roster'; readonly own: OwnKeys }
  | { readonly stage: 'shares' | 'input'; readonly agreed: AgreedSum }
  | { readonly stage: 'proposal'; readonly agreed: AgreedSum; readonly inputHash: Uint8Array }
  | {
      readonly stage: 'result'
      readonly agreed: AgreedSum
      readonly sharers: RosterSet
      readonly survivors: RosterSet
      readonly inputHashes: readonly Uint8Array[]
    }

export interface SumClientOptions {
  readonly identity: SigningKeyPair
  readonly consent: SumConsent
  suiteOf(id: MaskSuiteId): MaskSuite
}

export function createSumClient(sodium: Sodium, { identity, consent, suiteOf }: SumClientOptions): SumClient {
  let state: State = { stage: 'manifest' }
  /** The manifest that was agreed to. */
  let first: { readonly manifest: SumManifest; readonly frame: Uint8Array } | null = null
  let proof: readonly Uint8Array[] | null = null
  const secrets = createSecretStore(sodium)
  const leave = (): void => {
    secrets.overwrite()
    state = { stage: 'over' }
  }
  const stop = (failure: Failure) => {
    leave()
    return { ok: false as const, failure }
  }
  const stopFor = (...reason: Parameters<typeof failed>) => stop(failed(...reason).failure)
  const ignored = (message: string) => failed('SHOAL_ERR_SUM_STAGE', `${message} at ${state.stage}`)
  const hasLeft = (): boolean => state.stage === 'over'
  const sign = (part: Uint8Array): Uint8Array => sodium.crypto_sign_detached(part, identity.privateKey)

  const secondManifest = (frame: Uint8Array) => {
    if (hasLeft() || first === null || !isRivalManifest(sodium, frame, { ...first, coordinatorKey: consent.coordinatorKey })) return ignored('manifest')
    proof = [first.frame, frame.slice()]
    return stopFor('SHOAL_ERR_SUM_MANIFEST', 'two manifests')
  }

  return {
    leave,
    proof: () => proof,
    manifest: (frame) => {
      if (state.stage !== 'manifest') return secondManifest(frame)
      const manifest = agreedManifestOf(sodium, frame, consent)
      if (!manifest.ok) return stop(manifest.failure)
      first = { manifest: manifest.value, frame: frame.slice() }
      const own = createOwnKeys(sodium, manifest.value, identity, secrets)
      state = { stage: 'roster', own }
      return succeeded(encodeAdvertisement(own.advertisement))
    },
    roster: async (frame) => {
      if (state.stage !== 'roster' || first === null) return ignored('roster')
      const { own } = state
      const { manifest } = first
      const checked = agreedRosterOf(sodium, frame, { manifest, own: own.advertisement, consent })
      if (!checked.ok) return stop(checked.failure)
      const { roster, ownId } = checked.value
      const agreed = { manifest, own, ownId, members: roster.members, transcript: sumTranscriptOf(sodium, first.frame, frame), held: new Map() }
      state = { stage: 'working' }
      const dealt = await dealShares(sodium, agreed, secrets)
      if (!dealt.ok) return stop(dealt.failure)
      if (hasLeft()) return stopFor('SHOAL_ERR_SUM_STAGE', 'left')
      state = { stage: 'shares', agreed }
      return dealt
    },
    shares: (frame) => {
      if (state.stage !== 'shares') return ignored('shares')
      const { agreed } = state
      const opened = openDelivery(sodium, agreed, frame, secrets)
      if (!opened.ok) return stop(opened.failure)
      sodium.memzero(agreed.own.shareKeys.privateKey)
      state = { stage: 'input', agreed }
      return opened
    },
    input: async (words) => {
      if (state.stage !== 'input') return ignored('input')
      const { agreed } = state
      const { manifest, own, ownId, transcript } = agreed
      if (words.length !== manifest.vectorLength || words.BYTES_PER_ELEMENT * 8 !== manifest.ring)
        throw new RangeError(`${words.length} words of ${words.BYTES_PER_ELEMENT} bytes`)
      state = { stage: 'working' }
      const masked = await maskWords(sodium, suiteOf(manifest.suite), agreed, { words, hasLeft })
      if (!masked.ok) return stop(masked.failure)
      if (hasLeft()) return stopFor('SHOAL_ERR_SUM_STAGE', 'left')
      sodium.memzero(own.seed)
      sodium.memzero(own.maskKeys.privateKey)
      const hash = hashOfWords(sodium, words)
      state = { stage: 'proposal', agreed, inputHash: hash }
      return succeeded(
        encodeMaskedInput({ cohort: manifest.cohort, id: ownId, words, hash, signature: sign(inputSignedPart(transcript, { id: ownId, hash })) }),
      )
    },
    proposal: (frame) => {
      if (state.stage !== 'proposal') return ignored('proposal')
      const { agreed, inputHash } = state
      const { manifest, own, ownId, members, transcript, held } = agreed
      const decoded = decodeProposal(frame, { rosterSize: members.length, recomputable: isRecomputable(manifest) })
      if (!decoded.ok) return stop(decoded.failure)
      const { cohort, survivors, inputHashes } = decoded.value
      const sharers = rosterSetOf(held.keys(), members.length)
      const count = countIn(survivors)
      if (cohort !== manifest.cohort) return stopFor('SHOAL_ERR_SUM_SURVIVORS', 'of another cohort')
      if (!isSubset(survivors, sharers)) return stopFor('SHOAL_ERR_SUM_SURVIVORS', 'among them some whose shares never arrived')
      if (!isIn(survivors, ownId)) return stopFor('SHOAL_ERR_SUM_SURVIVORS', 'this client is not among them')
      if (count < leastSurvivorsOf(manifest)) return stopFor('SHOAL_ERR_SUM_TOO_FEW', `${count} survivors`)
      if (isRecomputable(manifest) && !isSameBytes(inputHashes[idsIn(survivors).indexOf(ownId)], inputHash))
        return stopFor('SHOAL_ERR_SUM_SURVIVORS', 'with another input of this client')
      const objection = consent.objection(
        idsIn(survivors).map((id) => members[id].identityKey),
        manifest,
      )
      if (objection !== null) return stopFor('SHOAL_ERR_SUM_SURVIVORS', objection)
      // Either share of a member and never both: which one follows from this set alone, and there is no second one.
      const revealed = members.map((_, id): Revealed => {
        const pair = held.get(id)
        if (pair === undefined) return { of: 'nothing' }
        return isIn(survivors, id) ? { of: 'seed', share: pair.seedShare } : { of: 'key', share: pair.keyShare }
      })
      const signature = sign(survivorsSignedPart(transcript, survivors))
      const unmasking = encodeUnmasking({ cohort, revealed, nonce: own.nonce, signature })
      secrets.overwrite()
      state = { stage: 'result', agreed, sharers, survivors, inputHashes }
      return succeeded(unmasking)
    },
    result: async (frame) => {
      if (state.stage !== 'result') return ignored('result')
      const { agreed, ...seen } = state
      state = { stage: 'over' }
      return believedOutcomeOf(sodium, suiteOf(agreed.manifest.suite), frame, { ...agreed, ...seen })
    },
  }
}
