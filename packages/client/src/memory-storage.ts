import type { Digest } from '@shoal/protocol'
import type { DeviceStorage } from './ports.ts'

/** A device's storage in memory: of a simulated device, or of a browser that keeps nothing. It outlives a session, and ends with what holds its two maps. */
export const createMemoryStorage = (values = new Map<string, string>(), models = new Map<Digest, Uint8Array>()): DeviceStorage => ({
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
})
