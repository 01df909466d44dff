import { type AggregatorKey, aggregatorKeySchema, federationIdSchema } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAggregatorKeys, verifyAggregatorKey } from './aggregator-key.ts'
import { toBase64 } from './encoding.ts'
import { createFederationKeyPair } from './policy.ts'
import { loadSodium } from './sodium.ts'

const sodium = await loadSodium()
const SEED = 20264
const federation = federationIdSchema.parse('fed-abcdefgh')
const federationKeyPair = createFederationKeyPair(sodium)
const signer = { federation, federationKey: federationKeyPair.publicKey }
const { aggregatorKey, secret } = createAggregatorKeys(sodium, { federation, epoch: 3, federationKeyPair })
const codeOf = (key: AggregatorKey, by = signer): string => {
  const result = verifyAggregatorKey(sodium, key, by)
  return result.ok ? 'verified' : result.failure.code
}

test('a signed key survives the wire and verifies to the public half of the secret', () => {
  const received = aggregatorKeySchema.parse(JSON.parse(JSON.stringify(aggregatorKey)))
  expect(verifyAggregatorKey(sodium, received, signer)).toEqual({ ok: true, value: { epoch: 3, publicKey: secret.publicKey } })
})

test('refused: another federation, another signer, another epoch, another key under the same signature', () => {
  const other = createAggregatorKeys(sodium, { federation, epoch: 3, federationKeyPair })
  expect(codeOf(aggregatorKey, { ...signer, federation: federationIdSchema.parse('fed-abcdefgi') })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
  expect(codeOf(aggregatorKey, { ...signer, federationKey: createFederationKeyPair(sodium).publicKey })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
  expect(codeOf({ ...aggregatorKey, epoch: 4 })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
  expect(codeOf({ ...aggregatorKey, publicKey: other.aggregatorKey.publicKey })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
})

test('an epoch outside u32 is refused even though its u32 form would be the signed one', () => {
  expect(codeOf({ ...aggregatorKey, epoch: 3 + 2 ** 32 })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
  expect(codeOf({ ...aggregatorKey, epoch: 3.5 })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
  expect(() => createAggregatorKeys(sodium, { federation, epoch: 2 ** 32, federationKeyPair })).toThrow(RangeError)
})

test(`garbage is refused with the code and never throws (seed ${SEED})`, () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ minLength: 30, maxLength: 66 }).map((bytes) => toBase64(sodium, bytes)),
  )
  fc.assert(
    fc.property(text, text, text, (publicKey, signature, federationKey) => {
      expect(codeOf({ ...aggregatorKey, publicKey })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
      expect(codeOf({ ...aggregatorKey, signature })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
      expect(codeOf(aggregatorKey, { federation, federationKey })).toBe('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')
    }),
    { seed: SEED },
  )
})
