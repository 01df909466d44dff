import { digestSchema, federationIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { openDeviceStorage } from './device-storage.ts'

const federation = federationIdSchema.parse('fed-01234567')
const [first, second] = ['a', 'b'].map((digit) => digestSchema.parse(digit.repeat(64)))

test('without a database values and models are kept in memory, and the page knows', async () => {
  const { storage, isLasting } = await openDeviceStorage(federation, undefined)
  expect(isLasting).toBe(false)
  expect(await storage.load('session')).toBeNull()
  await storage.save('session', 'token')
  expect(await storage.load('session')).toBe('token')
  await storage.saveModel(first!, Uint8Array.of(1))
  await storage.saveModel(second!, Uint8Array.of(2))
  await storage.pruneModels([second!])
  expect(await storage.loadModel(first!)).toBeNull()
  expect(await storage.loadModel(second!)).toEqual(Uint8Array.of(2))
})

test('a database that does not open is as good as none', async () => {
  const locked = {
    open: () => {
      const request = { error: new Error('denied') } as unknown as IDBOpenDBRequest
      queueMicrotask(() => request.onerror?.(new Event('error')))
      return request
    },
  } as unknown as IDBFactory
  expect((await openDeviceStorage(federation, locked)).isLasting).toBe(false)
})

test('forgetting deletes what belongs to this federation, and counts what is left', async () => {
  const { storage, forget } = await openDeviceStorage(federation, undefined)
  await storage.save(`identity/${federation}`, 'key')
  await storage.save('identity/fed-76543210', 'another key')
  await storage.saveModel(first!, Uint8Array.of(1))
  expect(await forget()).toEqual({ before: 2, left: 0 })
  expect(await storage.load(`identity/${federation}`)).toBeNull()
  expect(await storage.loadModel(first!)).toBeNull()
  expect(await storage.load('identity/fed-76543210')).toBe('another key')
})
