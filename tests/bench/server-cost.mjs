/**
 * What one folded update costs the server: CPU of its whole process and its memory, at 10, 100 and 1000 volunteers, level sealed, 101,770 parameters. The volunteers
 * live in this process, the server in another. In the first half of the rounds 16 updates are under way at any time, in the other half all at once, which is the worst case
 * for memory. `node tests/bench/server-cost.mjs [--clients 10,100,1000] [--rounds 4]` after a build; prints a table, writes JSON. `rounds`: of each kind.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRng } from '@shoal/numeric'
import { connect, fetchBytes, joinAs, readInvite, sha256Of } from '../faults/wire-client.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SEED = 'server-cost'
const TOKEN = 'a-token-for-the-bench'
const PARAMETERS = 101_770

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '10,100,1000' },
    rounds: { type: 'string', default: '4' },
  },
})
const sizes = values.clients.split(',').map(Number)
const SPREAD = 16
/** Few clients need many rounds before a median means anything. @param {number} clients */
const roundsOf = (clients) => Math.max(Number(values.rounds), Math.ceil(300 / clients))

/** @param {number} clients */
const configuration = (clients) => ({
  name: 'Bench',
  description: '',
  operator: 'Bench',
  seed: SEED,
  strategy: { name: 'fedavg', options: {} },
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture: 'mlp-784-128-10' },
  data: { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, digit) => String(digit)) },
  train: { steps: 1, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: clients, max: clients },
  quorum: { fraction: 1, min: 1 },
  deadlineMs: 600_000,
  computeDeadlineMs: 60_000,
  maxWeight: 100,
  evaluation: { onClients: false, testSet: null },
  stop: { rounds: 1 + 2 * roundsOf(clients), accuracy: null },
})

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<{ cpu: NodeJS.CpuUsage, memory: NodeJS.MemoryUsage }>} */
async function usageOf(child) {
  child.send('usage')
  const [usage] = await once(child, 'message')
  return usage
}

/** @param {NodeJS.CpuUsage} cpu */
const milliseconds = ({ user, system }) => (user + system) / 1000

/** One PUT over the volunteer's own kept connection. @param {string} url @param {Agent} agent @param {string} session @param {Uint8Array} sealed @returns {Promise<number>} */
const put = (url, agent, session, sealed) =>
  new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${session}`,
      'content-type': 'application/octet-stream',
      'content-length': sealed.length,
      'x-shoal-digest': sha256Of(sealed),
    }
    const outgoing = request(url, { method: 'PUT', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject)
    outgoing.end(sealed)
  })

/** @param {number} clients */
async function measure(clients) {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  const options = { limits: { requestsPerAddress: 1_000_000 } }
  const child = fork(join(ROOT, 'tests/faults/server-process.mjs'), [directory, TOKEN, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  process.on('exit', () => child.kill('SIGKILL'))
  const [{ port }] = await once(child, 'message')
  const url = `http://127.0.0.1:${port}`
  /** @param {string} path @param {unknown} [body] */
  const post = async (path, body = {}) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const answer = await fetchBytes(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const { id } = await post('/api/federations', configuration(clients))
  const invitation = await readInvite(url, (await post(`/api/federations/${id}/invites`)).url)
  await post(`/api/federations/${id}/commands`, { command: 'start-federation' })
  const watcher = connect(url, '/operator', { auth: { token: TOKEN } })
  /** @type {Awaited<ReturnType<typeof joinAs>>[]} */
  const volunteers = []
  const beforeJoins = await usageOf(child)
  for (let start = 0; start < clients; start += 50)
    volunteers.push(...(await Promise.all(Array.from({ length: Math.min(50, clients - start) }, () => joinAs({ url, invitation })))))
  const joinMs = (milliseconds((await usageOf(child)).cpu) - milliseconds(beforeJoins.cpu)) / clients

  const rng = createRng(SEED)
  const update = Float32Array.from({ length: PARAMETERS }, () => (rng.uniform() - 0.5) / 100)
  const agents = volunteers.map(() => new Agent({ keepAlive: true, maxSockets: 1 }))
  const peakRss = { first: 0, spread: 0, atOnce: 0 }
  let model = ''
  /** @type {{ kind: string, cpuMs: number, seconds: number }[]} */
  const perRound = []
  const rounds = roundsOf(clients)
  for (let round = 0; round < 1 + 2 * rounds; round += 1) {
    const kind = round === 0 ? 'first' : round <= rounds ? 'spread' : 'atOnce'
    const asks = await Promise.all(volunteers.map((volunteer) => volunteer.nextAsk()))
    /** @type {Uint8Array[]} */
    const sealed = []
    for (const [index, volunteer] of volunteers.entries()) sealed.push(await volunteer.seal(asks[index].ask, volunteer.frameOf(update, 1 + (index % 100))))
    const before = await usageOf(child)
    const startedAt = performance.now()
    const finished = watcher.inbox.next('view', (/** @type {{ rounds: { round: number }[] }} */ view) => view.rounds.at(-1)?.round === round)
    const waiting = volunteers.keys()
    /** @type {number[]} */
    const statuses = []
    const send = async () => {
      for (const index of waiting) statuses.push(await put(`${url}/contributions/${asks[index].ask}`, agents[index], volunteers[index].session, sealed[index]))
    }
    await Promise.all(Array.from({ length: kind === 'atOnce' ? clients : Math.min(clients, SPREAD) }, send))
    const view = await finished
    const seconds = (performance.now() - startedAt) / 1000
    const after = await usageOf(child)
    if (statuses.some((status) => status !== 200) || view.rounds.at(-1).clients !== clients)
      throw new Error(`round ${round}: ${statuses.filter((status) => status !== 200).length} refused`)
    model = view.models[0]
    peakRss[kind] = Math.max(peakRss[kind], before.memory.rss, after.memory.rss)
    perRound.push({
      kind: round === 0 ? 'first' : round % 2 === 0 ? 'atOnce' : 'spread',
      cpuMs: (milliseconds(after.cpu) - milliseconds(before.cpu)) / clients,
      seconds,
    })
  }
  const beforeGets = await usageOf(child)
  for (const agent of agents)
    await new Promise((resolve) => request(`${url}/models/${model}`, { agent }, (response) => response.resume().on('end', resolve)).end())
  const getMs = (milliseconds((await usageOf(child)).cpu) - milliseconds(beforeGets.cpu)) / clients

  for (const { socket } of [...volunteers, watcher]) socket.disconnect()
  for (const agent of agents) agent.destroy()
  const exited = once(child, 'exit')
  child.send('close')
  await exited
  rmSync(directory, { recursive: true })
  // The first round compiles the hot functions; every later one is what a server does for years.
  /** @param {string} kind @param {'cpuMs' | 'seconds'} figure */
  const median = (kind, figure) => {
    const sorted = perRound
      .filter((measured) => measured.kind === kind)
      .map((measured) => measured[figure])
      .sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)]
  }
  return {
    clients,
    cpuMsPerUpdate: median('spread', 'cpuMs'),
    cpuMsPerUpdateAtOnce: median('atOnce', 'cpuMs'),
    cpuMsPerUpdateFirstRound: perRound[0].cpuMs,
    cpuMsPerJoin: joinMs,
    cpuMsPerDownload: getMs,
    secondsPerRound: median('spread', 'seconds'),
    rssMiB: peakRss.spread / 2 ** 20,
    rssMiBAtOnce: peakRss.atOnce / 2 ** 20,
  }
}

const results = []
for (const clients of sizes) {
  results.push(await measure(clients))
  process.stderr.write(`${clients} clients done\n`)
}
printTable(results.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value.toFixed(3))]))))
const rssGrowth = results[results.length - 1].rssMiB / results[0].rssMiB
console.log(`RSS at ${sizes[sizes.length - 1]} clients is ${rssGrowth.toFixed(2)} x that at ${sizes[0]}`)
writeResult('server-cost', SEED, { parameters: PARAMETERS, roundsOfEachKind: Number(values.rounds), rssGrowth, results })
