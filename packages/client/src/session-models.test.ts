import { bytesOf } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createMemoryStorage, createMemoryWorld, joinedWorld, settle, sha256Of } from '../tests/memory-world.ts'

const model = Float32Array.of(1, 2, 3)
const bytes = bytesOf(model)
const digest = sha256Of(bytes)
const signal = new AbortController().signal

test('a model that the device does not have is fetched once, which the outbox tells, and kept', async () => {
  const { server, session, storage } = await joinedWorld()
  server.models.set(digest, bytes)
  expect(await session.model(digest, signal)).toEqual({ ok: true, value: model })
  expect(await session.model(digest, signal)).toEqual({ ok: true, value: model })
  expect(session.outbox().entries.filter(({ name }) => name === 'fetch-model')).toHaveLength(1)
  expect(storage.models.get(digest)).toEqual(bytes)
})

test('one that the device has needs no server, even before the start and after the end', async () => {
  const storage = createMemoryStorage()
  storage.models.set(digest, bytes)
  const { session } = createMemoryWorld({ storage })
  expect(await session.model(digest, signal)).toEqual({ ok: true, value: model })
  await session.stop()
  await settle()
  expect(await session.model(digest, signal)).toEqual({ ok: true, value: model })
  expect(session.outbox().totalFrames).toBe(0)
})

test('other bytes than its digest names are never taken, and what fails is told', async () => {
  const { server, session } = await joinedWorld()
  server.models.set(digest, bytesOf(Float32Array.of(9)))
  expect(await session.model(digest, signal)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MODEL_DIGEST' } })
  server.models.delete(digest)
  expect(await session.model(digest, signal)).toMatchObject({ ok: false })
})
