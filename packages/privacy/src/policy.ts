import { failed, type Policy, policySchema, type Result, type SignedPolicy, signedPolicySchema, succeeded, transcriptOf } from '@shoal/protocol'
import { createSigningKeyPair, isSignedBy, type SigningKeyPair, signatureOf } from './signing-key.ts'
import type { Sodium } from './sodium.ts'

const FINGERPRINT_GROUPS = 12
const DIGITS_PER_GROUP = 5
const BYTES_PER_GROUP = 5

/** The key that signs a federation's policy and its aggregator's keys. Its public half stands in the fragment of every invite link, which browsers never send to a server. */
export const createFederationKeyPair = (sodium: Sodium): SigningKeyPair => createSigningKeyPair(sodium)

/** BLAKE2b-256 of the text's UTF-8 bytes: names the exact text that a volunteer was shown. 32 bytes. */
export const policyHash = (sodium: Sodium, text: string): Uint8Array => sodium.crypto_generichash(32, new TextEncoder().encode(text), null)

export function signPolicy(sodium: Sodium, policy: Policy, federationKeyPair: SigningKeyPair): SignedPolicy {
  const text = JSON.stringify(policy)
  const signature = signatureOf(sodium, federationKeyPair, transcriptOf('policy', [policyHash(sodium, text)]))
  return { text, federationKey: federationKeyPair.publicKey, signature }
}

/**
 * The policy and the hash of its text, if `signed` is by the key that the invite link carries; else SHOAL_ERR_POLICY_UNVERIFIED with the reason.
 * @param signed as it came over the network, unparsed
 * @param federationKey URL-safe base64, from the link's fragment, not from the server
 */
export function verifyPolicy(sodium: Sodium, signed: unknown, federationKey: string): Result<{ policy: Policy; hash: Uint8Array }> {
  const message = signedPolicySchema.safeParse(signed)
  if (!message.success) return failed('SHOAL_ERR_POLICY_UNVERIFIED', 'this is no signed policy')
  const { text, signature } = message.data
  if (message.data.federationKey !== federationKey) return failed('SHOAL_ERR_POLICY_UNVERIFIED', 'signed by another key than the link names')
  const hash = policyHash(sodium, text)
  if (!isSignedBy(sodium, federationKey, transcriptOf('policy', [hash]), signature))
    return failed('SHOAL_ERR_POLICY_UNVERIFIED', 'the signature does not fit the text')
  const policy = policySchema.safeParse(parsedJson(text))
  if (!policy.success) return failed('SHOAL_ERR_POLICY_UNVERIFIED', 'the signed text is no policy that this page understands')
  return succeeded({ policy: policy.data, hash })
}

/**
 * 60 digits in 12 groups of 5 that two people can compare by voice: each group is 40 bits of BLAKE2b-512 modulo 100,000.
 * @param federationKey URL-safe base64
 */
export function fingerprintOf(sodium: Sodium, federationKey: string): string {
  const hash = sodium.crypto_generichash(64, transcriptOf('fingerprint', [federationKey]), null)
  const groups = Array.from({ length: FINGERPRINT_GROUPS }, (_, group) => {
    const bytes = hash.subarray(group * BYTES_PER_GROUP, (group + 1) * BYTES_PER_GROUP)
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    return String(value % 10 ** DIGITS_PER_GROUP).padStart(DIGITS_PER_GROUP, '0')
  })
  return groups.join(' ')
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
