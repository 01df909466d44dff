import { CLIENT_EVENTS } from '@shoal/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCaseTable } from './case-table.ts'
import { expectGoodRound, type HostileServer, startHostileServer } from './hostile-server.ts'
import { runInjected, runSocketEvents } from './in-process-run.ts'
import { runRawBytes } from './raw-run.ts'
import { unreached } from './request-run.ts'
import { routesOf } from './route-table.ts'

/** A machine that is busy with other things takes its time. */
const PATIENCE_MS = 120_000
const SEED = 'server'
const REQUESTS = 3_600
const MESSAGES = 1_200
const CONNECTIONS = 500

let hostile: HostileServer
beforeAll(async () => {
  hostile = await startHostileServer()
}, PATIENCE_MS)
afterAll(() => hostile.close())

test(
  `[8.6] ${REQUESTS} requests to every route: each answered, none by an error of the server's own, and what is refused changes nothing (seed ${SEED})`,
  async () => {
    const table = createCaseTable()
    await runInjected(hostile, { seed: SEED, from: 0, count: REQUESTS, table })
    table.print('routes')
    expect(unreached(await routesOf(hostile.running.server), table, 15)).toEqual([])
    await expectGoodRound(hostile.running)
  },
  PATIENCE_MS,
)

test(
  `[8.6] ${MESSAGES} messages of every event: each answered by code or by hanging up, and what is refused changes nothing (seed ${SEED})`,
  async () => {
    const table = createCaseTable()
    await runSocketEvents(hostile, { seed: SEED, from: 0, count: MESSAGES, table })
    table.print('socket events')
    for (const name of Object.keys(CLIENT_EVENTS)) {
      const outcomes = [...(table.targets().get(name) ?? [])]
      expect(
        outcomes.reduce((sum, [, times]) => sum + times, 0),
        name,
      ).toBeGreaterThan(100)
      expect(
        outcomes.some(([outcome]) => outcome === 'taken' || outcome.startsWith('SHOAL_ERR_ASK')),
        name,
      ).toBe(true)
    }
    await expectGoodRound(hostile.running)
  },
  PATIENCE_MS,
)

test(
  `[8.6] ${CONNECTIONS} connections with bytes that are not quite HTTP or web sockets: each is ended, and nobody else notices (seed ${SEED})`,
  async () => {
    const { running, knowledge, open } = hostile
    const table = createCaseTable()
    const before = running.server.federation(open.id)?.state()
    const routes = await routesOf(running.server)
    await runRawBytes({ port: Number(new URL(running.url).port), routes, knowledge, seed: SEED, from: 0, count: CONNECTIONS, table })
    table.print('raw bytes')
    expect(running.server.federation(open.id)?.state()).toBe(before)
    await expectGoodRound(running)
  },
  PATIENCE_MS,
)
