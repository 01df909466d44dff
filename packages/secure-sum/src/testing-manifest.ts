import { createRingCode } from '@shoal/numeric'
import { decodeManifest, encodeManifest, manifestSignedPart, type Result, type SumManifest, type SumPurpose, type UnsignedSumManifest } from '@shoal/protocol'
import sodium from 'libsodium-wrappers'
import { createAesMasks, createChaChaMasks, type MaskSuite, type MaskSuiteId } from './mask-stream.ts'
import type { Sodium } from './sodium.ts'
import type { SumConsent } from './sum-agreement.ts'
import { leastThresholdOf, type SigningKeyPair } from './sum-rules.ts'

/** For tests: manifests of made-up federations, the consent of clients to them, and keys. */
await sodium.ready

export const hash = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
export const keyPair = (): SigningKeyPair => sodium.crypto_sign_keypair()
/** Always the same: every transcript, and with it every mask, depends on its signature. */
export const coordinator: SigningKeyPair = sodium.crypto_sign_seed_keypair(hash(13))
/** The suites as a tab has them. */
export const tabSuiteOf = (id: MaskSuiteId): MaskSuite => (id === 1 ? createAesMasks(crypto.subtle) : createChaChaMasks(sodium))

/** libsodium whose keys, seeds and nonces all follow from `seed`: test figures that depend on them are the same every time. Shamir's polynomials alone stay random. */
export function seededSodium(seed: string): Sodium {
  let drawn = 0
  const draw = (length: number): Uint8Array => {
    drawn += 1
    return sodium.randombytes_buf_deterministic(length, sodium.crypto_generichash(32, `${seed} ${drawn}`, null))
  }
  return {
    ...sodium,
    randombytes_buf: draw,
    crypto_box_keypair: () => sodium.crypto_box_seed_keypair(draw(32)),
    crypto_sign_keypair: () => sodium.crypto_sign_seed_keypair(draw(32)),
  } as Sodium
}

export interface Plan {
  readonly g: number
  readonly round?: number
  readonly cohort?: number
  readonly kMin?: number
  readonly kDiff?: number
  readonly ring?: 16 | 32
  readonly suite?: MaskSuiteId
  readonly purpose?: SumPurpose
  readonly vectorLength?: number
  readonly blocks?: number
}

export const manifestOf = ({
  g,
  round = 3,
  cohort = 4,
  kMin = 3,
  kDiff = 1,
  ring = 32,
  suite = 1,
  purpose = 'hist',
  vectorLength = 7,
  blocks = 2,
}: Plan): UnsignedSumManifest => ({
  suite,
  federation: new Uint8Array(16).fill(1),
  epoch: 2,
  round,
  cohort,
  purpose,
  policyHash: hash(10),
  architectureHash: hash(11),
  modelHashes: [hash(12)],
  previousManifestHash: hash(0),
  previousCertificateHash: hash(0),
  cohortSize: g,
  threshold: leastThresholdOf(g),
  kMin,
  kDiff,
  ring,
  valueBits: createRingCode(ring, g).valueBits,
  clip: 1,
  range: 2,
  vectorLength,
  blocks,
  cluster: 5,
  advertiseMs: 1,
  shareMs: 1,
  inputMs: 1,
  unmaskMs: 1,
})

export const consentOf = ({
  federation,
  purpose,
  cluster,
  policyHash,
  architectureHash,
  modelHashes,
  kMin,
  round,
  ...form
}: UnsignedSumManifest): SumConsent => ({
  coordinatorKey: coordinator.publicKey,
  federation,
  purpose,
  cluster,
  policyHash,
  architectureHash,
  modelHashes,
  form,
  kMin,
  last: { epoch: 2, round: round - 1 },
  minVerifiedPeers: 0,
  isVerified: () => false,
  objection: () => null,
})

export const signedManifestOf = (manifest: UnsignedSumManifest): SumManifest => ({
  ...manifest,
  signature: sodium.crypto_sign_detached(manifestSignedPart(manifest), coordinator.privateKey),
})

/** A manifest's frame with some of its fields changed, and signed again. */
export const resigned = (frame: Uint8Array, change: Partial<SumManifest>): Uint8Array =>
  encodeManifest(signedManifestOf({ ...unwrap(decodeManifest(frame)), ...change }))

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.code} ${result.failure.detail}`)
  return result.value
}

/** Any bytes or words with one bit of the first changed. */
export const flipped = <T extends Uint8Array | Uint16Array | Uint32Array>(words: T): T => words.with(0, words[0] ^ 1) as T
