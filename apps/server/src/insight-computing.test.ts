import type { BlobStore } from '@shoal/coordinator'
import { bytesOf, type Digest, failed, federationIdSchema, succeeded } from '@shoal/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256Of } from './blob-store.ts'
import { createInsightComputing, everyNth, type InsightComputing } from './insight-computing.ts'

const ONE = federationIdSchema.parse('fed-11111111')
const TWO = federationIdSchema.parse('fed-22222222')
let insight: InsightComputing
beforeEach(() => {
  insight = createInsightComputing(() => 7)
})
afterEach(() => insight.close())

const rowsOf = (count: number): Float32Array[] => Array.from({ length: count }, (_, row) => Float32Array.of(row % 2, (row + 1) % 2, 0.01 * row))

test('rows that were grouped become a picture of their cosines, with neither rows nor names', async () => {
  expect(await insight.ofRows(ONE)).toBeNull()
  insight.grouped(ONE, rowsOf(6), [1, 0, 1, 0, 1, -1])
  const picture = await insight.ofRows(ONE)
  expect(Object.keys(picture ?? {}).sort()).toEqual(['clusters', 'cosines', 'of', 'points', 'round'])
  expect(picture).toMatchObject({ of: 'sketches', round: 7, clusters: [-1, 0, 0, 1, 1, 1] })
  expect(picture?.cosines).toHaveLength(36)
  expect(picture?.points).toHaveLength(6)
  expect(await insight.ofRows(TWO)).toBeNull()
})

test('of many rows every n-th is taken, of every group its share; of long ones fewer', () => {
  const rows = Array.from({ length: 1000 }, () => ({ length: 8 }))
  const groups = rows.map((_, row) => row % 4)
  const taken = everyNth(rows, groups)
  expect(taken).toHaveLength(200)
  expect(taken.map((row) => groups[row])).toEqual([0, 1, 2, 3].flatMap((group) => Array.from({ length: 50 }, () => group)))
  const long = rows.map(() => ({ length: 1_000_000 }))
  expect(everyNth(long, groups)).toHaveLength(8)
  expect(everyNth([], [])).toEqual([])
})

/** A store of vectors; counts how often it is read. */
function storeOf(...vectors: Float32Array[]) {
  const blobs = new Map<Digest, Uint8Array>(vectors.map((vector) => [sha256Of(bytesOf(vector)), bytesOf(vector)]))
  const reads = { count: 0 }
  const store: BlobStore = {
    put: async () => failed('SHOAL_ERR_STORE_FAILED'),
    async get(digest) {
      reads.count += 1
      const bytes = blobs.get(digest)
      return bytes === undefined ? failed('SHOAL_ERR_STORE_FAILED', 'gone') : succeeded(bytes.slice())
    },
    delete: async () => undefined,
  }
  return { store, digests: [...blobs.keys()], reads }
}

const model = {
  architecture: 'toy',
  parameters: [
    { name: 'w', shape: [2] },
    { name: 'w/mean', shape: [1], isBuffer: true },
  ],
}

test('models are compared by where they went from their start, buffers left out, once for as long as they stay the same', async () => {
  const { store, digests, reads } = storeOf(Float32Array.of(1, 1, 0), Float32Array.of(2, 1, 9), Float32Array.of(0, 1, 5), Float32Array.of(1, 3, 1))
  const [origin, ...models] = digests
  const question = { models, origin, round: 3, model, blobs: store }
  const picture = await insight.ofModels(ONE, question)
  expect(picture).toMatchObject({ ok: true, value: { of: 'models', round: 3, clusters: [0, 1, 2], cosines: [1, -1, 0, -1, 1, 0, 0, 0, 1] } })
  expect(await insight.ofModels(ONE, question)).toEqual(picture)
  expect(reads.count).toBe(4)
  const missing = sha256Of(new Uint8Array(1))
  expect(await insight.ofModels(ONE, { ...question, models: [missing, models[0]] })).toMatchObject({ ok: false })
  expect(await insight.ofModels(ONE, question)).toEqual(picture)
})

test('two models are compared layer by layer; one that is gone is a failure', async () => {
  const { store, digests } = storeOf(Float32Array.of(3, 4, 0), Float32Array.of(3, 4, 1))
  const compared = await insight.compare(digests[0], digests[1], model, store)
  expect(compared).toMatchObject({ ok: true, value: { relativeDistance: 0.2, layers: [{ name: 'w', entries: 2, relativeDistance: 0 }, { entries: 1 }] } })
  expect(await insight.compare(digests[0], sha256Of(new Uint8Array(1)), model, store)).toMatchObject({ ok: false })
})
