import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './program.mjs'

const NOT_OURS = new Set(['node_modules', 'dist', '.turbo', '.vite', '.git', '.shoal', 'output'])

/**
 * Paths from the root, with forward slashes, of every file of ours below `folder` whose path passes.
 * @param {string} folder @param {(path: string) => boolean} isWanted @returns {string[]}
 */
export function listFiles(folder, isWanted) {
  const found = []
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) found.push(...listFiles(path, isWanted))
    else if (isWanted(path)) found.push(path)
  }
  return found.sort()
}

/** @param {string} path from the root */
export const readText = (path) => readFileSync(join(ROOT, path), 'utf8')
