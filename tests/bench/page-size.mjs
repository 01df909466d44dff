/** What a browser loads before consent: the document, and everything it imports without being asked, gzipped one by one as a server sends them. Exits with 1 above the limit. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ROOT } from '../checks/program.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const LIMIT_BYTES = 60_000
const DIST = join(ROOT, 'apps/volunteer/dist')

/** @typedef {{ file: string, imports?: string[], css?: string[], assets?: string[] }} Chunk */
/** @type {Record<string, Chunk>} */
const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'))

/** @param {string} key @param {Set<string>} files */
function collect(key, files) {
  const { file, imports = [], css = [], assets = [] } = manifest[key]
  if (files.has(file)) return
  for (const needed of [file, ...css, ...assets]) files.add(needed)
  for (const imported of imports) collect(imported, files)
}

const names = new Set(['index.html'])
collect('index.html', names)
const files = [...names].map((file) => {
  const content = readFileSync(join(DIST, file))
  return { file, bytes: content.length, gzipped: gzipSync(content, { level: 9 }).length }
})
const gzipped = files.reduce((sum, entry) => sum + entry.gzipped, 0)

printTable([...files, { file: `all (limit ${LIMIT_BYTES})`, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), gzipped }])
writeResult('page-size', 'none', { limit: LIMIT_BYTES, gzipped, files })
process.exitCode = gzipped <= LIMIT_BYTES ? 0 : 1
