import type { DeviceStorage } from '@shoal/client'
import { createRng, deriveSeed } from '@shoal/numeric'
import { type Sodium, toBase64 } from '@shoal/privacy'
import type { Digest, FederationId } from '@shoal/protocol'

/** A device's storage in memory. It outlives a session, as a browser profile outlives a tab. */
export function createMemoryDevice(): DeviceStorage {
  const values = new Map<string, string>()
  const models = new Map<Digest, Uint8Array>()
  return {
    load: async (key) => values.get(key) ?? null,
    async save(key, value) {
      values.set(key, value)
    },
    loadModel: async (digest) => models.get(digest) ?? null,
    async saveModel(digest, bytes) {
      models.set(digest, bytes)
    },
    async pruneModels(keep) {
      for (const digest of models.keys()) if (!keep.includes(digest)) models.delete(digest)
    },
  }
}

/** Puts an identity that the seed decides on a device, so that a simulation draws the same cohorts every time. Never for a real volunteer. */
export async function giveIdentity(device: DeviceStorage, sodium: Sodium, federation: FederationId, seed: string): Promise<void> {
  const rng = createRng(deriveSeed(seed, 'identity'))
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(Uint8Array.from({ length: 32 }, () => rng.below(256)))
  await device.save(`identity/${federation}`, `${toBase64(sodium, publicKey)}.${toBase64(sodium, privateKey)}`)
}
