import type { RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createLoadMeasures } from './load-measures.ts'
import { NO_DROPS } from './load-plan.ts'
import { closingLines, createLiveTable, statusLine } from './swarm-display.ts'
import type { SwarmFlags } from './swarm-flags.ts'
import { renderSwarmHtml } from './swarm-html.ts'
import { freshRounds, type SwarmFindings, swarmReportOf } from './swarm-report.ts'

const round = (number: number, change: Partial<RoundSummary> = {}): RoundSummary => ({
  round: number,
  outcome: 'updated',
  reason: null,
  clients: 4,
  startedAt: 1000 * number,
  endedAt: 1000 * number + 500,
  metrics: { accuracy: null, loss: null },
  clusters: [],
  clusterSizes: [],
  signals: {},
  notes: [],
  models: [],
  ...change,
})

const flags: SwarmFlags = {
  url: null,
  token: null,
  federation: null,
  made: { strategy: 'fedavg', privacy: 'sealed', view: 'sums', architecture: 'cnn-6186', cohort: null, deadlineSeconds: 60 },
  tabs: 1,
  backend: 'wasm',
  shape: { seed: 'report', clients: 4, rampSeconds: 0, thinkMs: [0, 0], churnPerMinute: 0, drop: NO_DROPS },
  workers: 1,
  groups: 1,
  rounds: 2,
  seconds: 60,
  json: null,
  html: null,
}

function findings(change: Partial<SwarmFindings> = {}): SwarmFindings {
  const measures = createLoadMeasures()
  for (const ms of [10, 20, 30]) measures.took('join', ms)
  measures.count('answers', 8)
  measures.count('sessions', 4)
  measures.failed('SHOAL_ERR_ASK_CLOSED')
  measures.moved(3, 'up', 400)
  measures.moved(4, 'up', 400)
  measures.moved(4, 'down', 80)
  return {
    command: 'shoal swarm --clients 4',
    commit: 'abc',
    startedAt: new Date(0),
    seconds: 12.5,
    machine: 'somewhere',
    flags,
    server: {
      origin: 'http://127.0.0.1:1',
      isOwn: true,
      cost: {
        cpuSeconds: 2,
        rssBeforeBytes: 1e8,
        rssPeakBytes: 2e8,
        rssAfterBytes: 1.1e8,
        eventLoopP99Ms: 12,
        eventLoopMaxMs: 40,
        mostSockets: 5,
        folded: 8,
        refused: {},
        bytesUp: 1000,
        bytesDown: 300,
        looks: 3,
      },
    },
    federation: { id: 'fed-1', isOwn: true, strategy: 'fedavg', privacy: 'sealed', parameters: 6186, ended: 'all rounds are done' },
    rounds: [round(3), round(4, { outcome: 'aborted', reason: 'nobody <answered>', endedAt: 6000 })],
    traffic: [
      { round: 3, bytesUp: 500, bytesDown: 100 },
      { round: 4, bytesUp: 500, bytesDown: 200 },
    ],
    measures: measures.data(),
    bytesPerClient: 2048,
    clientsLagP99Ms: 750,
    tabs: [{ name: 'tab 1', state: 'refused', backend: 'wasm', complaint: 'tab 1 shows refused: <b>no</b>' }],
    ...change,
  }
}

test('each round has the bytes that the server counted beside those of the clients; the rest is told for a client in a round', () => {
  const report = swarmReportOf(findings())
  expect(report.rounds).toEqual([
    { round: 3, outcome: 'updated', clients: 4, milliseconds: 500, bytesUp: 500, bytesDown: 100, clientsUp: 400, clientsDown: 0, notes: [] },
    {
      round: 4,
      outcome: 'aborted',
      clients: 4,
      milliseconds: 2000,
      bytesUp: 500,
      bytesDown: 200,
      clientsUp: 400,
      clientsDown: 80,
      notes: ['nobody <answered>'],
    },
  ])
  expect(report.perClientAndRound).toEqual({ bytesUp: 100, bytesDown: 10 })
  expect(report.roundsPerSecond).toBeCloseTo(2 / 3)
  expect(report.stages.join).toMatchObject({ count: 3, max: 30 })
  expect(report.stages.round).toMatchObject({ count: 2, max: 2000 })
  expect(report.stages.upload).toBeUndefined()
  expect(report.errors).toEqual({ SHOAL_ERR_ASK_CLOSED: 1 })
})

test('a load without rounds, clients or metrics has a report all the same', () => {
  const report = swarmReportOf(
    findings({
      rounds: [],
      traffic: [],
      measures: createLoadMeasures().data(),
      server: { origin: 'http://127.0.0.1:1', isOwn: false, cost: null },
      bytesPerClient: null,
      tabs: [],
      flags: { ...flags, shape: { ...flags.shape, clients: 0 } },
    }),
  )
  expect(report).toMatchObject({ roundsPerSecond: 0, perClientAndRound: { bytesUp: 0, bytesDown: 0 }, stages: {} })
  expect(closingLines(report).join('\n')).toMatch(/rounds +0 \(none\)/)
  expect(renderSwarmHtml(report)).toContain('<h1>Load test: 0 clients and 1 tabs, sealed</h1>')
})

test('the page shows what was run and escapes what others wrote', () => {
  const page = renderSwarmHtml(swarmReportOf(findings()))
  expect(page).toContain('shoal swarm --clients 4')
  expect(page).toContain('report, abc')
  expect(page).not.toContain('<b>no</b>')
  expect(page).not.toContain('<answered>')
  expect(page).toContain('SHOAL_ERR_ASK_CLOSED')
})

test('the last lines name what went wrong with tabs, and the cost of an answer', () => {
  const lines = closingLines(swarmReportOf(findings())).join('\n')
  expect(lines).toContain('tab 1 shows refused')
  expect(lines).toContain('CPU 2.00 s (250.00 ms an answer)')
  expect(lines).toContain('updated 1, aborted 1')
  expect(lines).toContain('event loop p99 750 ms at worst: the clients were what was slow; 2 KB a client')
})

const status = (seconds: number) => ({
  seconds,
  occupations: { away: 1, connecting: 2, waiting: 3, working: 4, ended: 0 },
  tabs: { waiting: 2 },
  roundsDone: 1,
  roundsWanted: 5,
  federation: 'train: 3 of 4 have answered',
  measures: findings().measures,
  server: null,
})

test('in a pipe the load is told in whole lines, one in five seconds', () => {
  const lines: string[] = []
  const table = createLiveTable((line) => lines.push(line), false)
  for (let second = 0; second < 11; second += 1) table.show(status(second))
  expect(lines).toEqual([statusLine(status(0)), statusLine(status(5)), statusLine(status(10))])
  expect(lines[0]).toContain('rounds 1/5  clients 7 here (4 at work), 2 connecting, 1 away, 0 ended  tabs waiting 2  answers 8  ASK_CLOSED 1  train: 3 of 4')
})

test('on a terminal every picture is drawn over the last one', () => {
  const drawn: string[] = []
  const table = createLiveTable((line) => drawn.push(line), true)
  table.show(status(0))
  table.show(status(1))
  const height = drawn[0].split('\n').length
  expect(drawn[0]).not.toContain(`\u001b[${height}A`)
  expect(drawn[1].startsWith(`\u001b[${height}A`)).toBe(true)
})

test('rounds are taken once each, from where the load began', () => {
  const view = { rounds: [round(1), round(2), round(3)] } as never
  expect(freshRounds([], view, 2).map(({ round: number }) => number)).toEqual([2, 3])
  expect(freshRounds([round(2)], view, 2).map(({ round: number }) => number)).toEqual([3])
  expect(freshRounds([round(2), round(3)], view, 2)).toEqual([])
})
