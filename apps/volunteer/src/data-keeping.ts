import { decodeLabelledImages, encodeLabelledImages } from '@shoal/data'
import type { FederationId } from '@shoal/protocol'
import type { LocalData } from './data-files.ts'
import { type DataSource, isDataSource } from './data-sources.ts'
import { openDatabase, resultOf, written } from './device-database.ts'
import type { Deletion } from './device-storage.ts'

/** A volunteer's data as they lie on the device. */
export interface KeptData {
  readonly data: LocalData
  readonly source: DataSource
  /** When they were chosen: milliseconds since 1970. */
  readonly since: number
  readonly bytes: number
}

/** The data of one federation on this device. */
export interface DataShelf {
  /** Null where nothing is kept, or nothing that can be read. */
  load(): Promise<KeptData | null>
  /** In the place of what was kept before. Rejects where the browser has no room. */
  save(kept: Omit<KeptData, 'bytes'>): Promise<KeptData>
  /** Bytes that were there, and bytes that are found when it is read again. */
  remove(): Promise<Deletion>
}

const DATABASE = 'shoal-data'
const EXAMPLES = 'examples'

/** Null where the browser keeps nothing. */
export async function openDataShelf(federation: FederationId, databases: IDBFactory | undefined = globalThis.indexedDB): Promise<DataShelf | null> {
  const database = databases === undefined ? null : await openDatabase(databases, DATABASE, [EXAMPLES]).catch(() => null)
  if (database === null) return null
  const read = (): Promise<unknown> => resultOf<unknown>(database.transaction(EXAMPLES).objectStore(EXAMPLES).get(federation))
  return {
    load: async () => readKept(await read()),
    async save({ data, source, since }) {
      const value = { source, since, train: encodeLabelledImages(data.train), test: encodeLabelledImages(data.test) }
      await written(database, EXAMPLES, (store) => store.put(value, federation))
      return { data, source, since, bytes: value.train.length + value.test.length }
    },
    async remove() {
      const before = bytesOf(await read())
      await written(database, EXAMPLES, (store) => store.delete(federation))
      return { before, left: bytesOf(await read()) }
    },
  }
}

const bytesIn = (value: unknown, name: string): Uint8Array | null => {
  const part: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null
  return part instanceof Uint8Array ? part : null
}

const bytesOf = (value: unknown): number => (bytesIn(value, 'train')?.length ?? 0) + (bytesIn(value, 'test')?.length ?? 0)

/** What lies in the store, if it is what `save` wrote; null otherwise. */
export function readKept(value: unknown): KeptData | null {
  const [train, test] = [bytesIn(value, 'train'), bytesIn(value, 'test')]
  if (train === null || test === null) return null
  const { source, since } = value as { source?: unknown; since?: unknown }
  if (!isDataSource(source) || typeof since !== 'number') return null
  try {
    return { data: { train: decodeLabelledImages(train), test: decodeLabelledImages(test) }, source, since, bytes: bytesOf(value) }
  } catch {
    // Written by another version of this page: as good as nothing.
    return null
  }
}
