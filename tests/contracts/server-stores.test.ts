import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBlobStore } from '../../apps/server/src/blob-store.ts'
import { openDatabase } from '../../apps/server/src/database.ts'
import { createEventStore } from '../../apps/server/src/event-store.ts'
import { blobStoreContract } from './blob-store.contract.ts'
import { eventStoreContract } from './event-store.contract.ts'

const makeDirectory = (): string => mkdtempSync(join(tmpdir(), 'shoal-contract-'))

eventStoreContract('SQLite', async () => {
  const directory = makeDirectory()
  let database = await openDatabase(directory)
  return {
    store: createEventStore(database),
    async reopen() {
      await database.close()
      database = await openDatabase(directory)
      return createEventStore(database)
    },
    async close() {
      await database.close()
      rmSync(directory, { recursive: true })
    },
  }
})

blobStoreContract('files', async () => {
  const directory = makeDirectory()
  return { store: await openBlobStore(directory), close: async () => rmSync(directory, { recursive: true }) }
})
