/**
 * What a browser loads before consent: the document, and everything it imports without being asked, gzipped one by one as a server sends them. Prints a table; exits with 1
 * above the limit. `--json` prints `{files: [{file, bytes, gzipped}], gzipped, limit}` instead. Run it after `vite build`.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT_BYTES = 60_000
const DIST = fileURLToPath(new URL('dist/', import.meta.url))

/** @typedef {{ file: string, imports?: string[], css?: string[], assets?: string[] }} Chunk */
/** @type {Record<string, Chunk>} */
const manifest = JSON.parse(readFileSync(`${DIST}.vite/manifest.json`, 'utf8'))

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
  const content = readFileSync(DIST + file)
  return { file, bytes: content.length, gzipped: gzipSync(content, { level: 9 }).length }
})
const gzipped = files.reduce((sum, entry) => sum + entry.gzipped, 0)

if (process.argv.includes('--json')) console.log(JSON.stringify({ files, gzipped, limit: LIMIT_BYTES }, null, 2))
else {
  for (const entry of files) console.log(`${entry.file.padEnd(44)} ${String(entry.bytes).padStart(8)} ${String(entry.gzipped).padStart(8)}`)
  console.log(`${'before consent, gzipped; the limit is'.padEnd(44)} ${String(LIMIT_BYTES).padStart(8)} ${String(gzipped).padStart(8)}`)
}
process.exitCode = gzipped <= LIMIT_BYTES ? 0 : 1
