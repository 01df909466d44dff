import { digestAtOnce } from '@shoal/protocol'
import { createChaChaMasks } from '@shoal/secure-sum'
import type { SimulationPlatform } from './simulation-platform.ts'

/** A browser tab, on plain http too: everything by libsodium and in script, since WebCrypto answers later and virtual time does not wait for it. */
export const tabPlatform: SimulationPlatform = {
  decryptAes256Gcm: null,
  suites: (sodium) => new Map([[2, createChaChaMasks(sodium)]]),
  digestOf: digestAtOnce,
  turn: () =>
    new Promise((resume) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resume()
      }
      port2.postMessage(null)
    }),
}
