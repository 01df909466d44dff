import type { BlobStore, EventStore, FederationEvent } from '@shoal/coordinator'
import { type Digest, type FederationId, failed, succeeded } from '@shoal/protocol'

/** The event log in memory. Events are copied on their way in and out, as a disk would do, so that no reference is shared by accident. */
export function createMemoryEventStore(): EventStore {
  const logs = new Map<FederationId, FederationEvent[]>()
  return {
    federations: async () => [...logs.keys()],
    async append(federation, firstSequence, events) {
      const log = logs.get(federation) ?? []
      if (log.length !== firstSequence) return failed('SHOAL_ERR_STORE_FAILED', `event ${firstSequence} does not follow event ${log.length - 1}`)
      logs.set(federation, [...log, ...structuredClone(events)])
      return succeeded(undefined)
    },
    load: async (federation) => structuredClone(logs.get(federation) ?? []),
    read: async (federation, first, count) => structuredClone((logs.get(federation) ?? []).slice(first, first + count)),
  }
}

/** Content-addressed bytes in memory, under the SHA-256 that `digestOf` gives at once: virtual time does not wait for a hash. They lie in `blobs`. */
export function createBlobStoreOver(digestOf: (bytes: Uint8Array) => Digest, blobs = new Map<Digest, Uint8Array>()): BlobStore {
  return {
    async put(bytes) {
      const copy = bytes.slice()
      const digest = digestOf(copy)
      blobs.set(digest, copy)
      return succeeded(digest)
    },
    async get(digest) {
      const bytes = blobs.get(digest)
      return bytes ? succeeded(bytes.slice()) : failed('SHOAL_ERR_NOT_FOUND', `blob ${digest}`)
    },
    async delete(digest) {
      blobs.delete(digest)
    },
  }
}
