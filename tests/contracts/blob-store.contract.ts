import { createHash } from 'node:crypto'
import type { BlobStore } from '@shoal/coordinator'
import type { Digest } from '@shoal/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const sha256Of = (bytes: Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex') as Digest

/** What every blob store must do. */
export function blobStoreContract(name: string, makeStore: () => Promise<{ store: BlobStore; close(): Promise<void> }>): void {
  describe(`blob store: ${name}`, () => {
    let made: Awaited<ReturnType<typeof makeStore>>
    let store: BlobStore
    beforeEach(async () => {
      made = await makeStore()
      store = made.store
    })
    afterEach(() => made.close())

    const put = async (bytes: Uint8Array): Promise<Digest> => {
      const stored = await store.put(bytes)
      if (!stored.ok) throw new Error(stored.failure.code)
      return stored.value
    }
    const get = async (digest: Digest): Promise<Uint8Array> => {
      const bytes = await store.get(digest)
      if (!bytes.ok) throw new Error(bytes.failure.code)
      return bytes.value
    }

    test.each([
      ['no bytes', new Uint8Array(0)],
      ['a few bytes', Uint8Array.of(1, 2, 3)],
      ['a megabyte', new Uint8Array(1_000_000).fill(7)],
    ])('gives back %s under their sha256', async (_what, bytes) => {
      const digest = await put(bytes)
      expect(digest).toBe(sha256Of(bytes))
      expect(Buffer.compare(await get(digest), bytes)).toBe(0)
    })

    test('a view of a larger buffer is stored as what it shows', async () => {
      const digest = await put(Uint8Array.of(9, 9, 1, 2, 9).subarray(2, 4))
      expect([...(await get(digest))]).toEqual([1, 2])
    })

    test('gives plain arrays: a slice of one is a copy', async () => {
      const bytes = await get(await put(Uint8Array.of(1, 2, 3, 4)))
      const slice = bytes.slice(1, 3)
      slice[0] = 99
      expect([...bytes]).toEqual([1, 2, 3, 4])
      expect(slice.buffer.byteLength).toBe(2)
    })

    test('does not keep the array it was given', async () => {
      const bytes = Uint8Array.of(1, 2, 3)
      const digest = await put(bytes)
      bytes.fill(0)
      expect([...(await get(digest))]).toEqual([1, 2, 3])
    })

    test('the same bytes twice, also at once, are one blob', async () => {
      const bytes = Uint8Array.of(5)
      const digests = await Promise.all([put(bytes), put(bytes), put(bytes)])
      expect(new Set(digests).size).toBe(1)
      await store.delete(digests[0])
      expect(await store.get(digests[0])).toMatchObject({ ok: false })
    })

    test('a blob that is not there is a failure by code, and deleting it is none', async () => {
      const digest = sha256Of(Uint8Array.of(0))
      expect(await store.get(digest)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_STORE_FAILED' } })
      await expect(store.delete(digest)).resolves.toBeUndefined()
    })

    test('deleting one leaves the others', async () => {
      const [one, two] = [await put(Uint8Array.of(1)), await put(Uint8Array.of(2))]
      await store.delete(one)
      expect([...(await get(two))]).toEqual([2])
    })
  })
}
