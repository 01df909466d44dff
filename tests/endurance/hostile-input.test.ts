import { request } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CLIENT_EVENTS, SERVER_EVENTS } from '@shoal/protocol'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import type { HttpAnswer } from '../hostile/answer-check.ts'
import { createCaseTable } from '../hostile/case-table.ts'
import { allDecoders, runDecoders } from '../hostile/decoder-run.ts'
import { startForkedServer } from '../hostile/forked-server.ts'
import type { HttpRequest } from '../hostile/hostile-requests.ts'
import { expectGoodRound, preyOn, startHostileServer } from '../hostile/hostile-server.ts'
import { runInjected, runSocketEvents } from '../hostile/in-process-run.ts'
import { serverSamples } from '../hostile/message-decoders.ts'
import { runRawBytes } from '../hostile/raw-run.ts'
import { recordSums } from '../hostile/recorded-sums.ts'
import { runRequests, unreached } from '../hostile/request-run.ts'
import { routesOf } from '../hostile/route-table.ts'
import { runHostileUploads, runLyingServer, SEALED_PLANTINGS } from '../hostile/session-run.ts'
import { runHostileSums } from '../hostile/sum-run.ts'

/**
 * A million hostile cases. A failing one names its seed and its number: `SHOAL_HOSTILE_SEED=<seed> SHOAL_HOSTILE_FROM=<number>` begins with it. Another seed gives another million.
 */
const SEED = process.env.SHOAL_HOSTILE_SEED ?? 'hostile input'
const FROM = Number(process.env.SHOAL_HOSTILE_FROM ?? 0)

const DECODER_CASES = 920_000
const INJECTED_CASES = 40_000
const EVENT_CASES = 15_000
const HTTP_CASES = 10_000
const RAW_CASES = 5_000
/** Memory is read after each. */
const PARTS = 10
const SUM_RUNS = 30
const SESSION_RUNS = 40
const COPIES = 25
const ALL_CASES = 1_000_000
/** What is kept after so many cases is what is kept; more is a leak. */
const MOST_GROWTH = 1.1

let cases = 0
afterAll(() => console.log(`hostile input: ${cases} cases in all (seed ${SEED})`))

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** Bytes in use after a collection. */
function heapInUse(): number {
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The highest of the first half, which is the warm-up, and of the second. */
const halves = (readings: readonly number[]): readonly [number, number] => [
  Math.max(...readings.slice(0, readings.length / 2)),
  Math.max(...readings.slice(readings.length / 2)),
]

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

test(`[8.6] ${DECODER_CASES} frames, messages and files (seed ${SEED})`, async () => {
  const decoders = await allDecoders(SEED)
  const table = createCaseTable()
  const warmUp = Math.floor(DECODER_CASES / 10)
  runDecoders(decoders, { seed: SEED, from: FROM, count: warmUp, table })
  const before = heapInUse()
  runDecoders(decoders, { seed: SEED, from: FROM + warmUp, count: DECODER_CASES - warmUp, table })
  const after = heapInUse()
  table.print(`decoders, heap ${megabytes(before)} and ${megabytes(after)}`)
  cases += table.cases()
  expect(after).toBeLessThan(MOST_GROWTH * before)
  for (const { name } of decoders) expect(table.targets().has(name), name).toBe(true)
})

test(`[8.6] ${INJECTED_CASES} requests to every route, and ${EVENT_CASES} messages of every event (seed ${SEED})`, async () => {
  const hostile = await startHostileServer()
  onTestFinished(hostile.close)
  const routes = createCaseTable()
  await runInjected(hostile, { seed: SEED, from: FROM, count: INJECTED_CASES, table: routes })
  routes.print('routes')
  const events = createCaseTable()
  await runSocketEvents(hostile, { seed: SEED, from: FROM, count: EVENT_CASES, table: events })
  events.print('socket events')
  cases += routes.cases() + events.cases()
  expect(unreached(await routesOf(hostile.running.server), routes, 150)).toEqual([])
  for (const name of Object.keys(CLIENT_EVENTS)) expect(events.targets().has(name), name).toBe(true)
  await expectGoodRound(hostile.running)
})

test(`[8.6, 8.7] ${SUM_RUNS} runs of masked sums and ${SESSION_RUNS} of sealed federations, with hostile clients and servers (seed ${SEED})`, async () => {
  const recorded = await recordSums(SEED)
  const table = createCaseTable()
  for (let run = 0; run < SUM_RUNS; run += 1) await runHostileSums({ seed: `${SEED} ${run}`, recorded, table, copies: COPIES })
  const hostility = {
    table,
    frames: recorded.sums.flatMap(({ frames }) => [...frames.values()].flat()),
    events: serverSamples(recorded.events),
    copies: COPIES,
  }
  for (let run = 0; run < SESSION_RUNS; run += 1) {
    const kind = SEALED_PLANTINGS[run % SEALED_PLANTINGS.length]
    await runHostileUploads(`${SEED} ${run}`, kind, hostility)
    await runLyingServer(`${SEED} ${run}`, kind, hostility)
  }
  table.print('sums and sessions')
  cases += table.cases()
  for (const name of Object.keys(SERVER_EVENTS)) expect(table.targets().has(`down: ${name}`), name).toBe(true)
})

test(`[8.6] ${HTTP_CASES} requests and ${RAW_CASES} connections to a process of its own: it lives, and holds as much memory as before (seed ${SEED})`, async () => {
  const hostile = await startHostileServer()
  const routes = await routesOf(hostile.running.server)
  await hostile.close()
  const server = await startForkedServer()
  onTestFinished(server.close)
  const { knowledge } = await preyOn(server)
  const table = createCaseTable()
  const options = { routes, knowledge, seed: SEED, table }
  const inUse: number[] = []
  const resident: number[] = []
  for (let part = 0; part < PARTS; part += 1) {
    const [requests, connections] = [HTTP_CASES / PARTS, RAW_CASES / PARTS]
    await runRequests({ ...options, send: (request) => sent(server.url, request), from: FROM + part * requests, count: requests })
    await runRawBytes({ ...options, port: server.port, from: FROM + part * connections, count: connections })
    const { heap, external, rss } = await server.memory()
    inUse.push(heap + external)
    resident.push(rss)
  }
  // What reads uploaded models collects when it likes: the process swings by what one of them takes, so highest is compared with highest.
  const [heapBefore, heapAfter] = halves(inUse)
  const [before, after] = halves(resident)
  table.print(`over the wire, heap ${megabytes(heapBefore)} and ${megabytes(heapAfter)}, in all ${megabytes(before)} and ${megabytes(after)}`)
  cases += table.cases()
  expect(server.isAlive()).toBe(true)
  expect(heapAfter).toBeLessThan(MOST_GROWTH * heapBefore)
  expect(after).toBeLessThan(MOST_GROWTH * before)
  await expectGoodRound(server)
})

test('there were as many as there are to be', () => {
  expect(cases).toBeGreaterThanOrEqual(ALL_CASES)
})

/** With a wrong one of these a connection waits for what never comes; they are for those who write bytes by hand. */
const OF_THE_CONNECTION = ['content-length', 'transfer-encoding', 'connection', 'upgrade', 'expect']

function sent(url: string, { method, path, headers, body }: HttpRequest): Promise<HttpAnswer | null> {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)))
  const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve) => {
    try {
      // What is lost on the way is no answer: somebody may have been hung up on while writing.
      const outgoing = request(`${url}${path}`, { method, headers: { ...kept, ...length }, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', () => resolve(null))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      })
      outgoing.on('error', () => resolve(null))
      outgoing.end(body ?? undefined)
    } catch {
      // Node's own client does not write such a thing.
      resolve(null)
    }
  })
}
