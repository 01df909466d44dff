import { federationIdSchema, type Policy, type SignedPolicy, signedPolicySchema, transcriptOf } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toBase64 } from './encoding.ts'
import { createFederationKeyPair, fingerprintOf, policyHash, signPolicy, verifyPolicy } from './policy.ts'
import { signatureOf } from './signing-key.ts'
import { loadSodium } from './sodium.ts'

const sodium = await loadSodium()
const SEED = 20263
const policy: Policy = {
  version: 1,
  federation: federationIdSchema.parse('fed-abcdefgh'),
  name: 'Handwriting',
  description: 'Digits, größer als 7 × 7',
  operator: 'School of Ashby',
  strategy: 'fedavg',
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture: 'mlp', parameters: [{ name: 'dense/kernel', shape: [784, 10] }] },
  data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1'] },
  train: { steps: 10, batchSize: 32, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: 2, max: 8 },
  maxWeight: 1000,
  evaluatesOnClients: true,
}
const federationKeyPair = createFederationKeyPair(sodium)
const federationKey = federationKeyPair.publicKey
const signed = signPolicy(sodium, policy, federationKeyPair)
const codeOf = (message: unknown, key = federationKey): string => {
  const result = verifyPolicy(sodium, message, key)
  return result.ok ? 'verified' : result.failure.code
}
const signedText = (text: string): SignedPolicy => ({
  text,
  federationKey,
  signature: signatureOf(sodium, federationKeyPair, transcriptOf('policy', [policyHash(sodium, text)])),
})

test('a signed policy survives the wire and gives the policy and the hash of its text', () => {
  const received = signedPolicySchema.parse(JSON.parse(JSON.stringify(signed)))
  expect(verifyPolicy(sodium, received, federationKey)).toEqual({ ok: true, value: { policy, hash: policyHash(sodium, signed.text) } })
})

test('one changed byte anywhere in the text is refused', () => {
  for (let index = 0; index < signed.text.length; index += 1) {
    const changed = String.fromCharCode(signed.text.charCodeAt(index) ^ 1)
    expect(codeOf({ ...signed, text: signed.text.slice(0, index) + changed + signed.text.slice(index + 1) })).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
  }
})

test('text that means the same but is written otherwise is refused: bytes are signed, not meaning', () => {
  expect(codeOf({ ...signed, text: JSON.stringify(policy, null, 1) })).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
})

test('a policy signed by another key than the link names is refused, whichever key the message claims', () => {
  const impostor = createFederationKeyPair(sodium)
  const forged = signPolicy(sodium, policy, impostor)
  expect(codeOf(forged)).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
  expect(codeOf({ ...forged, federationKey })).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
  expect(codeOf(signed, impostor.publicKey)).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
  expect(codeOf({ ...signed, federationKey: impostor.publicKey })).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
  expect(codeOf(forged, impostor.publicKey)).toBe('verified')
})

test('rightly signed text that is no policy is refused', () => {
  expect(codeOf(signedText('no JSON'))).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
  expect(codeOf(signedText(JSON.stringify({ ...policy, version: 2 })))).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
  expect(codeOf(signedText(JSON.stringify({ ...policy, extra: true })))).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
  expect(codeOf(signedText(signed.text))).toBe('verified')
})

test(`garbage in every field is refused with the code and never throws (seed ${SEED})`, () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ minLength: 30, maxLength: 66 }).map((bytes) => toBase64(sodium, bytes)),
  )
  fc.assert(
    fc.property(text, text, text, (key, signature, link) => {
      expect(codeOf({ ...signed, signature })).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
      expect(codeOf({ ...signed, federationKey: key }, key)).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
      expect(codeOf(signed, link)).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
    }),
    { seed: SEED },
  )
  fc.assert(
    fc.property(fc.anything(), (message) => {
      expect(codeOf(message)).toBe('SHOAL_ERR_POLICY_UNVERIFIED')
    }),
    { seed: SEED },
  )
})

test('a fingerprint is 12 groups of 5 digits, the same for the same key and another for another', () => {
  expect(fingerprintOf(sodium, federationKey)).toMatch(/^\d{5}( \d{5}){11}$/)
  expect(fingerprintOf(sodium, federationKey)).toBe(fingerprintOf(sodium, federationKey))
  expect(fingerprintOf(sodium, createFederationKeyPair(sodium).publicKey)).not.toBe(fingerprintOf(sodium, federationKey))
  expect(fingerprintOf(sodium, 'A'.repeat(43))).toBe('76353 12713 46020 09943 17737 08855 34596 94051 97465 84539 70480 51514')
})
