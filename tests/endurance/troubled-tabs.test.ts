import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createTabHarness, type Tab, type TabHarness } from '@shoal/cli'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Sqlite } from '../../apps/server/src/sqlite.ts'
import { expectCountedOnce, openScene, sealedRun } from '../browser/killed-run.ts'
import { type RunningServer, startTestServer } from '../browser/running-federation.ts'
import { type StallingProxy, startStallingProxy } from '../faults/stalling-proxy.ts'

const TABS = 3
const TROUBLE_MS = 5000
const CAN_LIMIT_FILES = spawnSync('prlimit', ['--version']).status === 0

let server: RunningServer
let harness: TabHarness
let proxy: StallingProxy
beforeAll(async () => {
  server = await startTestServer()
  proxy = await startStallingProxy(server.process.origin)
  harness = createTabHarness('wasm')
})
afterAll(async () => {
  await harness.close()
  await proxy.close()
  await server.close()
})

const everybody = (rounds: number) => Array.from({ length: rounds }, () => ({ outcome: 'updated', clients: TABS }))

/** The process that draws and computes for a tab: the one that works while the tab does, and nobody else has anything to do. */
async function processOf({ page }: Tab): Promise<number> {
  const session = await page.context().browser()?.newBrowserCDPSession()
  if (session === undefined) throw new Error('no browser')
  const times = async (): Promise<Map<number, number>> => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]))
  }
  const before = await times()
  await page.evaluate(() => {
    const end = performance.now() + 1000
    while (performance.now() < end);
  })
  const after = await times()
  await session.detach()
  const worked = [...after].map(([id, time]) => ({ id, seconds: time - (before.get(id) ?? 0) }))
  return worked.reduce((most, one) => (one.seconds > most.seconds ? one : most)).id
}

test('a tab that stands still is a straggler: rounds end without it by their deadline, and it takes part again when it goes on', async () => {
  const rounds = 6
  const options = { ...sealedRun({ tabs: TABS, rounds }), least: TABS - 1, quorum: { fraction: 0.5, min: 1 }, deadlineMs: 15_000 }
  const scene = await openScene(server, harness, 'still', options)
  const stopped = await processOf(scene.tabs[0])
  await scene.start()
  await scene.federation.until(({ round, openAsk }) => round === 1 && openAsk?.procedure === 'train')
  process.kill(stopped, 'SIGSTOP')
  await scene.federation.until((view) => view.rounds.some(({ clients }) => clients === TABS - 1))
  process.kill(stopped, 'SIGCONT')
  const view = await scene.finished()
  expect(view.rounds.map(({ outcome }) => outcome)).toEqual(everybody(rounds).map(({ outcome }) => outcome))
  expect(view.rounds.at(-1)?.clients).toBe(TABS)
  expect(view.rounds.some(({ clients }) => clients === TABS - 1)).toBe(true)
  expectCountedOnce(scene.wires, await scene.log())
  await server.process.restart()
  await scene.close()
})

test('a tab whose link stays open and leads nowhere notices it by its heartbeat, comes back, and is in every sum once', async () => {
  const rounds = 3
  const throughProxy = (link: string, number: number): string => (number === 0 ? link.replace(server.process.origin, proxy.url) : link)
  const scene = await openScene(server, harness, 'stalled', sealedRun({ tabs: TABS, rounds }), { linkOf: throughProxy })
  const links = scene.wires[0].links()
  await scene.start()
  await scene.federation.until(({ round, openAsk }) => round === 1 && openAsk?.procedure === 'train')
  proxy.stall()
  const view = await scene.finished()
  expect(view.rounds.map(({ outcome, clients }) => ({ outcome, clients }))).toEqual(everybody(rounds))
  expect(scene.wires[0].links()).toBeGreaterThan(links)
  const account = expectCountedOnce(scene.wires, await scene.log())
  expect(account.folded).toBe(2 * rounds * TABS)
  await server.process.restart()
  await scene.close()
})

test.skipIf(!CAN_LIMIT_FILES)(
  'while files can not grow, and while another process holds the database, a run waits; afterwards it goes on, with everybody in every sum once',
  async () => {
    const rounds = 6
    const scene = await openScene(server, harness, 'refused', sealedRun({ tabs: TABS, rounds }))
    const limit = (bytes: string): unknown => execFileSync('prlimit', ['--pid', String(server.process.pid()), `--fsize=${bytes}:unlimited`])
    await scene.start()
    await scene.federation.until(({ round }) => round >= 1)
    limit('512')
    await pause(TROUBLE_MS)
    const { round } = await scene.federation.view()
    limit('unlimited')
    await scene.federation.until((view) => view.round > round + 1)
    const other = new Sqlite(join(server.dataDirectory, 'shoal.sqlite'))
    other.exec('BEGIN IMMEDIATE')
    await pause(TROUBLE_MS)
    other.exec('ROLLBACK')
    other.close()
    const view = await scene.finished()
    expect(view.rounds.map(({ outcome, clients }) => ({ outcome, clients }))).toEqual(everybody(rounds))
    const account = expectCountedOnce(scene.wires, await scene.log())
    expect(account.folded).toBe(2 * rounds * TABS)
    await server.process.restart()
    await scene.close()
  },
)
