/**
 * The round in which OCFL finds its groups, with 100, 1000 and 5000 clients, as the coordinator runs it: rows are taken, written, read and clustered in the server's compute thread, and the
 * sum of the updates is put to the groups that were found. Without sockets and database: what is measured is how long the thread that serves clients is held up, and how long the groups take.
 * Every size has a process of its own. Exits with 1 where a limit is exceeded or the planted groups are not found. `node tests/bench/trigger-round.mjs [--clients 100,1000,5000]` after a build.
 */
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as breathe } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { adjustedRandIndex } from '@shoal/clustering'
import { createFederation } from '@shoal/coordinator'
import { createRng, deriveSeed } from '@shoal/numeric'
import { createFederationKeyPair, createVault, loadSodium } from '@shoal/privacy'
import { bytesOf, clientIdSchema, encodeFrame, federationConfigSchema, federationIdSchema } from '@shoal/protocol'
import { createNodeAesMasks } from '@shoal/secure-sum/node'
import { createMemoryEventStore } from '@shoal/simulator'
import { STRATEGIES } from '@shoal/strategies'
import { openBlobStore } from '../../apps/server/dist/blob-store.js'
import { createComputeThread } from '../../apps/server/dist/compute-jobs.js'
import { createDistillations } from '../../apps/server/dist/distillations.js'
import { createFederationJobs } from '../../apps/server/dist/federation-jobs.js'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'trigger-round'
const LENGTH = 1024
const GROUPS = 3
const PARAMETERS = 8
const LIMITS = { seconds: 10, peakMiB: 500, stallMs: 50 }
const RESOLUTION_MS = 5
const PUT_AT_ONCE = 20

const { values } = parseArgs({ options: { clients: { type: 'string', default: '100,1000,5000' }, one: { type: 'boolean', default: false } } })

/** @typedef {{ clients: number, seconds: number, peakMiB: number, stallMs: number, isRight: boolean }} Measured */

/** @param {number} count @returns {Promise<Measured>} */
async function measureHere(count) {
  const sodium = await loadSodium()
  const thread = createComputeThread()
  const store = createMemoryEventStore()
  const folder = await mkdtemp(join(tmpdir(), 'shoal-trigger-round-'))
  const blobs = await openBlobStore(folder)
  const clock = {
    now: () => Date.now(),
    /** @param {number} at @param {() => void} callback */
    at: (at, callback) => {
      const timer = setTimeout(callback, at - Date.now())
      return { cancel: () => clearTimeout(timer) }
    },
  }
  const config = federationConfigSchema.parse({
    name: SEED,
    description: '',
    operator: 'nobody',
    seed: SEED,
    strategy: { name: 'ocfl', options: { minClusterSize: Math.max(3, Math.floor(count / 10)) } },
    privacy: { level: 'sealed', view: 'rows' },
    model: { architecture: 'none', parameters: [{ name: 'w', shape: [PARAMETERS] }] },
    data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: count, max: count },
    quorum: { fraction: 1, min: 1 },
    deadlineMs: 600_000,
    computeDeadlineMs: 600_000,
    maxWeight: 10,
    evaluation: { onClients: false, testSet: null },
    stop: { rounds: 2, accuracy: null },
  })
  const jobs = createFederationJobs({
    thread,
    distillations: createDistillations(),
    testSets: blobs,
    uploads: blobs,
    configOf: () => config,
    onGrouped: () => {},
  })
  const audience = { ask: () => {}, admission: () => {}, askClosed: () => {}, durable: () => {}, sumFrame: () => {}, sumResult: () => {}, view: () => {} }
  const id = federationIdSchema.parse('fed-triggerround')
  const vault = createVault(sodium, createFederationKeyPair(sodium))
  /** @param {unknown} _id @param {string} what @param {{ code: string }} failure */
  const report = (_id, what, failure) => process.stderr.write(`${what}: ${failure.code}\n`)
  const sums = { sodium, signing: createFederationKeyPair(sodium), policyHash: new Uint8Array(32), epoch: 1, suite: () => createNodeAesMasks() }
  const created = await createFederation(
    { store, blobs, vault, clock, audience, jobs, open: (sealed) => ({ ok: true, value: sealed }), sums, report, strategies: STRATEGIES },
    { id, config, initialModel: new Float32Array(PARAMETERS) },
  )
  if (!created.ok) throw new Error(created.failure.code)
  const host = created.value

  const clients = Array.from({ length: count }, (_, index) => clientIdSchema.parse(`cl-${String(index).padStart(16, '0')}`))
  const truth = clients.map((_, index) => index % GROUPS)
  await Promise.all(
    clients.flatMap((client) => [
      host.dispatch({ type: 'client-joined', at: clock.now(), client }),
      host.dispatch({ type: 'client-readied', at: clock.now(), client, ready: true }),
    ]),
  )
  await host.dispatch({ type: 'federation-started', at: clock.now() })
  await thread.run(
    'describe-model',
    { of: { architecture: 'lenet-5' }, data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1'] }, strategy: 'ocfl', seed: '' },
    60_000,
  ) // the thread is up, as it is after a federation was created

  /** The ask that clients are to answer, once it is `procedure`'s of this round. @param {number} round @param {string} procedure */
  async function openAsk(round, procedure) {
    for (;;) {
      const { stage, round: present } = host.state()
      const open = stage.kind === 'open' ? stage.open : null
      if (present === round && open?.kind === 'question' && open.spec.procedure === procedure && host.expects(clients[0], open.spec.ask).ok) return open
      await breathe()
    }
  }
  /** @param {string} ask @param {(index: number) => Uint8Array} frameOf */
  async function answer(ask, frameOf) {
    for (const [index, client] of clients.entries()) {
      const frame = frameOf(index)
      const received = await host.receive(
        client,
        /** @type {any} */ (ask),
        frame,
        /** @type {any} */ (createHash('sha256').update(String(index)).digest('hex')),
      )
      if (!received.ok) throw new Error(`${received.failure.code} ${received.failure.detail ?? ''}`)
      if (index % PUT_AT_ONCE === PUT_AT_ONCE - 1) await breathe()
    }
  }

  // What everybody has in common is all there is in round 0, and hardly anything in round 1: the temperature rises.
  const rng = createRng(deriveSeed(SEED, count))
  const draw = () => Float32Array.from({ length: LENGTH }, () => rng.normal())
  const [common, ...centres] = Array.from({ length: 1 + GROUPS }, draw)
  /** @param {number} round @param {number} index */
  const rowOf = (round, index) => {
    const noise = draw()
    return noise.map((entry, at) => (round === 0 ? 4 * common[at] : centres[truth[index]][at]) + entry)
  }
  const rowFrames = [0, 1].map((round) => clients.map((_, index) => encodeFrame({ rows: [LENGTH] }, bytesOf(rowOf(round, index)))))
  /** @param {number} block */
  const updateFrame = (block) => encodeFrame({ parts: [[block, PARAMETERS, 1]] }, bytesOf(new Float32Array(PARAMETERS)))

  await answer((await openAsk(0, 'sketch')).spec.ask, (index) => rowFrames[0][index])
  await answer((await openAsk(0, 'train')).spec.ask, () => updateFrame(0))
  const rows = await openAsk(1, 'sketch')
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  await answer(rows.spec.ask, (index) => rowFrames[1][index])
  const startedAt = performance.now()
  const train = await openAsk(1, 'train')
  const seconds = (performance.now() - startedAt) / 1000
  delays.disable()
  const isRight =
    adjustedRandIndex(
      clients.map((client) => train.blocks.get(client) ?? -1),
      truth,
    ) === 1
  await thread.close()
  await host.close()
  await rm(folder, { recursive: true })
  return { clients: count, seconds, peakMiB: process.resourceUsage().maxRSS / 1024, stallMs: Math.max(0, delays.max / 1e6 - RESOLUTION_MS), isRight }
}

/** @param {number} clients @returns {Promise<Measured>} */
async function measure(clients) {
  const child = fork(fileURLToPath(import.meta.url), ['--one', '--clients', String(clients)])
  const [measured] = await once(child, 'message')
  return measured
}

if (values.one) {
  process.send?.(await measureHere(Number(values.clients)))
  process.exit()
}
/** @type {Measured[]} */
const results = []
for (const clients of values.clients.split(',').map(Number)) results.push(await measure(clients))
printTable(
  results.map(({ clients, seconds, peakMiB, stallMs, isRight }) => ({
    clients,
    seconds: seconds.toFixed(2),
    'peak MiB': peakMiB.toFixed(0),
    'longest stall ms': stallMs.toFixed(1),
    'groups found': isRight ? 'yes' : 'NO',
  })),
)
const isWithin = results.every((row) => row.isRight && row.seconds <= LIMITS.seconds && row.peakMiB <= LIMITS.peakMiB && row.stallMs <= LIMITS.stallMs)
console.log(`limits: ${LIMITS.seconds} s, ${LIMITS.peakMiB} MiB, no stall over ${LIMITS.stallMs} ms: ${isWithin ? 'kept' : 'EXCEEDED'}`)
writeResult('trigger-round', SEED, { length: LENGTH, groups: GROUPS, limits: LIMITS, results })
process.exitCode = isWithin ? 0 : 1
