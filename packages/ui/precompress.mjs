import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'

const COMPRESSIBLE = /\.(js|css|svg|wasm)$/

/** A Vite plugin: beside each built file lie its gzip and brotli forms, so that the server sends small pages without compressing anything itself. */
export const precompress = () => ({
  name: 'precompress',
  /** @param {{ dir?: string | undefined }} output @param {Record<string, unknown>} bundle */
  async writeBundle({ dir = '.' }, bundle) {
    const files = Object.keys(bundle).filter((name) => COMPRESSIBLE.test(name))
    await Promise.all(
      files.map(async (name) => {
        const path = join(dir, name)
        const bytes = await readFile(path)
        await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }))
        await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes))
      }),
    )
  },
})
