/**
 * What masks cost a volunteer: in a module worker of Chromium, expanding and adding one mask, by both suites, and all that a client does to its words before they leave (keys of its pairs,
 * masks, hash, signature) among 32, beside what the same browser takes for the bytes of the masks alone. And the bytes that leave, beside the update in float32.
 * `node tests/bench/masking.mjs [--parameters 100000,1000000] [--clients 32] [--repeats 15]` after a build; SHOAL_CHROMIUM names the browser.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { launchChromium } from '@shoal/cli'
import { loadSodium } from '@shoal/privacy'
import { createNodeAesMasks } from '@shoal/secure-sum/node'
import { ROOT } from '../checks/program.mjs'
import { sentBytes } from './shared/masked-cohort.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'masking'
const { values } = parseArgs({
  options: {
    parameters: { type: 'string', default: '100000,1000000' },
    clients: { type: 'string', default: '32' },
    repeats: { type: 'string', default: '15' },
  },
})
const sizes = values.parameters.split(',').map(Number)
const clients = Number(values.clients)
const repeats = Number(values.repeats)
/** privacy.md 5.3; the first two for a million parameters. */
const LIMITS = { megabytesPerSecond: { 1: 700, 2: 350 }, clientMs: { 16: 150, 32: 250 }, overheadBytes: 10_000, share: 0.5 }
const SUITES = /** @type {const} */ ([1, 2])
const RINGS = /** @type {const} */ ([16, 32])

/** @param {string} folder */
async function bundle(folder) {
  // The bundler that the volunteers' page is built with.
  const vite = await import(pathToFileURL(createRequire(join(ROOT, 'apps/volunteer/package.json')).resolve('vite')).href)
  await vite.build({
    root: join(ROOT, 'tests/bench/shared'),
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'esnext',
      rolldownOptions: { input: join(ROOT, 'tests/bench/shared/mask-job.mjs'), output: { entryFileNames: 'mask-job.js', format: 'es' } },
    },
  })
}

/** @param {string} folder */
async function serve(folder) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    // A page that is isolated has a clock of 5 microseconds; others have one of 100.
    response.setHeader('cross-origin-opener-policy', 'same-origin').setHeader('cross-origin-embedder-policy', 'require-corp')
    if (path === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html><title>masking</title>')
    const body = await readFile(join(folder, path)).catch(() => null)
    return response.writeHead(body === null ? 404 : 200, { 'content-type': 'text/javascript' }).end(body)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)))
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}/` }
}

/** @param {number[]} figures */
const median = (figures) => [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)]

const folder = await mkdtemp(join(tmpdir(), 'shoal-masking-'))
await bundle(folder)
const { server, url } = await serve(folder)
const browser = await launchChromium('cpu')
/** @type {{ words: number, suite: 1 | 2, ring: 16 | 32, maskMs: number, megabytesPerSecond: number, bareMs: number, addMs: number, clientMs: number, clientLimitMs: number }[]} */
const results = []
try {
  const page = await browser.newPage()
  await page.goto(url)
  await page.evaluate(() => {
    const worker = new Worker('/mask-job.js', { type: 'module' })
    Object.assign(globalThis, {
      /** @param {object} job */
      ask: (job) =>
        new Promise((resolve, reject) => {
          worker.onerror = ({ message }) => reject(new Error(message))
          worker.onmessage = ({ data }) => (data.error === undefined ? resolve(data.times) : reject(new Error(data.error)))
          worker.postMessage(job)
        }),
    })
  })
  /** @param {import('./shared/mask-job.mjs').Job} job @returns {Promise<number>} */
  const ask = async (job) => {
    // @ts-expect-error the page's own function
    const [, ...times] = await page.evaluate((sent) => globalThis.ask(sent), job)
    return median(times) // the first compiled the loops
  }
  for (const words of sizes)
    for (const suite of SUITES)
      for (const ring of RINGS) {
        const job = { suite, ring, words, clients, repeats: repeats + 1 }
        const maskMs = await ask({ kind: 'stream', ...job })
        const bareMs = await ask({ kind: 'bare', ...job })
        const addMs = await ask({ kind: 'add', ...job })
        const clientMs = await ask({ kind: 'client', ...job, repeats: 6 })
        const megabytesPerSecond = (words * ring) / 8 / maskMs / 1000
        results.push({ words, suite, ring, maskMs, megabytesPerSecond, bareMs, addMs, clientMs, clientLimitMs: clients * bareMs })
        process.stderr.write(`${words} words, suite ${suite}, ring ${ring}: done\n`)
      }
} finally {
  await browser.close()
  server.close()
  await rm(folder, { recursive: true })
}

/** @type {{ words: number, ring: 16 | 32, vector: number, small: number, share: number }[]} */
const bytes = []
const sodium = await loadSodium()
for (const words of sizes)
  for (const ring of RINGS) {
    const suite = createNodeAesMasks()
    const { vector, small } = await sentBytes(sodium, { size: clients, ring, words, clientSuite: suite, serverSuite: suite })
    bytes.push({ words, ring, vector, small, share: (vector + small) / (4 * words) })
  }

console.log(`one mask, and all of a client's work on its words among ${clients}, in a worker of Chromium ${browser.version()}`)
console.log(
  `aims for a million: ${LIMITS.megabytesPerSecond[1]} MB/s by suite 1, ${LIMITS.megabytesPerSecond[2]} by suite 2; ${LIMITS.clientMs[16]} ms by ring 16, ${LIMITS.clientMs[32]} by ring 32`,
)
printTable(
  results.map(({ words, suite, ring, maskMs, megabytesPerSecond, bareMs, addMs, clientMs, clientLimitMs }) => ({
    words,
    suite,
    ring,
    'mask ms': maskMs.toFixed(2),
    'MB/s': megabytesPerSecond.toFixed(0),
    'limit: bytes alone ms': bareMs.toFixed(2),
    'add alone ms': addMs.toFixed(2),
    'client ms': clientMs.toFixed(0),
    'limit: bytes alone, all masks ms': clientLimitMs.toFixed(0),
  })),
)
console.log(`\nbytes of one client's sum; the aims are ${LIMITS.share} of the update by ring 16, and ${LIMITS.overheadBytes} bytes beside the words`)
printTable(
  bytes.map(({ words, ring, vector, small, share }) => ({
    words,
    ring,
    'words and all': vector + small,
    'beside the words': vector + small - (words * ring) / 8,
    'of float32': share.toFixed(3),
    'limit: words alone': (ring / 32).toFixed(3),
  })),
)
writeResult('masking', SEED, { clients, chromium: browser.version(), limits: LIMITS, results, bytes })
