import { decodeLabelledImages, encodeLabelledImages, selectExamples } from '@shoal/data'
import type { FederationId } from '@shoal/protocol'
import type { LocalData } from './data-files.ts'
import { type DataSource, isDataSource } from './data-sources.ts'
import { unlabelledData, withKey } from './data-unlabelled.ts'
import { openDatabase, resultOf, written } from './device-database.ts'
import type { Deletion } from './device-storage.ts'
import type { OwnMemory } from './engine-messages.ts'

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
  /** In the place of what was kept before, memory included. Rejects where the browser has no room. */
  save(kept: Omit<KeptData, 'bytes'>): Promise<KeptData>
  /** What this device remembers about these data; null where that is nothing. */
  loadMemory(): Promise<OwnMemory | null>
  /** Rejects where the browser has no room. */
  saveMemory(memory: OwnMemory | null): Promise<void>
  /** Bytes that were there, and bytes that are found when it is read again. */
  remove(): Promise<Deletion>
}

const DATABASE = 'shoal-data'
const EXAMPLES = 'examples'

/** Null where the browser keeps nothing. */
export async function openDataShelf(federation: FederationId, databases: IDBFactory | undefined = globalThis.indexedDB): Promise<DataShelf | null> {
  const database = databases === undefined ? null : await openDatabase(databases, DATABASE, [EXAMPLES]).catch(() => null)
  if (database === null) return null
  const memoryKey = `memory/${federation}`
  const read = (key: string): Promise<unknown> => resultOf<unknown>(database.transaction(EXAMPLES).objectStore(EXAMPLES).get(key))
  const bytesHere = async (): Promise<number> => bytesOf(await read(federation)) + memoryBytes(readMemory(await read(memoryKey)))
  return {
    load: async () => readKept(await read(federation)),
    async save({ data, source, since }) {
      const { rows, unlabelled } = data
      const value = {
        source,
        since,
        // Without labels both sets are the same pictures.
        train: encodeLabelledImages(unlabelled === undefined ? data.train : selectExamples(data.train, [])),
        test: encodeLabelledImages(unlabelled === undefined ? data.test : withKey(data)),
        ...(rows === undefined ? {} : { rows }),
        ...(unlabelled === undefined ? {} : { unlabelled: { hasKey: unlabelled.key !== null } }),
      }
      await written(database, EXAMPLES, (store) => {
        store.put(value, federation)
        store.delete(memoryKey)
      })
      return { data, source, since, bytes: bytesOf(value) }
    },
    loadMemory: async () => readMemory(await read(memoryKey)),
    saveMemory: (memory) => written(database, EXAMPLES, (store) => (memory === null ? store.delete(memoryKey) : store.put(memory, memoryKey))),
    async remove() {
      const before = await bytesHere()
      await written(database, EXAMPLES, (store) => {
        store.delete(federation)
        store.delete(memoryKey)
      })
      return { before, left: await bytesHere() }
    },
  }
}

const memoryBytes = (memory: OwnMemory | null): number => (memory === null ? 0 : memory.kept.length + (memory.pointLabels?.length ?? 0))

const bytesIn = (value: unknown, name: string): Uint8Array | null => {
  const part: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null
  return part instanceof Uint8Array ? part : null
}

const rowsIn = (value: unknown): Uint32Array | null => {
  const rows: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'rows') : null
  return rows instanceof Uint32Array ? rows : null
}

/** Null where the examples have labels. */
const hasKeyIn = (value: unknown): boolean | null => {
  const unlabelled: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'unlabelled') : undefined
  return typeof unlabelled === 'object' && unlabelled !== null ? Reflect.get(unlabelled, 'hasKey') === true : null
}

const bytesOf = (value: unknown): number => (bytesIn(value, 'train')?.length ?? 0) + (bytesIn(value, 'test')?.length ?? 0) + (rowsIn(value)?.byteLength ?? 0)

/** What `saveMemory` wrote; null for anything else. */
export function readMemory(value: unknown): OwnMemory | null {
  const kept = bytesIn(value, 'kept')
  return kept === null ? null : { kept, pointLabels: bytesIn(value, 'pointLabels') }
}

/** What lies in the store, if it is what `save` wrote; null otherwise. */
export function readKept(value: unknown): KeptData | null {
  const [train, test] = [bytesIn(value, 'train'), bytesIn(value, 'test')]
  if (train === null || test === null) return null
  const { source, since } = value as { source?: unknown; since?: unknown }
  if (!isDataSource(source) || typeof since !== 'number') return null
  try {
    const rows = rowsIn(value)
    const labelled: LocalData = { train: decodeLabelledImages(train), test: decodeLabelledImages(test), ...(rows === null ? {} : { rows }) }
    const hasKey = hasKeyIn(value)
    const data = hasKey === null ? labelled : unlabelledData(labelled.test, hasKey)
    return { data, source, since, bytes: bytesOf(value) }
  } catch {
    // Written by another version of this page: as good as nothing.
    return null
  }
}
