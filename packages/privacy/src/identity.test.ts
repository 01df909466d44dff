import { clientIdSchema, type FederationId, federationIdSchema, joinSchema, transcriptOf } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toBase64 } from './encoding.ts'
import { clientIdOf, createIdentity, proveIdentity, verifyIdentity } from './identity.ts'
import { signatureOf } from './signing-key.ts'
import { loadSodium } from './sodium.ts'

const sodium = await loadSodium()
const SEED = 20262
const federation: FederationId = federationIdSchema.parse('fed-abcdefgh')
const otherFederation: FederationId = federationIdSchema.parse('fed-abcdefgi')
const identity = createIdentity(sodium)
const challenge = { federation, nonce: toBase64(sodium, new Uint8Array(32).fill(7)) }
const proof = proveIdentity(sodium, identity, challenge)
const unproven = { ok: false, failure: { code: 'SHOAL_ERR_IDENTITY_UNPROVEN' } }

test('a proof names its client, the same one at every connection', () => {
  const first = verifyIdentity(sodium, { identity: identity.publicKey, proof }, challenge)
  const later = { federation, nonce: 'another-nonce' }
  const second = verifyIdentity(sodium, { identity: identity.publicKey, proof: proveIdentity(sodium, identity, later) }, later)
  expect(first).toEqual({ ok: true, value: clientIdOf(sodium, identity.publicKey, federation) })
  expect(second).toEqual(first)
})

test('key and proof fit the join message, the id fits its schema', () => {
  expect(joinSchema.shape.identity.parse(identity.publicKey)).toHaveLength(43)
  expect(joinSchema.shape.proof.parse(proof)).toHaveLength(86)
  expect(clientIdSchema.parse(clientIdOf(sodium, identity.publicKey, federation))).toMatch(/^cl-[0-9a-f]{32}$/)
})

test('the id of a fixed key never changes: stored sessions depend on it', () => {
  expect(clientIdOf(sodium, 'A'.repeat(43), federation)).toBe('cl-d45fa558898fb067d2132e349ab51c7b')
})

test('one key is two clients in two federations, so they can not be linked by id', () => {
  expect(clientIdOf(sodium, identity.publicKey, otherFederation)).not.toBe(clientIdOf(sodium, identity.publicKey, federation))
})

test('refused: another nonce, another federation, another key, a signature for another purpose', () => {
  const claim = { identity: identity.publicKey, proof }
  expect(verifyIdentity(sodium, claim, { federation, nonce: 'replayed' })).toEqual(unproven)
  expect(verifyIdentity(sodium, claim, { ...challenge, federation: otherFederation })).toEqual(unproven)
  expect(verifyIdentity(sodium, { identity: createIdentity(sodium).publicKey, proof }, challenge)).toEqual(unproven)
  const otherPurpose = signatureOf(sodium, identity, transcriptOf('clientId', [challenge.federation, challenge.nonce]))
  expect(verifyIdentity(sodium, { identity: identity.publicKey, proof: otherPurpose }, challenge)).toEqual(unproven)
})

test(`garbage is refused with the code and never throws (seed ${SEED})`, () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ minLength: 30, maxLength: 66 }).map((bytes) => toBase64(sodium, bytes)),
    fc.constant(identity.publicKey),
  )
  fc.assert(
    fc.property(text, text, (key, signature) => {
      expect(verifyIdentity(sodium, { identity: key, proof: signature }, challenge)).toEqual(unproven)
    }),
    { seed: SEED, numRuns: 300 },
  )
})
