import type { DeviceStorage } from '@shoal/client'
import type { FederationId } from '@shoal/protocol'

export interface OpenedStorage {
  readonly storage: DeviceStorage
  /** False where the browser keeps nothing for this page: then everything ends with the tab. */
  readonly isLasting: boolean
}

const DATABASE = 'shoal'
const VALUES = 'values'
const MODELS = 'models'

/** What outlives the tab: identity, session token, the hash of what was agreed to, models by hash. In IndexedDB, or in memory where there is none or it does not open. */
export async function openDeviceStorage(federation: FederationId, databases: IDBFactory | undefined = globalThis.indexedDB): Promise<OpenedStorage> {
  const database = databases === undefined ? null : await openDatabase(databases).catch(() => null)
  return database === null ? { storage: memoryStorage(), isLasting: false } : { storage: databaseStorage(database, federation), isLasting: true }
}

function openDatabase(databases: IDBFactory): Promise<IDBDatabase> {
  const request = databases.open(DATABASE, 1)
  request.onupgradeneeded = () => {
    request.result.createObjectStore(VALUES)
    request.result.createObjectStore(MODELS)
  }
  return resultOf(request)
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Models are kept apart by federation, so that one does not prune another's. */
function databaseStorage(database: IDBDatabase, federation: FederationId): DeviceStorage {
  const read = (store: string, key: string): Promise<unknown> => resultOf<unknown>(database.transaction(store).objectStore(store).get(key))

  /** Resolves when it is written, not when it was asked for. */
  const write = (store: string, change: (opened: IDBObjectStore) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(store, 'readwrite')
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
      change(transaction.objectStore(store))
    })

  const prefix = `${federation}/`
  return {
    async load(key) {
      const value = await read(VALUES, key)
      return typeof value === 'string' ? value : null
    },
    save: (key, value) => write(VALUES, (store) => store.put(value, key)),
    async loadModel(digest) {
      const bytes = await read(MODELS, prefix + digest)
      return bytes instanceof Uint8Array ? bytes : null
    },
    saveModel: (digest, bytes) => write(MODELS, (store) => store.put(bytes, prefix + digest)),
    async pruneModels(keep) {
      const kept = new Set<IDBValidKey>(keep.map((digest) => prefix + digest))
      const keys = await resultOf(
        database
          .transaction(MODELS)
          .objectStore(MODELS)
          .getAllKeys(IDBKeyRange.bound(prefix, `${prefix}g`)),
      )
      await write(MODELS, (store) => {
        for (const key of keys) if (!kept.has(key)) store.delete(key)
      })
    },
  }
}

function memoryStorage(): DeviceStorage {
  const values = new Map<string, string>()
  const models = new Map<string, Uint8Array>()
  return {
    load: async (key) => values.get(key) ?? null,
    async save(key, value) {
      values.set(key, value)
    },
    loadModel: async (digest) => models.get(digest) ?? null,
    async saveModel(digest, bytes) {
      models.set(digest, bytes)
    },
    async pruneModels(keep) {
      for (const digest of [...models.keys()]) if (!keep.some((kept) => kept === digest)) models.delete(digest)
    },
  }
}
