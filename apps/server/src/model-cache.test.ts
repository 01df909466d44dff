import type { BlobStore } from '@shoal/coordinator'
import { failed, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { sha256Of } from './blob-store.ts'
import { createModelCache } from './model-cache.ts'

const digests = [0, 1, 2].map((index) => sha256Of(Uint8Array.of(index)))

/** A store that counts what is read from it; every blob is 100 bytes. */
function countingStore(isThere = true): { store: BlobStore; reads: () => number } {
  let reads = 0
  return {
    reads: () => reads,
    store: {
      put: async () => failed('SHOAL_ERR_STORE_FAILED'),
      async get() {
        reads += 1
        return isThere ? succeeded(new Uint8Array(100)) : failed('SHOAL_ERR_STORE_FAILED')
      },
      delete: async () => undefined,
    },
  }
}

test('many who ask at once for one model cause one read and share one buffer', async () => {
  const { store, reads } = countingStore()
  const cache = createModelCache(1000)
  const models = await Promise.all(Array.from({ length: 50 }, () => cache.get(digests[0], store)))
  expect([reads(), new Set(models.map((model) => model.ok && model.value)).size]).toEqual([1, 1])
})

test('beyond the budget the model that was not asked for longest goes', async () => {
  const { store, reads } = countingStore()
  const cache = createModelCache(200)
  for (const index of [0, 1, 0, 2, 0]) await cache.get(digests[index], store)
  expect(reads()).toBe(3)
  await cache.get(digests[1], store)
  expect(reads()).toBe(4)
})

test('a failure is not remembered', async () => {
  const { store, reads } = countingStore(false)
  const cache = createModelCache(200)
  await cache.get(digests[0], store)
  await cache.get(digests[0], store)
  expect(reads()).toBe(2)
})
