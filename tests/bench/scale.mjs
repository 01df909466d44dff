/**
 * The server's process with thousands of volunteers, who live in other processes: what joining, staying, leaving and coming back costs, and rounds at `sealed` and at `masked` in which all of them contribute. CPU is
 * that of the whole process; the event loop's lateness is measured inside it.
 * `node tests/bench/scale.mjs [--idle 5000] [--clients 1000] [--rounds 4] [--masked-rounds 1] [--only idle,sealed,masked]` after a build. About three and a half minutes on two cores that do nothing else, most of it the
 * masks of the volunteers.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createFixedPoint, firstIllegalEntry, foldInto } from '@shoal/numeric'
import { createAes256GcmDecryption } from '@shoal/privacy/node'
import { bytesOf, MAX_ABS_ENTRY } from '@shoal/protocol'
import { connect, readInvite } from '../faults/wire-client.mjs'
import { benchFederation, PARAMETERS } from './shared/bench-federation.mjs'
import { startCrowd } from './shared/crowd.mjs'
import { send } from './shared/http-request.mjs'
import { startMeasuredServer } from './shared/measured-server.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'scale'
/** The aims: a p99 of the event loop below this; an update's CPU; memory after the storm, of that before. */
const LIMITS = { loopP99Ms: 50, updateMs: 1, rssGrowth: 1.1 }
const STAY_MS = 10_000
/** Contributions under way at any time, of each process of volunteers. */
const ABREAST = 16
const BARE_RUNS = 500

const { values } = parseArgs({
  options: {
    idle: { type: 'string', default: '5000' },
    clients: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '4' },
    'masked-rounds': { type: 'string', default: '1' },
    only: { type: 'string', default: 'idle,sealed,masked' },
  },
})
const idle = Number(values.idle)
const clients = Number(values.clients)
const parts = values.only.split(',')
const MiB = 2 ** 20

/** @typedef {import('./shared/measured-server.mjs').MeasuredServer} MeasuredServer @typedef {import('./shared/measured-server.mjs').Usage} Usage */

/** @template T @param {{ level: 'sealed' | 'masked', clients: number, rounds: number }} size @param {(running: { server: MeasuredServer, id: string, link: string }) => Promise<T>} work */
async function withServer(size, work) {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  const server = await startMeasuredServer(directory)
  try {
    const { id } = await server.post('/api/federations', benchFederation({ seed: SEED, ...size }))
    const { url: link } = await server.post(`/api/federations/${id}/invites`)
    return await work({ server, id, link })
  } finally {
    await server.close()
    rmSync(directory, { recursive: true })
  }
}

const PROGRAMS = {
  sealed: new URL('./shared/crowd-process.mjs', import.meta.url),
  masked: new URL('./shared/masked-crowd-process.mjs', import.meta.url),
}

/** @template T @param {'sealed' | 'masked'} level @param {(crowd: import('./shared/crowd.mjs').Crowd) => Promise<T>} work */
async function withCrowd(level, work) {
  const crowd = await startCrowd(PROGRAMS[level], 2)
  try {
    return await work(crowd)
  } finally {
    crowd.end()
  }
}

/** What something cost the server. @param {MeasuredServer} server @param {string} what @param {number} each how many shared the cost @param {() => Promise<unknown>} work */
async function stepOf(server, what, each, work) {
  const before = await server.usage()
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  const after = await server.usage()
  process.stderr.write(`${what}: ${seconds.toFixed(1)} s\n`)
  return { what, seconds, cpuMsEach: (after.cpuMs - before.cpuMs) / each, loopP99Ms: after.loopP99Ms, loopMaxMs: after.loopMaxMs, rssMiB: after.rss / MiB }
}

/** Until the server counts so many clients. @param {MeasuredServer} server @param {string} id @param {number} count */
async function untilHere(server, id, count) {
  while ((await server.get(`/api/federations/${id}`)).clientsHere !== count) await pause(50)
}

/** @param {MeasuredServer} server */
async function settledRss(server) {
  // What was freed is given back bit by bit.
  await server.usage('collect')
  await pause(2000)
  return (await server.usage('collect')).rss / MiB
}

async function measureIdle() {
  return withServer({ level: 'sealed', clients: idle, rounds: 1 }, ({ server, id, link }) =>
    withCrowd('sealed', async (crowd) => {
      const rssBeforeMiB = await settledRss(server)
      const plan = { url: server.url, invitation: await readInvite(server.url, link), parameters: PARAMETERS, seed: SEED, abreast: ABREAST }
      const steps = [
        await stepOf(server, 'join', idle, () => crowd.join(idle, plan)),
        await stepOf(server, `stay ${STAY_MS / 1000} s`, idle, () => pause(STAY_MS)),
        await stepOf(server, 'leave at once', idle, async () => {
          await crowd.all('leave')
          await untilHere(server, id, 0)
        }),
      ]
      const rssAfterFirstMiB = await settledRss(server)
      steps.push(
        await stepOf(server, 'come back at once', idle, async () => {
          await crowd.all('comeBack')
          await untilHere(server, id, idle)
        }),
        await stepOf(server, 'leave again', idle, async () => {
          await crowd.all('leave')
          await untilHere(server, id, 0)
        }),
      )
      const rssAfterMiB = await settledRss(server)
      return { clients: idle, steps, rssBeforeMiB, rssAfterFirstMiB, rssAfterMiB, rssPeakMiB: (await server.usage()).peakRss / MiB }
    }),
  )
}

/** @param {'sealed' | 'masked'} level @param {number} rounds besides the first, which compiles the hot functions */
async function measureRounds(level, rounds) {
  return withServer({ level, clients, rounds: 1 + rounds }, ({ server, id, link }) =>
    withCrowd(level, async (crowd) => {
      await crowd.join(clients, { url: server.url, invitation: await invitationFor(level, server, link), parameters: PARAMETERS, seed: SEED, abreast: ABREAST })
      const rssBefore = await settledRss(server)
      const watcher = connect(server.url, '/operator', { auth: { token: server.token } })
      const clientsBefore = (await crowd.total('usage')).cpuMs
      /** @type {(Usage & { seconds: number, cpuMsPerUpdate: number })[]} */
      const measured = []
      let before = await server.usage()
      await server.post(`/api/federations/${id}/commands`, { command: 'start-federation' })
      for (let round = 0; round <= rounds; round += 1) {
        const { rounds: summaries } = await watcher.inbox.next('view', (/** @type {any} */ view) => (view.rounds.at(-1)?.round ?? -1) >= round)
        const after = await server.usage()
        const summary = summaries.find((/** @type {{ round: number }} */ own) => own.round === round)
        if (summary.outcome !== 'updated' || summary.clients !== clients) throw new Error(`round ${round}: ${JSON.stringify(summary)}`)
        measured.push({ ...after, seconds: (summary.endedAt - summary.startedAt) / 1000, cpuMsPerUpdate: (after.cpuMs - before.cpuMs) / clients })
        before = after
        process.stderr.write(`${level}, round ${round}: ${measured[round].seconds.toFixed(1)} s\n`)
      }
      const clientMs = ((await crowd.total('usage')).cpuMs - clientsBefore) / clients / (1 + rounds)
      watcher.socket.disconnect()
      await crowd.all('leave')
      const rssAfter = await settledRss(server)
      const [first, ...later] = measured
      /** @param {'seconds' | 'cpuMsPerUpdate'} figure */
      const median = (figure) => (later.length === 0 ? first : [...later].sort((a, b) => a[figure] - b[figure])[later.length >> 1])[figure]
      return {
        level,
        clients,
        rounds,
        secondsPerRound: median('seconds'),
        secondsOfFirst: first.seconds,
        cpuMsPerUpdate: median('cpuMsPerUpdate'),
        cpuMsPerUpdateFirst: first.cpuMsPerUpdate,
        clientMs,
        loopP99Ms: Math.max(...measured.map(({ loopP99Ms }) => loopP99Ms)),
        loopMaxMs: Math.max(...measured.map(({ loopMaxMs }) => loopMaxMs)),
        rssBeforeMiB: rssBefore,
        rssFirstMiB: first.rss / MiB,
        rssAfterMiB: rssAfter,
        rssPeakMiB: measured[rounds].peakRss / MiB,
      }
    }),
  )
}

/** CPU of what an update can not do without, by itself and in a warm cache: digest, decryption, check and fold. Request, key, answer and disk come on top. */
function bareUpdateMs() {
  const key = randomBytes(32)
  const nonce = randomBytes(12)
  const update = new Float32Array(PARAMETERS).fill(0.01)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(bytesOf(update)), cipher.final(), cipher.getAuthTag()])
  const fixedPoint = createFixedPoint({ maxClients: clients, maxWeight: 100, maxAbs: MAX_ABS_ENTRY })
  const decrypt = createAes256GcmDecryption()
  const sums = new Float64Array(PARAMETERS)
  const work = () => {
    createHash('sha256').update(sealed).digest('hex')
    const opened = decrypt(key, nonce, new Uint8Array(), sealed)
    if (opened === null) throw new Error('the bytes do not open')
    const vector = new Float32Array(opened.buffer, opened.byteOffset, PARAMETERS)
    if (firstIllegalEntry(vector, MAX_ABS_ENTRY) !== -1) throw new Error('an entry is illegal')
    foldInto(sums, vector, 10, fixedPoint)
  }
  for (let run = 0; run < BARE_RUNS / 10; run += 1) work()
  const before = process.cpuUsage()
  for (let run = 0; run < BARE_RUNS; run += 1) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / BARE_RUNS
}

/** @param {'sealed' | 'masked'} level @param {MeasuredServer} server @param {string} link */
async function invitationFor(level, server, link) {
  if (level === 'sealed') return readInvite(server.url, link)
  const { pathname, hash } = new URL(link)
  const invite = pathname.split('/').at(-1) ?? ''
  return { invite, federationKey: hash.slice(1), offer: JSON.parse((await send(`${server.url}/api/invites/${invite}`)).bytes.toString()) }
}

/** @param {Record<string, unknown>} row */
const rounded = (row) =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? Number(value.toFixed(2)) : String(value)]))

const connected = parts.includes('idle') ? await measureIdle() : null
const rounds = []
if (parts.includes('sealed')) rounds.push(await measureRounds('sealed', Number(values.rounds)))
if (parts.includes('masked')) rounds.push(await measureRounds('masked', Number(values['masked-rounds'])))
if (connected !== null) {
  const { steps, ...memory } = connected
  printTable(steps.map(rounded))
  printTable([rounded(memory)])
}
if (rounds.length > 0) printTable(rounds.map(rounded))
if (connected !== null && rounds.length === 2)
  writeResult('scale', SEED, { parameters: PARAMETERS, limits: LIMITS, bareUpdateMs: bareUpdateMs(), connected, rounds })
