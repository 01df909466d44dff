import { createDecipheriv } from 'node:crypto'
import { createAggregatorKeys, createFederationKeyPair, loadSodium, openContribution, signPolicy, toBase64, verifyIdentity, verifyPolicy } from '@shoal/privacy'
import { askIdOf } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createMemoryStorage } from '../tests/memory-world.ts'
import { FEDERATION, POLICY } from '../tests/samples.ts'
import { createSodiumSealer } from './sodium-sealer.ts'

const decryptAes256Gcm = (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, ciphertextWithTag: Uint8Array): Uint8Array | null => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(additionalData)
  decipher.setAuthTag(ciphertextWithTag.subarray(-16))
  return new Uint8Array([...decipher.update(ciphertextWithTag.subarray(0, -16)), ...decipher.final()])
}

test('an identity outlives the page and proves itself', async () => {
  const sodium = await loadSodium()
  const storage = createMemoryStorage()
  const options = { sodium, subtle: null, storage, federation: FEDERATION }
  const first = await createSodiumSealer(options)
  const second = await createSodiumSealer(options)
  expect(second.identity).toBe(first.identity)
  const challenge = { federation: FEDERATION, nonce: 'nonce' }
  expect(verifyIdentity(sodium, { identity: first.identity, proof: second.prove('nonce') }, challenge).ok).toBe(true)
  storage.values.set(`identity/${FEDERATION}`, 'spoiled')
  expect((await createSodiumSealer(options)).identity).not.toBe(first.identity)
})

for (const [what, subtle] of [
  ['with WebCrypto', globalThis.crypto.subtle],
  ['without WebCrypto', null],
] as const) {
  test(`[CL16] the aggregator opens what was sealed ${what}, and only under the same policy`, async () => {
    const sodium = await loadSodium()
    const federationKeyPair = createFederationKeyPair(sodium)
    const federationKey = federationKeyPair.publicKey
    const { aggregatorKey, secret } = createAggregatorKeys(sodium, { federation: FEDERATION, epoch: 3, federationKeyPair })
    const signed = signPolicy(sodium, POLICY, federationKeyPair)
    const sealer = await createSodiumSealer({ sodium, subtle, storage: createMemoryStorage(), federation: FEDERATION })

    const verified = sealer.verifyPolicy(signed, federationKey)
    const known = verifyPolicy(sodium, signed, federationKey)
    if (!verified.ok || !known.ok) throw new Error('the policy is good')
    expect(verified.value).toEqual({ policy: POLICY, hash: toBase64(sodium, known.value.hash) })

    const ask = askIdOf(4, 0)
    const frame = Uint8Array.of(1, 2, 3)
    const envelope = await sealer.seal({ aggregatorKey, federationKey, ask, policyHash: verified.value.hash, frame })
    const context = { federation: FEDERATION, ask, policyHash: known.value.hash }
    const opened = openContribution({ sodium, decryptAes256Gcm }, { secret, context, envelope })
    expect(opened.ok && [...opened.value]).toEqual([1, 2, 3])
  })
}

test("[CL1] [CL7] nothing is verified by, or sealed to, another federation's key", async () => {
  const sodium = await loadSodium()
  const ours = createFederationKeyPair(sodium)
  const theirs = createFederationKeyPair(sodium)
  const { aggregatorKey } = createAggregatorKeys(sodium, { federation: FEDERATION, epoch: 0, federationKeyPair: theirs })
  const sealer = await createSodiumSealer({ sodium, subtle: null, storage: createMemoryStorage(), federation: FEDERATION })
  expect(sealer.verifyPolicy(signPolicy(sodium, POLICY, theirs), ours.publicKey)).toMatchObject({ failure: { code: 'SHOAL_ERR_POLICY_UNVERIFIED' } })
  expect(sealer.verifyAggregatorKey(aggregatorKey, ours.publicKey)).toMatchObject({ failure: { code: 'SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED' } })
  const letter = { aggregatorKey, federationKey: ours.publicKey, ask: askIdOf(0, 0), policyHash: '', frame: new Uint8Array() }
  await expect(sealer.seal(letter)).rejects.toMatchObject({ failure: { code: 'SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED' } })
})

test('random words are as many as were asked for, and others each time', async () => {
  const sealer = await createSodiumSealer({ sodium: await loadSodium(), subtle: null, storage: createMemoryStorage(), federation: FEDERATION })
  const words = sealer.randomWords(1000)
  expect(words.length).toBe(1000)
  expect(new Set([...words, ...sealer.randomWords(1000)]).size).toBeGreaterThan(1990)
  expect(words.filter((word) => word >= 2 ** 31).length).toBeGreaterThan(400)
})
