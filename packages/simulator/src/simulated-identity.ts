import type { DeviceStorage } from '@shoal/client'
import { createRng, deriveSeed } from '@shoal/numeric'
import { type Sodium, toBase64 } from '@shoal/privacy'
import type { FederationId } from '@shoal/protocol'

/** Puts an identity that the seed decides on a device, so that a simulation draws the same cohorts every time. Never for a real volunteer. */
export async function giveIdentity(device: DeviceStorage, sodium: Sodium, federation: FederationId, seed: string): Promise<void> {
  const rng = createRng(deriveSeed(seed, 'identity'))
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(Uint8Array.from({ length: 32 }, () => rng.below(256)))
  await device.save(`identity/${federation}`, `${toBase64(sodium, publicKey)}.${toBase64(sodium, privateKey)}`)
}
