import { type Digest, failed, float32Of, type Result, succeeded } from '@shoal/protocol'
import type { OutboxRecorder } from './outbox.ts'
import type { SessionPorts } from './ports.ts'

/** The models this client holds: in memory, else in the device's storage, else on the server. */
export interface ModelShelf {
  /** Gets all of them into memory. A model whose bytes do not have its digest is never taken: `SHOAL_ERR_MODEL_DIGEST`. */
  bring(digests: readonly Digest[], signal: AbortSignal): Promise<Result<unknown>>
  /** Models brought before, in this order. */
  take(digests: readonly Digest[]): Result<readonly Float32Array[]>
  /** Forgets all others. */
  prune(keep: readonly Digest[]): Promise<void>
}

export function createModelShelf({ transport, storage, sealer }: Pick<SessionPorts, 'transport' | 'storage' | 'sealer'>, outbox: OutboxRecorder): ModelShelf {
  const held = new Map<Digest, Float32Array>()

  async function download(digest: Digest, signal: AbortSignal): Promise<Result<Uint8Array>> {
    outbox.sent('fetch-model', digest)
    const fetched = await transport.fetchModel(digest, signal)
    if (!fetched.ok) return fetched
    outbox.received(fetched.value.length)
    if ((await sealer.digest(fetched.value)) !== digest) return failed('SHOAL_ERR_MODEL_DIGEST', digest)
    await storage.saveModel(digest, fetched.value).catch(() => undefined)
    return fetched
  }

  async function stored(digest: Digest): Promise<Uint8Array | null> {
    const bytes = await storage.loadModel(digest).catch(() => null)
    return bytes !== null && (await sealer.digest(bytes)) === digest ? bytes : null
  }

  async function bringOne(digest: Digest, signal: AbortSignal): Promise<Result<unknown>> {
    if (held.has(digest)) return succeeded(digest)
    const kept = await stored(digest)
    const bytes = kept === null ? await download(digest, signal) : succeeded(kept)
    if (!bytes.ok) return bytes
    const model = float32Of(bytes.value)
    if (model.ok && !signal.aborted) held.set(digest, model.value)
    return model
  }

  return {
    async bring(digests, signal) {
      const results = await Promise.all(digests.map((digest) => bringOne(digest, signal)))
      return results.find((result) => !result.ok) ?? succeeded(digests)
    },
    take(digests) {
      const models: Float32Array[] = []
      for (const digest of digests) {
        const model = held.get(digest)
        if (model === undefined) return failed('SHOAL_ERR_INTERNAL', `model ${digest} is not held`)
        models.push(model)
      }
      return succeeded(models)
    },
    async prune(keep) {
      for (const digest of [...held.keys()]) if (!keep.includes(digest)) held.delete(digest)
      await storage.pruneModels(keep).catch(() => undefined)
    },
  }
}
