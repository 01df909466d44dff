/**
 * A round of FedAvg at `masked` beside the same round at `sealed`, with real sessions of 32 volunteers over sockets and HTTP on loopback: how much longer it takes, what it costs the server's
 * process and the volunteers', and what leaves a volunteer. Nobody trains; the volunteers share one process, so their work, which real ones do side by side, adds up here: it is shown.
 * `node tests/bench/masked-round.mjs [--clients 32] [--rounds 10] [--parameters 101770] [--ring 16]` after a build.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRng } from '@shoal/numeric'
import { ROOT } from '../checks/program.mjs'
import { send } from './shared/http-request.mjs'
import { createNodeVolunteer } from './shared/node-volunteer.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'masked-round'
const TOKEN = 'a-token-for-the-bench'
/** privacy.md 5.3: for 32 clients and 100,000 parameters; a small message there and back, four times, is what no protocol of four stages can save. */
const LIMITS = { overheadMs: 300, stages: 4, share: 0.5 }
/** The zoo's models by their number of parameters. */
const ARCHITECTURES = new Map([[101_770, 'mlp-784-128-10']])

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '10' },
    ring: { type: 'string', default: '16' },
  },
})
const clients = Number(values.clients)
const rounds = Number(values.rounds)
const ring = /** @type {16 | 32} */ (Number(values.ring))
const [parameters] = ARCHITECTURES.keys()

/** @param {'sealed' | 'masked'} level */
const configuration = (level) => ({
  name: 'Bench',
  description: '',
  operator: 'Bench',
  seed: SEED,
  strategy: { name: 'fedavg', options: {} },
  privacy: { level, view: 'sums', ...(level === 'masked' ? { masking: { cohortSize: 32, kMin: 3, kDiff: 3, ring, clip: 1 } } : {}) },
  model: { architecture: ARCHITECTURES.get(parameters) },
  data: { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, digit) => String(digit)) },
  train: { steps: 1, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: clients, max: clients },
  quorum: { fraction: 1, min: 1 },
  deadlineMs: 600_000,
  computeDeadlineMs: 60_000,
  maxWeight: 100,
  evaluation: { onClients: false, testSet: null },
  stop: { rounds: 2 + rounds, accuracy: null },
})

/** @param {number[]} figures */
const median = (figures) => [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)]
/** @param {NodeJS.CpuUsage} cpu */
const milliseconds = ({ user, system }) => (user + system) / 1000

const rng = createRng(SEED)
const update = Float32Array.from({ length: parameters }, () => (rng.uniform() - 0.5) / 1000)

/** @param {'sealed' | 'masked'} level */
async function measure(level) {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  const options = { limits: { requestsPerAddress: 1_000_000, requestsPerSession: 1_000_000 } }
  const child = fork(join(ROOT, 'tests/faults/server-process.mjs'), [directory, TOKEN, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  process.on('exit', () => child.kill('SIGKILL'))
  const usage = async () => {
    child.send('usage')
    return milliseconds((await once(child, 'message'))[0].cpu)
  }
  const [{ port }] = await once(child, 'message')
  const url = `http://127.0.0.1:${port}`
  /** @param {string} path @param {unknown} [body] */
  const post = async (path, body = {}) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const { status, bytes } = await send(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${bytes}`)
    return JSON.parse(bytes.toString())
  }
  const { id } = await post('/api/federations', configuration(level))
  const link = new URL((await post(`/api/federations/${id}/invites`)).url)
  const invite = link.pathname.split('/').at(-1)
  const offer = JSON.parse((await send(`${url}/api/invites/${invite}`)).bytes.toString())
  /** Volunteers who were asked to train and wait for the start of the round. @type {((answer: any) => void)[]} */
  const asked = []
  let onAllAsked = () => {}
  const allAsked = () =>
    new Promise((resolve) => {
      onAllAsked = () => resolve(null)
    })
  const run = () =>
    new Promise((resolve) => {
      asked.push(resolve)
      if (asked.length === clients) onAllAsked()
    })
  const volunteers = await Promise.all(
    Array.from({ length: clients }, () => createNodeVolunteer({ url, invite, federationKey: link.hash.slice(1), offer, run: /** @type {any} */ (run) })),
  )
  let ready = allAsked()
  for (const { session } of volunteers) session.start()
  await post(`/api/federations/${id}/commands`, { command: 'start-federation' })
  await ready
  /** From the moment when all have trained until all have the next model. @type {{ wallMs: number, serverMs: number, clientMs: number }[]} */
  const measured = []
  for (let round = 0; round < 1 + rounds; round += 1) {
    const before = { server: await usage(), client: process.cpuUsage(), at: performance.now() }
    ready = allAsked()
    for (const answer of asked.splice(0)) answer({ ok: true, value: { kind: 'parts', parts: [{ block: 0, vector: update.slice(), weight: 10 }] } })
    await ready
    const wallMs = performance.now() - before.at
    // The first round compiles the hot functions.
    if (round > 0) measured.push({ wallMs, clientMs: milliseconds(process.cpuUsage(before.client)), serverMs: (await usage()) - before.server })
  }
  const summaries = JSON.parse((await send(`${url}/api/federations/${id}`, { headers: { authorization: `Bearer ${TOKEN}` } })).bytes.toString()).rounds
  for (const summary of summaries)
    if (summary.outcome !== 'updated' || summary.clients !== clients) throw new Error(`round ${summary.round} at ${level}: ${JSON.stringify(summary)}`)
  for (const { session, close } of volunteers) {
    close()
    void session.stop()
  }
  const exited = once(child, 'exit')
  child.send('close')
  await exited
  rmSync(directory, { recursive: true })
  const { sent } = volunteers[0]
  return {
    level,
    wallMs: median(measured.map(({ wallMs }) => wallMs)),
    serverMsPerClient: median(measured.map(({ serverMs }) => serverMs)) / clients,
    clientMs: median(measured.map(({ clientMs }) => clientMs)) / clients,
    largestUpload: sent.largest,
    bytesPerRound: (sent.bulk + sent.socket) / (1 + rounds),
  }
}

/** A small message there and back over this machine's loopback, milliseconds. */
async function roundTrip() {
  const { createServer } = await import('node:net')
  const { connect: dial } = await import('node:net')
  const echo = createServer((socket) => socket.pipe(socket))
  await new Promise((resolve) => echo.listen(0, '127.0.0.1', () => resolve(null)))
  const address = echo.address()
  const socket = dial(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  const times = []
  for (let index = 0; index < 200; index += 1) {
    const startedAt = performance.now()
    socket.write('.')
    await once(socket, 'data')
    times.push(performance.now() - startedAt)
  }
  socket.destroy()
  echo.close()
  return median(times)
}

const rtt = await roundTrip()
const results = [await measure('sealed'), await measure('masked')]
const [sealed, masked] = results
const overheadMs = masked.wallMs - sealed.wallMs
printTable(
  results.map(({ level, wallMs, serverMsPerClient, clientMs, largestUpload, bytesPerRound }) => ({
    level,
    'round ms': wallMs.toFixed(0),
    'server CPU ms a client': serverMsPerClient.toFixed(2),
    'volunteer CPU ms': clientMs.toFixed(1),
    'largest upload': largestUpload,
    'bytes up a round': bytesPerRound.toFixed(0),
    'of float32': (bytesPerRound / (4 * parameters)).toFixed(3),
  })),
)
console.log(
  `\nmasked takes ${overheadMs.toFixed(0)} ms longer (aim: ${LIMITS.overheadMs}); ${LIMITS.stages} round trips here take ${(LIMITS.stages * rtt).toFixed(2)} ms.`,
)
console.log(`The ${clients} volunteers' own work adds up to ${(clients * (masked.clientMs - sealed.clientMs)).toFixed(0)} ms of CPU more, all on this machine.`)
writeResult('masked-round', SEED, { clients, rounds, parameters, ring, limits: LIMITS, roundTripMs: rtt, overheadMs, results })
