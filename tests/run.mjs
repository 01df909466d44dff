/**
 * `npm test`: the checks, then every vitest project but the longest, each in a process of its own so that one that crashes is one failure and not the end. The last line counts
 * everything: `N passed, N failed`. `--only unit,contracts` runs just these parts.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runChecks } from './check.mjs'
import { ROOT } from './checks/program.mjs'

/** The parts in their order, and the seconds that each may take on two cores: ten minutes in all, without the parts that run only by their names. */
const BUDGET_SECONDS = { checks: 50, unit: 130, contracts: 10, matrix: 60, faults: 120, hostile: 25, browser: 150, paper: 30, long: 270, endurance: 1500 }

/** The unit tests are two projects of one name's beginning. @type {Partial<Record<Part, string>>} */
const PROJECTS = { unit: 'unit*' }

/**
 * Whoever runs everything waits for ten minutes, and no longer. `long`: real tabs by the dozen, which `.ci/run` asks for as well. `endurance`: kills, attacks and hostile input in
 * numbers. `npm run test:long` runs both.
 * @type {readonly Part[]}
 */
const BY_NAME_ALONE = ['long', 'endurance']

/** A part that takes this many times its budget hangs, and is stopped. */
const PATIENCE = 4

/** @typedef {{ passed: number, failures: string[] }} Tally @typedef {keyof typeof BUDGET_SECONDS} Part */

/** @param {Part} project @param {string} folder for the tally @returns {Promise<Tally>} */
function runProject(project, folder) {
  const file = join(folder, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=./tests/checks/tally-reporter.mjs']
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', PROJECTS[project] ?? project, '--passWithNoTests', '--allowOnly=false', ...reporters]
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, SHOAL_TALLY: file },
      timeout: PATIENCE * BUDGET_SECONDS[project] * 1000,
      killSignal: 'SIGKILL',
    })
    child.on('close', (code, signal) => {
      /** @type {Tally} */
      const tally = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failures: [] }
      // Vitest found something wrong that no test stands for, or did not live to say what.
      if (code !== 0 && tally.failures.length === 0) tally.failures.push(`vitest ended with ${signal ?? `code ${code}`}`)
      resolve(tally)
    })
  })
}

/** @returns {Promise<Tally>} */
async function runChecksAsPart() {
  const { passed, failedNames } = await runChecks()
  return { passed, failures: failedNames.map((name) => `check: ${name}`) }
}

function partsToRun() {
  const parts = /** @type {Part[]} */ (Object.keys(BUDGET_SECONDS))
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  if (values.only === undefined) return parts.filter((part) => !BY_NAME_ALONE.includes(part))
  const wanted = values.only.split(',')
  const unknown = wanted.filter((name) => !parts.some((part) => part === name))
  if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}. There are ${parts.join(', ')}.`)
  return parts.filter((part) => wanted.includes(part))
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-tests-'))
  const rows = []
  try {
    for (const part of partsToRun()) {
      console.log(`\n== ${part}`)
      const start = performance.now()
      const tally = part === 'checks' ? await runChecksAsPart() : await runProject(part, folder)
      rows.push({ part, seconds: (performance.now() - start) / 1000, ...tally })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }

  const failures = rows.flatMap(({ part, failures }) => failures.map((failure) => `${part}: ${failure}`))
  if (failures.length > 0) console.log(`\n== failed\n${failures.join('\n')}`)
  console.log(`\n${'part'.padEnd(10)} ${'passed'.padStart(6)} ${'failed'.padStart(6)} ${'seconds'.padStart(8)} ${'budget'.padStart(6)}`)
  for (const { part, passed, failures, seconds } of rows) {
    const budget = BUDGET_SECONDS[part]
    const counts = `${String(passed).padStart(6)} ${String(failures.length).padStart(6)}`
    console.log(`${part.padEnd(10)} ${counts} ${seconds.toFixed(1).padStart(8)} ${String(budget).padStart(6)}${seconds > budget ? '  over budget' : ''}`)
  }
  for (const part of BY_NAME_ALONE) if (!rows.some((row) => row.part === part)) console.log(`${part.padEnd(10)} not asked for: npm test -- --only ${part}`)
  const total = rows.reduce((sum, { seconds }) => sum + seconds, 0)
  const budget = rows.reduce((sum, { part }) => sum + BUDGET_SECONDS[part], 0)
  console.log(`${'all'.padEnd(24)} ${total.toFixed(1).padStart(8)} ${String(budget).padStart(6)}`)
  const passed = rows.reduce((sum, row) => sum + row.passed, 0)
  // A run in which no test ran proves nothing.
  const isEmpty = rows.every((row) => row.part === 'checks' || row.passed + row.failures.length === 0)
  if (isEmpty) console.log('no test ran')
  return { passed, failed: failures.length + (isEmpty ? 1 : 0) }
}

const { passed, failed } = await main().catch((error) => {
  console.error(error)
  return { passed: 0, failed: 1 }
})
process.exitCode = failed === 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed`)
