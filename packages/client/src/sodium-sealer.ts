import {
  createIdentity,
  fromBase64,
  proveIdentity,
  type SigningKeyPair,
  type Sodium,
  sealContribution,
  toBase64,
  verifyAggregatorKey,
  verifyPolicy,
} from '@shoal/privacy'
import { digestOf, type FederationId, ShoalError } from '@shoal/protocol'
import type { DeviceStorage, Sealer } from './ports.ts'
import { createSodiumMasker } from './sodium-masker.ts'

const PUBLIC_KEY_BYTES = 32
const PRIVATE_KEY_BYTES = 64
const POLICY_HASH_BYTES = 32
const SEED_BYTES = 32

export interface SodiumSealerOptions {
  readonly sodium: Sodium
  /** Null where the page is no secure context: then the envelope's second suite is used. */
  readonly subtle: SubtleCrypto | null
  readonly storage: DeviceStorage
  readonly federation: FederationId
}

/** The real sealer. Its identity is loaded from the storage, or made and stored; without storage it lives as long as the page. */
export async function createSodiumSealer({ sodium, subtle, storage, federation }: SodiumSealerOptions): Promise<Sealer> {
  const identity = (await storedIdentity(sodium, storage, federation)) ?? (await freshIdentity(sodium, storage, federation))
  return {
    identity: identity.publicKey,
    masker: createSodiumMasker({ sodium, subtle, identity }),
    prove: (nonce) => proveIdentity(sodium, identity, { federation, nonce }),
    verifyPolicy(policy, federationKey) {
      const verified = verifyPolicy(sodium, policy, federationKey)
      return verified.ok ? { ok: true, value: { policy: verified.value.policy, hash: toBase64(sodium, verified.value.hash) } } : verified
    },
    verifyAggregatorKey: (key, federationKey) => verifyAggregatorKey(sodium, key, { federation, federationKey }),
    async seal({ aggregatorKey, federationKey, ask, policyHash, frame }) {
      const verified = verifyAggregatorKey(sodium, aggregatorKey, { federation, federationKey })
      if (!verified.ok) throw new ShoalError(verified.failure)
      const hash = fromBase64(sodium, policyHash, POLICY_HASH_BYTES)
      if (hash === null) throw new ShoalError({ code: 'SHOAL_ERR_MALFORMED', detail: 'the policy hash is no hash' })
      return sealContribution({ sodium, subtle }, { aggregatorKey: verified.value, context: { federation, ask, policyHash: hash }, frame })
    },
    digest: digestOf,
    randomWords(count) {
      // In a browser libsodium asks for random bytes one word at a time, 0.1 ms each: a seed of them gives all others.
      const seed = sodium.randombytes_buf(SEED_BYTES)
      const { buffer, byteOffset } = sodium.randombytes_buf_deterministic(Uint32Array.BYTES_PER_ELEMENT * count, seed)
      sodium.memzero(seed)
      return new Uint32Array(buffer, byteOffset, count)
    },
  }
}

const identityKeyOf = (federation: FederationId): string => `identity/${federation}`

/** Stored as `<public>.<private>`, both base64; null where nothing (or nothing usable) is stored. */
async function storedIdentity(sodium: Sodium, storage: DeviceStorage, federation: FederationId): Promise<SigningKeyPair | null> {
  const stored = await storage.load(identityKeyOf(federation)).catch(() => null)
  const [publicKey = '', privateText = ''] = stored?.split('.') ?? []
  const privateKey = fromBase64(sodium, privateText, PRIVATE_KEY_BYTES)
  return privateKey === null || fromBase64(sodium, publicKey, PUBLIC_KEY_BYTES) === null ? null : { publicKey, privateKey }
}

async function freshIdentity(sodium: Sodium, storage: DeviceStorage, federation: FederationId): Promise<SigningKeyPair> {
  const identity = createIdentity(sodium)
  await storage.save(identityKeyOf(federation), `${identity.publicKey}.${toBase64(sodium, identity.privateKey)}`).catch(() => undefined)
  return identity
}
