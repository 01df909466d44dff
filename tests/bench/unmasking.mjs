/**
 * What masked sums cost the server, beside what the hardware allows: one folded input (decode, hash, signature, add), and opening the sums of 32, 100 and 1000 clients of whom one in ten
 * dropped out after giving its shares, in worker threads, and of the smallest also in one thread. Every opened sum is compared with the sum of its survivors' words. Exits with 1 where one
 * differs. `node tests/bench/unmasking.mjs [--clients 32,100,1000] [--parameters 1000000] [--rings 16,32] [--folds 128]` after a build.
 */
import { createCipheriv, randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { addInto, emptyRingVector } from '@shoal/numeric'
import { loadSodium } from '@shoal/privacy'
import { createNodeAesMasks } from '@shoal/secure-sum/node'
import { createMaskThreads } from '../../apps/server/dist/mask-threads.js'
import { createCohort, gatherCohort } from './shared/masked-cohort.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'unmasking'
const FOLDED_PARAMETERS = 101_770
const COHORT = 32
const DROPPED = 0.1
const RESOLUTION_MS = 5
/** privacy.md 5.3, for 1000 clients and a million parameters on two cores. */
const LIMITS = { foldMs: 0.6, seconds: { 16: 6, 32: 9 } }

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '32,100,1000' },
    parameters: { type: 'string', default: '1000000' },
    rings: { type: 'string', default: '16,32' },
    folds: { type: 'string', default: '128' },
  },
})
const parameters = Number(values.parameters)
const rings = /** @type {(16 | 32)[]} */ (values.rings.split(',').map(Number))
const sodium = await loadSodium()
const plain = createNodeAesMasks()
const threads = createMaskThreads()
const threaded = threads.threaded(plain)
const cores = availableParallelism()

/** @param {number[]} figures */
const median = (figures) => [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)]
/** Milliseconds of one run, the median of many. @param {() => unknown} work */
function timeOf(work, repeats = 200) {
  return median(
    Array.from({ length: repeats }, () => {
      const startedAt = performance.now()
      work()
      return performance.now() - startedAt
    }),
  )
}

/** CPU of the whole process for a folded input, the median over some cohorts. @param {16 | 32} ring */
async function fold(ring) {
  /** @type {number[]} */
  const cpuMs = []
  const plan = { size: COHORT, ring, words: FOLDED_PARAMETERS, clientSuite: plain, serverSuite: plain, dropped: 0 }
  // The first compiles the hot functions.
  for (let cohort = 0; cohort < 1 + Number(values.folds) / COHORT; cohort += 1) {
    await gatherCohort(await createCohort(sodium, plan), {
      ...plan,
      onInputs(fold) {
        const cpu = process.cpuUsage()
        fold()
        const { user, system } = process.cpuUsage(cpu)
        if (cohort > 0) cpuMs.push((user + system) / 1000 / COHORT)
      },
    })
  }
  const words = emptyRingVector(ring, FOLDED_PARAMETERS)
  const bytes = new Uint8Array(words.buffer)
  const { publicKey, privateKey } = sodium.crypto_sign_keypair()
  const part = new Uint8Array(100)
  const signature = sodium.crypto_sign_detached(part, privateKey)
  return {
    ring,
    cpuMs: median(cpuMs),
    hashMs: timeOf(() => sodium.crypto_generichash(32, bytes, null)),
    verifyMs: timeOf(() => sodium.crypto_sign_verify_detached(signature, part, publicKey)),
    addMs: timeOf(() => addInto(words, words)),
  }
}

/** Bytes a second of bare AES-256-CTR in one thread. */
function bareRate() {
  const zeros = new Uint8Array(65_536)
  const [key, counter] = [randomBytes(32), new Uint8Array(16)]
  return (zeros.length / timeOf(() => createCipheriv('aes-256-ctr', key, counter).update(zeros), 2000)) * 1000
}

/** @param {number} clients @param {16 | 32} ring @param {import('@shoal/secure-sum').MaskSuite} serverSuite */
async function unmask(clients, ring, serverSuite) {
  const count = Math.round(clients / COHORT)
  let masks = 0
  let drops = 0
  const gathered = []
  for (let cohort = 0; cohort < count; cohort += 1) {
    const size = Math.floor(((cohort + 1) * clients) / count) - Math.floor((cohort * clients) / count)
    const dropped = Math.round(DROPPED * Math.floor(((cohort + 1) * clients) / count)) - drops
    drops += dropped
    masks += (size - dropped) * (1 + dropped)
    const plan = { size, ring, words: parameters, clientSuite: plain, serverSuite, cohort, dropped }
    gathered.push(await gatherCohort(await createCohort(sodium, plan), plan))
    process.stderr.write(`\r${clients} clients, ring ${ring}: ${cohort + 1} of ${count} cohorts masked `)
  }
  process.stderr.write('\n')
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  await pause(4 * RESOLUTION_MS) // a stall is noted by what came before it
  const [cpu, startedAt] = [process.cpuUsage(), performance.now()]
  const opened = await Promise.all(gathered.map(({ open }) => open()))
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  await pause(4 * RESOLUTION_MS) // a stall is noted when it is over
  delays.disable()
  const isRight = opened.every((isRightSum) => isRightSum())
  return {
    clients,
    cohorts: count,
    dropped: drops,
    ring,
    masks,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    stallMs: Math.max(0, delays.max / 1e6 - RESOLUTION_MS),
    isRight,
  }
}

const folds = []
for (const ring of rings) folds.push(await fold(ring))
await unmask(COHORT, rings[0], threaded) // threads are up, as they are after the first sum
const results = []
for (const ring of rings)
  for (const clients of values.clients.split(',').map(Number)) {
    const bare = bareRate()
    const limitOf = (/** @type {number} */ masks) => (masks * parameters * (ring / 8)) / bare
    const many = await unmask(clients, ring, threaded)
    results.push({ ...many, where: 'threads', limit: limitOf(many.masks) / cores })
    if (clients > COHORT) continue
    const one = await unmask(clients, ring, plain)
    results.push({ ...one, where: 'one thread', limit: limitOf(one.masks) })
  }
await threads.close()

console.log(`one folded input of ${FOLDED_PARAMETERS} parameters; the aim is ${LIMITS.foldMs} ms of CPU`)
printTable(
  folds.map(({ ring, cpuMs, hashMs, verifyMs, addMs }) => ({
    ring,
    'CPU ms': cpuMs.toFixed(2),
    'limit: one hash + verify + add': (hashMs + verifyMs + addMs).toFixed(2),
  })),
)
console.log(
  `\nopening sums of ${parameters} parameters, ${cores} cores; the aim for 1000 clients and a million is ${LIMITS.seconds[16]} s by ring 16, ${LIMITS.seconds[32]} s by ring 32`,
)
printTable(
  results.map(({ clients, cohorts, dropped, ring, masks, where, seconds, cpuSeconds, limit, stallMs, isRight }) => ({
    clients,
    cohorts,
    dropped,
    ring,
    masks,
    in: where,
    seconds: seconds.toFixed(2),
    'CPU s': cpuSeconds.toFixed(2),
    'limit: bare AES': limit.toFixed(2),
    'longest stall ms': stallMs.toFixed(0),
    right: isRight ? 'yes' : 'NO',
  })),
)
writeResult('unmasking', SEED, { cores, foldedParameters: FOLDED_PARAMETERS, parameters, limits: LIMITS, folds, results })
process.exitCode = results.every(({ isRight }) => isRight) ? 0 : 1
