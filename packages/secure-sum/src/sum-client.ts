import type { RingVector } from '@shoal/numeric'
import {
  advertisementSignedPart,
  countIn,
  decodeProposal,
  decodeShares,
  decodeSumResult,
  encodeAdvertisement,
  encodeMaskedInput,
  encodeShares,
  encodeUnmasking,
  type Failure,
  failed,
  idsIn,
  inputSignedPart,
  isIn,
  isRecomputable,
  isSubset,
  type KeyAdvertisement,
  type Result,
  type Revealed,
  type RosterSet,
  rosterSetOf,
  type SumManifest,
  succeeded,
  survivorsSignedPart,
} from '@shoal/protocol'
import { createMaskSeed, seedCommitmentOf } from './mask-seed.ts'
import type { MaskSuite, MaskSuiteId } from './mask-stream.ts'
import { createExchangeKeyPair, type ExchangeKeyPair, maskSignOf, pairKeyOf } from './pair-key.ts'
import { recomputeSum } from './recompute.ts'
import { openShares, type SharePair, sealShares } from './sealed-shares.ts'
import { splitSecret } from './secret-shares.ts'
import type { Sodium } from './sodium.ts'
import { agreedManifestOf, agreedRosterOf, type SumConsent } from './sum-agreement.ts'
import { applyToBlocks } from './sum-masks.ts'
import { createNonce, hashOfWords, isSameBytes, leastSurvivorsOf, nonceCommitmentOf, type SigningKeyPair, signedBy, sumTranscriptOf } from './sum-rules.ts'

/** What a client learns of a sum: its values where it can be recomputed, else the hash of its words. */
export type SumOutcome = {
  readonly survivors: RosterSet
  readonly sum: { readonly kind: 'open'; readonly values: Float64Array } | { readonly kind: 'hashed'; readonly hash: Uint8Array }
}

/**
 * One client in one sum (privacy.md 3.2). Each method takes one message and gives the frame that answers it. A message of another stage is SHOAL_ERR_SUM_STAGE and changes nothing; any other
 * failure ends the sum for this client, and its secrets are overwritten.
 */
export interface SumClient {
  /** #0; gives #1. */
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
  /** Ends the sum for this client, wherever it stands. */
  leave(): void
}

interface OwnKeys {
  readonly maskKeys: ExchangeKeyPair
  readonly shareKeys: ExchangeKeyPair
  readonly seed: Uint8Array
  readonly nonce: Uint8Array
  readonly advertisement: KeyAdvertisement
}

/** What is fixed once manifest and roster are. */
interface Agreed {
  readonly manifest: SumManifest
  readonly own: OwnKeys
  readonly ownId: number
  readonly members: readonly KeyAdvertisement[]
  readonly transcript: Uint8Array
  /** Shares that this client holds, by whose secrets they are of; its own are among them. */
  readonly held: Map<number, SharePair>
}

type State =
  | { readonly stage: 'manifest' | 'working' | 'over' }
  | { readonly stage: 'roster'; readonly manifest: SumManifest; readonly manifestFrame: Uint8Array; readonly own: OwnKeys }
  | { readonly stage: 'shares' | 'input'; readonly agreed: Agreed }
  | { readonly stage: 'proposal'; readonly agreed: Agreed; readonly inputHash: Uint8Array }
  | {
      readonly stage: 'result'
      readonly agreed: Agreed
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
  const secrets: Uint8Array[] = []
  const secretly = (secret: Uint8Array): Uint8Array => {
    secrets.push(secret)
    return secret
  }
  const leave = (): void => {
    for (const secret of secrets.splice(0)) sodium.memzero(secret)
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

  const createOwnKeys = (manifest: SumManifest): OwnKeys => {
    const maskKeys = createExchangeKeyPair(sodium)
    const shareKeys = createExchangeKeyPair(sodium)
    const seed = secretly(createMaskSeed(sodium))
    const nonce = secretly(createNonce(sodium))
    secretly(maskKeys.privateKey)
    secretly(shareKeys.privateKey)
    const keys = {
      identityKey: identity.publicKey,
      maskKey: maskKeys.publicKey,
      shareKey: shareKeys.publicKey,
      seedCommitment: seedCommitmentOf(sodium, { ...manifest, identityKey: identity.publicKey }, seed),
      nonceCommitment: nonceCommitmentOf(sodium, nonce),
    }
    const signature = sign(advertisementSignedPart(manifest, keys))
    return { maskKeys, shareKeys, seed, nonce, advertisement: { cohort: manifest.cohort, ...keys, signature } }
  }

  /** Shares of both secrets for all members, sealed for the others; the own pair stays. */
  const dealShares = async ({ manifest, own, ownId, members, transcript, held }: Agreed): Promise<Result<Uint8Array>> => {
    const dealing = { count: members.length, threshold: manifest.threshold }
    const seedShares = await splitSecret(own.seed, dealing)
    const keyShares = await splitSecret(own.maskKeys.privateKey, dealing)
    const shares = []
    for (const [peer, { shareKey }] of members.entries()) {
      const pair = { seedShare: secretly(seedShares[peer]), keyShare: secretly(keyShares[peer]) }
      if (peer === ownId) {
        held.set(ownId, pair)
        continue
      }
      const key = pairKeyOf(sodium, 'shares', { own: { id: ownId, keyPair: own.shareKeys }, peer: { id: peer, publicKey: shareKey }, transcript })
      if (!key.ok) return key
      shares.push({ peer, sealed: sealShares(sodium, { key: key.value, transcript, from: ownId, to: peer }, pair) })
      sodium.memzero(key.value)
      sodium.memzero(pair.seedShare)
      sodium.memzero(pair.keyShare)
    }
    return succeeded(encodeShares({ direction: 'out', cohort: manifest.cohort, shares }))
  }

  const openDelivery = ({ manifest, own, ownId, members, transcript, held }: Agreed, frame: Uint8Array): Result<true> => {
    const delivery = decodeShares(frame, { direction: 'in', rosterSize: members.length })
    if (!delivery.ok) return delivery
    if (delivery.value.cohort !== manifest.cohort) return failed('SHOAL_ERR_MALFORMED', 'shares of another cohort')
    for (const { peer, sealed } of delivery.value.shares) {
      if (peer === ownId) return failed('SHOAL_ERR_MALFORMED', 'shares from this client itself')
      const pair = { own: { id: ownId, keyPair: own.shareKeys }, peer: { id: peer, publicKey: members[peer].shareKey }, transcript }
      const key = pairKeyOf(sodium, 'shares', pair)
      if (!key.ok) return key
      const opened = openShares(sodium, { key: key.value, transcript, from: peer, to: ownId }, sealed)
      sodium.memzero(key.value)
      if (!opened.ok) return opened
      secrets.push(opened.value.seedShare, opened.value.keyShare)
      held.set(peer, opened.value)
    }
    return held.size < leastSurvivorsOf(manifest) ? failed('SHOAL_ERR_SUM_TOO_FEW', `${held.size} gave shares`) : succeeded(true)
  }

  /** y = x + PRG(b) + the masks of all pairs whose shares arrived (privacy.md 3.2 step 5). */
  const maskWords = async ({ manifest, own, ownId, members, transcript, held }: Agreed, words: RingVector): Promise<Result<true>> => {
    const suite = suiteOf(manifest.suite)
    const { blocks } = manifest
    await applyToBlocks(suite, words, { key: own.seed, sign: 1, blocks })
    for (const peer of held.keys()) {
      if (peer === ownId || hasLeft()) continue
      const pair = { own: { id: ownId, keyPair: own.maskKeys }, peer: { id: peer, publicKey: members[peer].maskKey }, transcript }
      const key = pairKeyOf(sodium, 'masks', pair)
      if (!key.ok) return key
      await applyToBlocks(suite, words, { key: key.value, sign: maskSignOf(ownId, peer), blocks })
      sodium.memzero(key.value)
    }
    return succeeded(true)
  }

  return {
    leave,
    manifest: (frame) => {
      if (state.stage !== 'manifest') return ignored('manifest')
      const manifest = agreedManifestOf(sodium, frame, consent)
      if (!manifest.ok) return stop(manifest.failure)
      const own = createOwnKeys(manifest.value)
      state = { stage: 'roster', manifest: manifest.value, manifestFrame: frame.slice(), own }
      return succeeded(encodeAdvertisement(own.advertisement))
    },
    roster: async (frame) => {
      if (state.stage !== 'roster') return ignored('roster')
      const { manifest, manifestFrame, own } = state
      const checked = agreedRosterOf(sodium, frame, { manifest, own: own.advertisement, consent })
      if (!checked.ok) return stop(checked.failure)
      const { roster, ownId } = checked.value
      const agreed = { manifest, own, ownId, members: roster.members, transcript: sumTranscriptOf(sodium, manifestFrame, frame), held: new Map() }
      state = { stage: 'working' }
      const dealt = await dealShares(agreed)
      if (!dealt.ok) return stop(dealt.failure)
      if (hasLeft()) return stopFor('SHOAL_ERR_SUM_STAGE', 'left')
      state = { stage: 'shares', agreed }
      return dealt
    },
    shares: (frame) => {
      if (state.stage !== 'shares') return ignored('shares')
      const { agreed } = state
      const opened = openDelivery(agreed, frame)
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
      const masked = await maskWords(agreed, words)
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
      leave()
      state = { stage: 'result', agreed, sharers, survivors, inputHashes }
      return succeeded(unmasking)
    },
    result: async (frame) => {
      if (state.stage !== 'result') return ignored('result')
      const { agreed, sharers, survivors, inputHashes } = state
      const { manifest, members, transcript } = agreed
      state = { stage: 'over' }
      const decoded = decodeSumResult(frame, { ...manifest, rosterSize: members.length })
      if (!decoded.ok) return decoded
      const { sum, certificate } = decoded.value
      if (decoded.value.cohort !== manifest.cohort || !isSameBytes(decoded.value.survivors.bytes, survivors.bytes))
        return failed('SHOAL_ERR_SUM_RESULT', 'of other survivors')
      if (certificate.length < manifest.threshold) return failed('SHOAL_ERR_SUM_RESULT', `${certificate.length} signatures`)
      for (const { id, signature } of certificate) {
        const part = survivorsSignedPart(transcript, survivors)
        const signed = signedBy(sodium, members[id].identityKey, { part, signature, of: `survivors by member ${id}` })
        if (!signed.ok) return signed
      }
      if (sum.kind === 'hashed') return succeeded({ survivors, sum })
      if (sum.inputs.some(({ hash }, index) => !isSameBytes(hash, inputHashes[index])))
        return failed('SHOAL_ERR_SUM_RESULT', 'of other inputs than were proposed')
      const values = await recomputeSum(sodium, suiteOf(manifest.suite), { manifest, members, transcript, sharers, survivors }, sum)
      return values.ok ? succeeded({ survivors, sum: { kind: 'open', values: values.value } }) : values
    },
  }
}
