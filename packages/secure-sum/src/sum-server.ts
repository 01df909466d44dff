import { addInto, emptyRingVector, type RingVector } from '@shoal/numeric'
import {
  advertisementSignedPart,
  countIn,
  decodeAdvertisement,
  decodeMaskedInput,
  decodeShares,
  decodeUnmasking,
  encodeManifest,
  encodeMaskedInput,
  encodeProposal,
  encodeRoster,
  encodeShares,
  encodeSumResult,
  type Failure,
  failed,
  idsIn,
  inputSignedPart,
  isIn,
  isRecomputable,
  type KeyAdvertisement,
  type MaskedInput,
  type MemberCredential,
  manifestSignedPart,
  type Result,
  type RosterSet,
  rosterSetOf,
  type ShareDelivery,
  succeeded,
  survivorsSignedPart,
  type Unmasking,
  type UnsignedSumManifest,
} from '@shoal/protocol'
import type { MaskSuite } from './mask-stream.ts'
import type { Sodium } from './sodium.ts'
import { nonceCommitmentOf } from './sum-beacon.ts'
import { openSum, type ReleasedSum } from './sum-opening.ts'
import { hashOfWords, isSameBytes, leastSurvivorsOf, ruleFault, type SigningKeyPair, signedBy, sumTranscriptOf } from './sum-rules.ts'

/** A frame for one client, named by its identity key. */
export interface SumLetter {
  readonly to: Uint8Array
  readonly frame: Uint8Array
}

/** What a message or the end of a stage brought about. After `released` and `aborted` the sum is over. */
export type SumStep =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'sending'; readonly letters: readonly SumLetter[] }
  | { readonly kind: 'released'; readonly letters: readonly SumLetter[]; readonly sum: ReleasedSum }
  | { readonly kind: 'aborted'; readonly failure: Failure }

/**
 * The server of one sum (privacy.md 3.3). `sender` is the identity key that the transport proved. A failure refuses that one message and changes nothing; the bytes of a message that was
 * accepted are accepted again and count once. A stage ends when all have answered, or with `stageOver`, which the caller calls at the stage's deadline.
 */
export interface SumServer {
  /** #0, for all invited. */
  readonly invitations: readonly SumLetter[]
  advertisement(sender: Uint8Array, frame: Uint8Array): Result<SumStep>
  shares(sender: Uint8Array, frame: Uint8Array): Result<SumStep>
  input(sender: Uint8Array, frame: Uint8Array): Result<SumStep>
  unmasking(sender: Uint8Array, frame: Uint8Array): Promise<Result<SumStep>>
  /** Identity keys of those whose message the present stage still lacks. */
  awaited(): readonly Uint8Array[]
  stageOver(): Promise<SumStep>
}

export interface SumServerOptions {
  readonly manifest: UnsignedSumManifest
  /** Ed25519, of the coordinator. */
  readonly signing: Pick<SigningKeyPair, 'privateKey'>
  /** Identity keys, at most `cohortSize`; places in the roster follow this order, whoever answers first. */
  readonly invited: readonly Uint8Array[]
  /** What organisations say of the members of a roster. */
  credentialsOf?(members: readonly KeyAdvertisement[]): readonly MemberCredential[]
  readonly suite: MaskSuite
}

type Stage = 'advertise' | 'share' | 'input' | 'unmask' | 'over'
type Message = 'advertisement' | 'shares' | 'input' | 'unmasking'

const WAITING: SumStep = { kind: 'waiting' }
const NO_HASH = new Uint8Array(0)

/** @throws RangeError on a manifest that clients would refuse, on one for another suite of masks, and on more invited clients than the cohort has places */
export function createSumServer(sodium: Sodium, { manifest: unsigned, signing, invited, credentialsOf, suite }: SumServerOptions): SumServer {
  const fault = ruleFault(unsigned)
  if (fault !== null) throw new RangeError(fault)
  if (suite.id !== unsigned.suite) throw new RangeError(`masks of suite ${suite.id}`)
  if (invited.length > unsigned.cohortSize) throw new RangeError(`${invited.length} invited for ${unsigned.cohortSize} places`)
  const manifest = { ...unsigned, signature: sodium.crypto_sign_detached(manifestSignedPart(unsigned), signing.privateKey) }
  const { cohort } = manifest
  const manifestFrame = encodeManifest(manifest)
  const recomputable = isRecomputable(manifest)
  const least = leastSurvivorsOf(manifest)

  let stage: Stage = 'advertise'
  /** Hash of each frame that was accepted, by message and sender. */
  const accepted = new Map<string, Uint8Array>()
  const advertised = new Map<string, KeyAdvertisement>()
  let members: readonly KeyAdvertisement[] = []
  let transcript: Uint8Array = new Uint8Array(0)
  /** By place: for each peer what is sealed for it. */
  const deliveries = new Map<number, ShareDelivery>()
  let sum: RingVector = emptyRingVector(manifest.ring, 0)
  /** Words are kept of recomputable sums only. */
  const inputs = new Map<number, MaskedInput>()
  let sharers: RosterSet = rosterSetOf([], 0)
  let survivors: RosterSet = sharers
  const unmaskings = new Map<number, Unmasking>()

  const nameOf = (key: Uint8Array): string => sodium.to_hex(key)
  const placeOf = (sender: Uint8Array): number => members.findIndex(({ identityKey }) => isSameBytes(identityKey, sender))
  const lettersTo = (ids: readonly number[], frameOf: (id: number) => Uint8Array): readonly SumLetter[] =>
    ids.map((id) => ({ to: members[id].identityKey, frame: frameOf(id) }))

  const forget = (): void => {
    stage = 'over'
    sum.fill(0)
    for (const store of [deliveries, inputs, unmaskings]) store.clear()
  }
  const abort = (failure: Failure): SumStep => {
    forget()
    return { kind: 'aborted', failure }
  }
  const tooFew = (count: number, what: string): SumStep => abort({ code: 'SHOAL_ERR_SUM_TOO_FEW', detail: `${count} ${what} of at least ${least}` })

  /** Every message comes in this way: once, at its stage, and again only with the same bytes, of which `fingerprint` is a hash. */
  const once = (
    message: Message,
    at: Stage,
    letter: { readonly sender: Uint8Array; readonly fingerprint: Uint8Array },
    take: () => Result<true>,
  ): Result<boolean> => {
    const name = `${message} ${nameOf(letter.sender)}`
    const earlier = accepted.get(name)
    if (earlier !== undefined) return isSameBytes(earlier, letter.fingerprint) ? succeeded(false) : failed('SHOAL_ERR_DUPLICATE_DIFFERS', message)
    if (stage !== at) return failed('SHOAL_ERR_SUM_STAGE', `${message} at ${stage}`)
    const taken = take()
    if (taken.ok) accepted.set(name, letter.fingerprint)
    return taken
  }
  const fingerprintOf = (frame: Uint8Array): Uint8Array => sodium.crypto_generichash(32, frame, null)
  /** An input is its words and little else: to hash them once, for both purposes, halves the hashing. */
  const inputFingerprintOf = (input: MaskedInput, wordsHash: Uint8Array): Uint8Array => {
    const rest = encodeMaskedInput({ ...input, words: input.words.subarray(0, 0) })
    return fingerprintOf(Uint8Array.of(...rest, ...wordsHash))
  }
  const stepAfter = (taken: Result<boolean>, isComplete: () => boolean, next: () => SumStep): Result<SumStep> =>
    taken.ok ? succeeded(taken.value && isComplete() ? next() : WAITING) : taken

  const sendRoster = (): SumStep => {
    members = invited.flatMap((key) => advertised.get(nameOf(key)) ?? [])
    if (members.length < least) return tooFew(members.length, 'advertised')
    const frame = encodeRoster({ cohort, members, credentials: credentialsOf?.(members) ?? [] })
    transcript = sumTranscriptOf(sodium, manifestFrame, frame)
    stage = 'share'
    return { kind: 'sending', letters: lettersTo([...members.keys()], () => frame) }
  }
  const deliverShares = (): SumStep => {
    sharers = rosterSetOf(deliveries.keys(), members.length)
    const from = idsIn(sharers)
    if (from.length < least) return tooFew(from.length, 'gave shares')
    const letters = lettersTo(from, (to) => {
      const shares = from.flatMap((peer) => (deliveries.get(peer)?.shares ?? []).filter((share) => share.peer === to).map(({ sealed }) => ({ peer, sealed })))
      return encodeShares({ direction: 'in', cohort, shares })
    })
    deliveries.clear()
    sum = emptyRingVector(manifest.ring, manifest.vectorLength)
    stage = 'input'
    return { kind: 'sending', letters }
  }
  const proposeSurvivors = (): SumStep => {
    survivors = rosterSetOf(inputs.keys(), members.length)
    const ids = idsIn(survivors)
    if (ids.length < least) return tooFew(ids.length, 'inputs')
    const inputHashes = recomputable ? ids.flatMap((id) => inputs.get(id)?.hash ?? []) : []
    const frame = encodeProposal({ cohort, survivors, inputHashes })
    stage = 'unmask'
    return { kind: 'sending', letters: lettersTo(ids, () => frame) }
  }
  const release = async (): Promise<SumStep> => {
    stage = 'over' // before the first await: nothing comes in any more
    const opened = await openSum(sodium, suite, { manifest, members, transcript, sharers, survivors, sum, inputs, unmaskings })
    const signers = [...unmaskings].sort(([left], [right]) => left - right)
    if (!opened.ok) return abort(opened.failure)
    const certificate = signers.map(([id, { signature, nonce }]) => ({ id, signature, nonce }))
    const { published, released } = opened.value
    const frame = encodeSumResult({ cohort, survivors, certificate, sum: published })
    const letters = lettersTo(idsIn(survivors), () => frame)
    forget()
    return { kind: 'released', letters, sum: released }
  }

  const takeAdvertisement = (sender: Uint8Array, frame: Uint8Array): Result<true> => {
    if (!invited.some((key) => isSameBytes(key, sender))) return failed('SHOAL_ERR_NOT_IN_COHORT')
    const decoded = decodeAdvertisement(frame)
    if (!decoded.ok) return decoded
    const own = decoded.value
    if (own.cohort !== cohort || !isSameBytes(own.identityKey, sender)) return failed('SHOAL_ERR_MALFORMED', 'keys of another cohort or client')
    const keysOf = ({ identityKey, maskKey, shareKey }: KeyAdvertisement) => [identityKey, maskKey, shareKey].map(nameOf)
    const taken = new Set([...invited.map(nameOf), ...[...advertised.values()].flatMap(keysOf)])
    const [, mask, share] = keysOf(own)
    if (mask === share || taken.has(mask) || taken.has(share)) return failed('SHOAL_ERR_MALFORMED', 'keys that occur already')
    const signed = signedBy(sodium, sender, { part: advertisementSignedPart(manifest, own), signature: own.signature, of: 'advertisement' })
    if (signed.ok) advertised.set(nameOf(sender), own)
    return signed
  }
  const takeShares = (sender: Uint8Array, frame: Uint8Array): Result<true> => {
    const id = placeOf(sender)
    if (id === -1) return failed('SHOAL_ERR_NOT_IN_COHORT')
    const decoded = decodeShares(frame, { direction: 'out', rosterSize: members.length })
    if (!decoded.ok) return decoded
    const { shares } = decoded.value
    if (decoded.value.cohort !== cohort || shares.length !== members.length - 1 || shares.some(({ peer }) => peer === id))
      return failed('SHOAL_ERR_MALFORMED', 'not one pair of shares for each peer')
    deliveries.set(id, decoded.value)
    return succeeded(true)
  }
  const takeInput = (sender: Uint8Array, decoded: Result<MaskedInput>, wordsHash: Uint8Array): Result<true> => {
    const id = placeOf(sender)
    if (id === -1 || !isIn(sharers, id)) return failed('SHOAL_ERR_NOT_IN_COHORT')
    if (!decoded.ok) return decoded
    const { words, hash, signature } = decoded.value
    if (decoded.value.cohort !== cohort || decoded.value.id !== id) return failed('SHOAL_ERR_MALFORMED', 'input of another cohort or client')
    if (!isSameBytes(wordsHash, hash)) return failed('SHOAL_ERR_DIGEST_MISMATCH', 'input')
    const signed = signedBy(sodium, sender, { part: inputSignedPart(transcript, { id, hash }), signature, of: 'input' })
    if (!signed.ok) return signed
    addInto(sum, words)
    inputs.set(id, { ...decoded.value, words: recomputable ? words.slice() : words.slice(0, 0) })
    return succeeded(true)
  }
  const takeUnmasking = (sender: Uint8Array, frame: Uint8Array): Result<true> => {
    const id = placeOf(sender)
    if (id === -1 || !isIn(survivors, id)) return failed('SHOAL_ERR_NOT_IN_COHORT')
    const decoded = decodeUnmasking(frame, survivors)
    if (!decoded.ok) return decoded
    const { nonce, signature } = decoded.value
    if (decoded.value.cohort !== cohort) return failed('SHOAL_ERR_MALFORMED', 'shares of another cohort')
    if (!isSameBytes(nonceCommitmentOf(sodium, nonce), members[id].nonceCommitment)) return failed('SHOAL_ERR_MALFORMED', 'another nonce than was committed to')
    const signed = signedBy(sodium, sender, { part: survivorsSignedPart(transcript, survivors), signature, of: 'survivors' })
    if (signed.ok) unmaskings.set(id, decoded.value)
    return signed
  }

  return {
    invitations: invited.map((to) => ({ to, frame: manifestFrame })),
    advertisement: (sender, frame) => {
      const taken = once('advertisement', 'advertise', { sender, fingerprint: fingerprintOf(frame) }, () => takeAdvertisement(sender, frame))
      return stepAfter(taken, () => advertised.size === invited.length, sendRoster)
    },
    shares: (sender, frame) => {
      const taken = once('shares', 'share', { sender, fingerprint: fingerprintOf(frame) }, () => takeShares(sender, frame))
      return stepAfter(taken, () => deliveries.size === members.length, deliverShares)
    },
    input: (sender, frame) => {
      const decoded = decodeMaskedInput(frame, { ring: manifest.ring, vectorLength: manifest.vectorLength, rosterSize: members.length })
      const wordsHash = decoded.ok ? hashOfWords(sodium, decoded.value.words) : NO_HASH
      const fingerprint = decoded.ok ? inputFingerprintOf(decoded.value, wordsHash) : fingerprintOf(frame)
      const taken = once('input', 'input', { sender, fingerprint }, () => takeInput(sender, decoded, wordsHash))
      return stepAfter(taken, () => inputs.size === countIn(sharers), proposeSurvivors)
    },
    unmasking: async (sender, frame) => {
      const taken = once('unmasking', 'unmask', { sender, fingerprint: fingerprintOf(frame) }, () => takeUnmasking(sender, frame))
      if (!taken.ok) return taken
      return succeeded(taken.value && unmaskings.size === countIn(survivors) ? await release() : WAITING)
    },
    awaited: () => {
      const missing = (from: readonly number[], have: ReadonlyMap<number, unknown>) => from.filter((id) => !have.has(id)).map((id) => members[id].identityKey)
      if (stage === 'advertise') return invited.filter((key) => !advertised.has(nameOf(key)))
      if (stage === 'share') return missing([...members.keys()], deliveries)
      if (stage === 'input') return missing(idsIn(sharers), inputs)
      return stage === 'unmask' ? missing(idsIn(survivors), unmaskings) : []
    },
    stageOver: async () => {
      if (stage === 'advertise') return sendRoster()
      if (stage === 'share') return deliverShares()
      if (stage === 'input') return proposeSurvivors()
      if (stage === 'unmask') return unmaskings.size < least ? tooFew(unmaskings.size, 'unmasked') : release()
      return WAITING
    },
  }
}
