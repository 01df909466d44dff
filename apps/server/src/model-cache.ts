import type { BlobStore } from '@shoal/coordinator'
import type { Digest, Result } from '@shoal/protocol'

/** Models that were asked for lately, one buffer each for all who ask. */
export interface ModelCache {
  get(digest: Digest, blobs: BlobStore): Promise<Result<Uint8Array>>
}

export function createModelCache(budgetBytes: number): ModelCache {
  const entries = new Map<Digest, { readonly model: Promise<Result<Uint8Array>>; bytes: number }>()
  let held = 0

  function drop(digest: Digest): void {
    held -= entries.get(digest)?.bytes ?? 0
    entries.delete(digest)
  }

  return {
    async get(digest, blobs) {
      const known = entries.get(digest)
      if (known !== undefined) {
        // Moved to the end: the first entry is always the one that was not asked for longest.
        entries.delete(digest)
        entries.set(digest, known)
        return known.model
      }
      const entry = { model: blobs.get(digest), bytes: 0 }
      entries.set(digest, entry)
      const model = await entry.model
      if (entries.get(digest) !== entry) return model
      if (!model.ok) {
        drop(digest)
        return model
      }
      entry.bytes = model.value.length
      held += entry.bytes
      for (const oldest of entries.keys()) {
        if (held <= budgetBytes || oldest === digest) break
        drop(oldest)
      }
      return model
    },
  }
}
