import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openBlobStore, sha256Of } from './blob-store.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-blobs-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a blob lies under the first two digits of its hash', async () => {
  const store = await openBlobStore(directory)
  const stored = await store.put(Uint8Array.of(1))
  const digest = sha256Of(Uint8Array.of(1))
  expect(stored).toEqual({ ok: true, value: digest })
  expect(readdirSync(join(directory, digest.slice(0, 2)))).toEqual([digest])
  expect(readdirSync(join(directory, 'incoming'))).toEqual([])
})

test('what a crash left half written is gone after the next start', async () => {
  mkdirSync(join(directory, 'incoming'))
  writeFileSync(join(directory, 'incoming', 'half'), 'half')
  await openBlobStore(directory)
  expect(readdirSync(join(directory, 'incoming'))).toEqual([])
})

test('a blob that was damaged on disk is not given out', async () => {
  const store = await openBlobStore(directory)
  await store.put(Uint8Array.of(1, 2, 3))
  const digest = sha256Of(Uint8Array.of(1, 2, 3))
  writeFileSync(join(directory, digest.slice(0, 2), digest), Uint8Array.of(1, 2, 4))
  expect(await store.get(digest)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_STORE_FAILED' } })
})

test('a write that the file system refuses is a failure by code', async () => {
  const store = await openBlobStore(directory)
  rmSync(join(directory, 'incoming'), { recursive: true })
  expect(await store.put(Uint8Array.of(1))).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_STORE_FAILED', detail: 'ENOENT' } })
})
