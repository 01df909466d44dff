import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../checks/program.mjs'

/** @param {readonly string[]} args */
const git = (args) => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })

/** The commit that was measured; a star where the tree holds more than that. */
function measuredCommit() {
  const head = git(['rev-parse', '--short=12', 'HEAD'])
  if (head.status !== 0) return 'none'
  return head.stdout.trim() + (git(['status', '--porcelain', '--', 'apps', 'packages', 'tests']).stdout === '' ? '' : '*')
}

/**
 * Writes docs/results/<name>.json: the figures, and what it takes to measure them again.
 * @param {string} name @param {string} seed @param {object} figures
 */
export function writeResult(name, seed, figures) {
  const folder = join(ROOT, 'docs', 'results')
  mkdirSync(folder, { recursive: true })
  const flags = process.argv.slice(2)
  const command = flags.length === 0 ? `npm run bench -- ${name}` : `node tests/bench/${name}.mjs ${flags.join(' ')}`
  const made = { command, seed, commit: measuredCommit(), node: process.versions.node, cpus: cpus().length }
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ ...made, ...figures }, null, 2)}\n`)
}

/** @param {readonly Record<string, string | number>[]} rows all with the same keys */
export function printTable(rows) {
  const names = Object.keys(rows[0])
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name])))]
  const widths = names.map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  for (const row of cells) console.log(row.map((cell, column) => cell.padStart(widths[column])).join('  '))
}
