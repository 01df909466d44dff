import { createHash } from 'node:crypto'
import type { BlobStore, EventStore, FederationEvent } from '@shoal/coordinator'
import { type Digest, digestSchema, type FederationId, failed, succeeded } from '@shoal/protocol'

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
  }
}

/** Content-addressed bytes in memory. */
export function createMemoryBlobStore(): BlobStore {
  const blobs = new Map<Digest, Uint8Array>()
  return {
    async put(bytes) {
      const copy = bytes.slice()
      const digest = digestSchema.parse(createHash('sha256').update(copy).digest('hex'))
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
