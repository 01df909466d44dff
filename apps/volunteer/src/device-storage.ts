import { createMemoryStorage, type DeviceStorage } from '@shoal/client'
import type { Digest, FederationId } from '@shoal/protocol'
import { openDatabase, resultOf, written } from './device-database.ts'

/** How much was found under this federation, before something was deleted and when it was read again afterwards. */
export interface Deletion {
  readonly before: number
  readonly left: number
}

export interface OpenedStorage {
  readonly storage: DeviceStorage
  /** False where the browser keeps nothing for this page: then everything ends with the tab. */
  readonly isLasting: boolean
  /** Deletes all that was kept for this federation, and counts the entries that are left. */
  forget(): Promise<Deletion>
}

const DATABASE = 'shoal'
const VALUES = 'values'
const MODELS = 'models'

/** What outlives the tab: identity, session token, the hash of what was agreed to, models by hash. In IndexedDB, or in memory where there is none or it does not open. */
export async function openDeviceStorage(federation: FederationId, databases: IDBFactory | undefined = globalThis.indexedDB): Promise<OpenedStorage> {
  const database = databases === undefined ? null : await openDatabase(databases, DATABASE, [VALUES, MODELS]).catch(() => null)
  return database === null ? memoryStorage(federation) : databaseStorage(database, federation)
}

/** Values of a federation are named `<what>/<federation>`. */
const isValueOf = (key: IDBValidKey, federation: FederationId): boolean => typeof key === 'string' && key.endsWith(`/${federation}`)

/** Models are kept apart by federation, so that one does not prune another's. */
function databaseStorage(database: IDBDatabase, federation: FederationId): OpenedStorage {
  const read = (store: string, key: string): Promise<unknown> => resultOf<unknown>(database.transaction(store).objectStore(store).get(key))
  const prefix = `${federation}/`

  const modelKeys = (): Promise<IDBValidKey[]> =>
    resultOf(
      database
        .transaction(MODELS)
        .objectStore(MODELS)
        .getAllKeys(IDBKeyRange.bound(prefix, `${prefix}g`)),
    )

  async function valueKeys(): Promise<IDBValidKey[]> {
    const keys = await resultOf(database.transaction(VALUES).objectStore(VALUES).getAllKeys())
    return keys.filter((key) => isValueOf(key, federation))
  }

  const removeAll = (store: string, keys: readonly IDBValidKey[]): Promise<void> =>
    written(database, store, (opened) => {
      for (const key of keys) opened.delete(key)
    })

  return {
    isLasting: true,
    storage: {
      async load(key) {
        const value = await read(VALUES, key)
        return typeof value === 'string' ? value : null
      },
      save: (key, value) => written(database, VALUES, (store) => store.put(value, key)),
      async loadModel(digest) {
        const bytes = await read(MODELS, prefix + digest)
        return bytes instanceof Uint8Array ? bytes : null
      },
      saveModel: (digest, bytes) => written(database, MODELS, (store) => store.put(bytes, prefix + digest)),
      async pruneModels(keep) {
        const kept = new Set<IDBValidKey>(keep.map((digest) => prefix + digest))
        await removeAll(
          MODELS,
          (await modelKeys()).filter((key) => !kept.has(key)),
        )
      },
    },
    async forget() {
      const [values, models] = [await valueKeys(), await modelKeys()]
      await removeAll(VALUES, values)
      await removeAll(MODELS, models)
      return { before: values.length + models.length, left: (await valueKeys()).length + (await modelKeys()).length }
    },
  }
}

function memoryStorage(federation: FederationId): OpenedStorage {
  const values = new Map<string, string>()
  const models = new Map<Digest, Uint8Array>()
  const count = (): number => [...values.keys()].filter((key) => isValueOf(key, federation)).length + models.size
  return {
    isLasting: false,
    storage: createMemoryStorage(values, models),
    async forget() {
      const before = count()
      for (const key of [...values.keys()]) if (isValueOf(key, federation)) values.delete(key)
      models.clear()
      return { before, left: count() }
    },
  }
}
