import type { DecryptAes256Gcm, Sodium } from '@shoal/privacy'
import type { Digest } from '@shoal/protocol'
import type { MaskSuite, MaskSuiteId } from '@shoal/secure-sum'

/** What differs between Node and a tab. */
export interface SimulationPlatform {
  /** Null where the platform has no AES that answers at once: clients then use libsodium's ciphers. */
  readonly decryptAes256Gcm: DecryptAes256Gcm | null
  suites(sodium: Sodium): ReadonlyMap<MaskSuiteId, MaskSuite>
  digestOf(bytes: Uint8Array): Digest
  turn(): Promise<void>
}
