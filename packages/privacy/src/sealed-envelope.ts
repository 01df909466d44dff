import { type AskId, type FederationId, failed, type Result, ShoalError, succeeded, transcriptOf } from '@shoal/protocol'
import type { AggregatorSecret, VerifiedAggregatorKey } from './aggregator-key.ts'
import type { Sodium } from './sodium.ts'

/*
 * The hybrid envelope of level `sealed`: a fresh key in a sealed box to the aggregator, the body under that key. Little-endian:
 *
 *   0  u8   version, 1
 *   1  u8   suite: 1 = AES-256-GCM, 2 = XChaCha20-Poly1305 (pages without WebCrypto)
 *   2  u16  zero
 *   4  u32  epoch of the aggregator's key
 *   8       the body's key in crypto_box_seal, 80 bytes
 *  88       nonce, 12 bytes (suite 1) or 24 (suite 2)
 *           ciphertext of `manifest hash (32 bytes) | frame`, then its tag, 16 bytes
 *
 * Everything before the ciphertext is authenticated with it. The frame starts 32 bytes into the opened body, so its typed array stays aligned.
 */
const ENVELOPE_VERSION = 1
const SUITE_AES_256_GCM = 1
const SUITE_XCHACHA20_POLY1305 = 2
const NONCE_BYTES = { [SUITE_AES_256_GCM]: 12, [SUITE_XCHACHA20_POLY1305]: 24 } as const
const SEALED_KEY_START = 8
const SEALED_KEY_BYTES = 80
const NONCE_START = SEALED_KEY_START + SEALED_KEY_BYTES
const KEY_BYTES = 32
const TAG_BYTES = 16
const MANIFEST_BYTES = 32

type Suite = keyof typeof NONCE_BYTES

/** What a contribution answers and under which policy; both ends must mean the same. `policyHash` is 32 bytes. */
export interface SealingContext {
  readonly federation: FederationId
  readonly ask: AskId
  readonly policyHash: Uint8Array
}

/** Views into an envelope; nothing is copied and nothing is trusted yet. */
export interface ParsedEnvelope {
  readonly suite: Suite
  readonly epoch: number
  /** Everything before the ciphertext: the additional data of the body's cipher. */
  readonly header: Uint8Array
  readonly sealedKey: Uint8Array
  readonly nonce: Uint8Array
  /** With its tag, the last 16 bytes. */
  readonly ciphertext: Uint8Array
}

/** Opens AES-256-GCM: the plaintext in a buffer of its own (offset 0, so that typed arrays can view it), or null if the tag does not fit. */
export type DecryptAes256Gcm = (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, ciphertextWithTag: Uint8Array) => Uint8Array | null

/**
 * Encrypts a frame to the aggregator. Suite 1 where `subtle` is given, suite 2 where it is null because the page is no secure context. 148 or 160 bytes longer than the frame.
 * @throws ShoalError SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED if the key is a point that no honest aggregator has
 */
export async function sealContribution(
  tools: { readonly sodium: Sodium; readonly subtle: SubtleCrypto | null },
  options: { readonly aggregatorKey: VerifiedAggregatorKey; readonly context: SealingContext; readonly frame: Uint8Array },
): Promise<Uint8Array> {
  const { sodium, subtle } = tools
  const { aggregatorKey, context, frame } = options
  const suite = subtle === null ? SUITE_XCHACHA20_POLY1305 : SUITE_AES_256_GCM
  const key = sodium.randombytes_buf(KEY_BYTES)
  try {
    const header = headerOf(sodium, suite, aggregatorKey, key)
    const nonce = header.subarray(NONCE_START)
    const body = new Uint8Array(MANIFEST_BYTES + frame.length)
    body.set(manifestHashOf(sodium, context))
    body.set(frame, MANIFEST_BYTES)
    const ciphertext =
      subtle === null
        ? sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(body, header, null, nonce, key)
        : await encryptAes256Gcm(subtle, key as Uint8Array<ArrayBuffer>, nonce, header, body)
    const envelope = new Uint8Array(header.length + ciphertext.length)
    envelope.set(header)
    envelope.set(ciphertext, header.length)
    return envelope
  } finally {
    sodium.memzero(key)
  }
}

/**
 * The frame inside an envelope, a view that starts at a multiple of 8 of its buffer. Never throws on bytes from outside.
 * SHOAL_ERR_MALFORMED: not the layout above. SHOAL_ERR_ENVELOPE: another epoch, or altered, or sealed to another key.
 * SHOAL_ERR_POLICY_MISMATCH: rightly sealed, but for another federation, ask or policy.
 */
export function openContribution(
  tools: { readonly sodium: Sodium; readonly decryptAes256Gcm: DecryptAes256Gcm },
  options: { readonly secret: AggregatorSecret; readonly context: SealingContext; readonly envelope: Uint8Array },
): Result<Uint8Array> {
  const { sodium } = tools
  const { secret, context, envelope } = options
  const parsed = parseEnvelope(envelope)
  if (!parsed.ok) return parsed
  if (parsed.value.epoch !== secret.epoch) return failed('SHOAL_ERR_ENVELOPE', `sealed for epoch ${parsed.value.epoch}; this is epoch ${secret.epoch}`)
  const key = openedKeyOf(sodium, parsed.value, secret)
  if (key === null) return failed('SHOAL_ERR_ENVELOPE', 'the key inside can not be opened')
  const body = openedBodyOf(tools, parsed.value, key)
  sodium.memzero(key)
  if (body === null) return failed('SHOAL_ERR_ENVELOPE', 'the body does not fit its tag')
  if (!sodium.memcmp(body.subarray(0, MANIFEST_BYTES), manifestHashOf(sodium, context))) {
    return failed('SHOAL_ERR_POLICY_MISMATCH', 'sealed for another federation, ask or policy')
  }
  return succeeded(body.subarray(MANIFEST_BYTES))
}

/** An envelope's parts, or SHOAL_ERR_MALFORMED with the reason. */
export function parseEnvelope(bytes: Uint8Array): Result<ParsedEnvelope> {
  if (bytes.length < NONCE_START) return failed('SHOAL_ERR_MALFORMED', 'envelope ends inside its header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(0) !== ENVELOPE_VERSION) return failed('SHOAL_ERR_MALFORMED', 'envelope of an unknown version')
  const suite = view.getUint8(1)
  if (suite !== SUITE_AES_256_GCM && suite !== SUITE_XCHACHA20_POLY1305) return failed('SHOAL_ERR_MALFORMED', 'envelope of an unknown suite')
  if (view.getUint16(2, true) !== 0) return failed('SHOAL_ERR_MALFORMED', 'reserved bytes of the envelope are not zero')
  const bodyStart = NONCE_START + NONCE_BYTES[suite]
  if (bytes.length < bodyStart + MANIFEST_BYTES + TAG_BYTES) return failed('SHOAL_ERR_MALFORMED', 'envelope too short to hold a contribution')
  return succeeded({
    suite,
    epoch: view.getUint32(4, true),
    header: bytes.subarray(0, bodyStart),
    sealedKey: bytes.subarray(SEALED_KEY_START, NONCE_START),
    nonce: bytes.subarray(NONCE_START, bodyStart),
    ciphertext: bytes.subarray(bodyStart),
  })
}

function headerOf(sodium: Sodium, suite: Suite, aggregatorKey: VerifiedAggregatorKey, key: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(NONCE_START + NONCE_BYTES[suite])
  const view = new DataView(header.buffer)
  view.setUint8(0, ENVELOPE_VERSION)
  view.setUint8(1, suite)
  view.setUint32(4, aggregatorKey.epoch, true)
  header.set(sealedKeyOf(sodium, aggregatorKey, key), SEALED_KEY_START)
  header.set(sodium.randombytes_buf(NONCE_BYTES[suite]), NONCE_START)
  return header
}

function sealedKeyOf(sodium: Sodium, aggregatorKey: VerifiedAggregatorKey, key: Uint8Array): Uint8Array {
  try {
    return sodium.crypto_box_seal(key, aggregatorKey.publicKey)
  } catch {
    // libsodium refuses points of small order, to which everybody knows the shared secret.
    throw new ShoalError({ code: 'SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED', detail: 'nothing can be sealed to this key' })
  }
}

const manifestHashOf = (sodium: Sodium, { federation, ask, policyHash }: SealingContext): Uint8Array =>
  sodium.crypto_generichash(MANIFEST_BYTES, transcriptOf('manifest', [federation, ask, policyHash]), null)

async function encryptAes256Gcm(
  subtle: SubtleCrypto,
  key: Uint8Array<ArrayBuffer>,
  nonce: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  body: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const cipherKey = await subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt'])
  return new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData, tagLength: TAG_BYTES * 8 }, cipherKey, body))
}

function openedKeyOf(sodium: Sodium, envelope: ParsedEnvelope, secret: AggregatorSecret): Uint8Array | null {
  try {
    return sodium.crypto_box_seal_open(envelope.sealedKey, secret.publicKey, secret.privateKey)
  } catch {
    return null
  }
}

function openedBodyOf(tools: { sodium: Sodium; decryptAes256Gcm: DecryptAes256Gcm }, envelope: ParsedEnvelope, key: Uint8Array): Uint8Array | null {
  const { nonce, header, ciphertext } = envelope
  if (envelope.suite === SUITE_AES_256_GCM) return tools.decryptAes256Gcm(key, nonce, header, ciphertext)
  try {
    return tools.sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, header, nonce, key)
  } catch {
    return null
  }
}
