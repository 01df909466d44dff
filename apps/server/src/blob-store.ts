import { createHash, randomBytes } from 'node:crypto'
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobStore } from '@shoal/coordinator'
import { type Digest, digestSchema, failed, type Result, succeeded } from '@shoal/protocol'

export const sha256Of = (bytes: Uint8Array): Digest => digestSchema.parse(createHash('sha256').update(bytes).digest('hex'))

/**
 * Content-addressed files, `<directory>/ab/<sha256>`. A blob is written beside its place, synced, and renamed into it, so that a file under its own name is whole.
 * What a crash left half written is removed when the store is opened.
 */
export async function openBlobStore(directory: string): Promise<BlobStore> {
  const incoming = join(directory, 'incoming')
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true })
  const folderOf = (digest: Digest): string => join(directory, digest.slice(0, 2))
  const fileOf = (digest: Digest): string => join(folderOf(digest), digest)
  return {
    put: (bytes) =>
      attempted(async () => {
        const digest = sha256Of(bytes)
        if (await exists(fileOf(digest))) return digest
        const draft = join(incoming, randomBytes(12).toString('hex'))
        try {
          await writeSynced(draft, bytes)
          if ((await mkdir(folderOf(digest), { recursive: true })) !== undefined) await syncDirectory(directory)
          await rename(draft, fileOf(digest))
          await syncDirectory(folderOf(digest))
        } catch (error) {
          await rm(draft, { force: true })
          throw error
        }
        return digest
      }),
    async get(digest) {
      // A plain array: a Buffer's `slice` is a view, and whoever gets bytes may rely on copies.
      const bytes = await attempted(async () => plainBytesOf(await readFile(fileOf(digest))))
      if (bytes.ok && sha256Of(bytes.value) !== digest) return failed('SHOAL_ERR_STORE_FAILED', `blob ${digest} is damaged`)
      return bytes
    },
    delete: (digest) => rm(fileOf(digest), { force: true }),
  }
}

const plainBytesOf = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes what was made or renamed in a folder survive a power cut. Windows can not open directories and needs no such step. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Whatever the file system refuses, by its own code and without the path. */
async function attempted<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return succeeded(await work())
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return failed('SHOAL_ERR_STORE_FAILED', code)
  }
}
