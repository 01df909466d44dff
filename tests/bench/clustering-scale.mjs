/**
 * Time and memory of finding groups among 100, 1000 and 5000 clients from sketches of 1024 numbers, in 3 planted groups: similarity + bipartition (CFL), similarity + HDBSCAN (OCFL).
 * Every measurement has a process of its own, whose peak memory counts, and works in a worker thread while the main thread watches its own event loop. Exits with 1 where a limit
 * is exceeded or a wrong result found. `node tests/bench/clustering-scale.mjs [--clients 100,1000,5000]` after a build.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'clustering-scale'
const LENGTH = 1024
const GROUPS = 3
const LIMITS = { seconds: 10, peakMiB: 500, stallMs: 50 }
const RESOLUTION_MS = 5

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '100,1000,5000' },
    job: { type: 'string' },
  },
})

/** @typedef {{ job: string, clients: number, seconds: number, peakMiB: number, stallMs: number, isRight: boolean }} Measured */

/** One job in a worker of this process. @param {string} job @param {number} clients @returns {Promise<Measured>} */
async function measureHere(job, clients) {
  const workerData = { job, clients, length: LENGTH, groups: GROUPS, seed: SEED, repeats: clients > 1000 ? 1 : 5 }
  const worker = new Worker(new URL('./shared/clustering-job.mjs', import.meta.url), { workerData })
  await once(worker, 'message')
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  worker.postMessage('go')
  const [{ seconds, isRight }] = await once(worker, 'message')
  delays.disable()
  return { job, clients, seconds, peakMiB: process.resourceUsage().maxRSS / 1024, stallMs: Math.max(0, delays.max / 1e6 - RESOLUTION_MS), isRight }
}

/** @param {string} job @param {number} clients @returns {Promise<Measured>} */
async function measure(job, clients) {
  const child = fork(fileURLToPath(import.meta.url), ['--job', job, '--clients', String(clients)])
  const [measured] = await once(child, 'message')
  return measured
}

async function main() {
  /** @type {(Measured & { growth: number | null })[]} */
  const results = []
  for (const job of ['bipartition', 'hdbscan']) {
    /** @type {Measured | null} */
    let before = null
    for (const clients of values.clients.split(',').map(Number)) {
      const measured = await measure(job, clients)
      const growth = before === null ? null : Math.log(measured.seconds / before.seconds) / Math.log(clients / before.clients)
      results.push({ ...measured, growth })
      before = measured
      process.stderr.write(`${job} of ${clients} done\n`)
    }
  }
  printTable(
    results.map(({ job, clients, seconds, growth, peakMiB, stallMs, isRight }) => ({
      job: `similarity + ${job}`,
      clients,
      seconds: seconds.toFixed(3),
      'growth exponent': growth?.toFixed(2) ?? '-',
      'peak MiB': peakMiB.toFixed(0),
      'longest stall ms': stallMs.toFixed(1),
      'groups found': isRight ? 'yes' : 'NO',
    })),
  )
  const isWithin = results.every((row) => row.isRight && row.seconds <= LIMITS.seconds && row.peakMiB <= LIMITS.peakMiB && row.stallMs <= LIMITS.stallMs)
  console.log(`limits: ${LIMITS.seconds} s, ${LIMITS.peakMiB} MiB, no stall over ${LIMITS.stallMs} ms: ${isWithin ? 'kept' : 'EXCEEDED'}`)
  writeResult('clustering-scale', SEED, { length: LENGTH, groups: GROUPS, limits: LIMITS, results })
  process.exitCode = isWithin ? 0 : 1
}

if (values.job === undefined) await main()
else process.send?.(await measureHere(values.job, Number(values.clients)))
