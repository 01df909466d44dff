import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A finished unit as the state file keeps it. */
export interface StoredUnit {
  readonly data: unknown
  readonly seconds: number
  /** The commit it was run from; a star where the tree held more than that. */
  readonly commit: string
}

/** Finished units of earlier calls and of this one. */
export interface UnitStore {
  readonly units: ReadonlyMap<string, StoredUnit>
  /** On disk when it resolves; a crash leaves the old file or the new one. */
  add(key: string, unit: StoredUnit): Promise<void>
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Opens the state file; `isFresh` begins with nothing, and replaces it at the first unit. Rejects where the file is there and is no JSON. */
export async function openUnitStore(file: string, { isFresh }: { readonly isFresh: boolean }): Promise<UnitStore> {
  const units = new Map<string, StoredUnit>()
  if (!isFresh) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return '{}'
      throw error
    })
    for (const [key, unit] of Object.entries<StoredUnit>(JSON.parse(text))) units.set(key, unit)
  }
  return {
    units,
    async add(key, unit) {
      units.set(key, unit)
      await mkdir(dirname(file), { recursive: true })
      const unfinished = `${file}.${process.pid}`
      await writeFile(unfinished, JSON.stringify(Object.fromEntries(units)))
      await rename(unfinished, file)
    },
  }
}
