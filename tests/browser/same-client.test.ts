import { createTabHarness, type TabHarness } from '@shoal/cli'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, startTestServer } from './running-federation.ts'

let server: RunningServer
let harness: TabHarness
beforeAll(async () => {
  server = await startTestServer()
  harness = createTabHarness('wasm')
})
afterAll(async () => {
  await harness.close()
  await server.close()
})

test('a tab that is reloaded in the middle of a round is the same client afterwards', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 2, train: { steps: 100 } })
  const files = await server.shard('reload', 200)
  const tab = await harness.openTab(federation.link('wasm'), 'reloaded tab')
  await tab.walk(files)
  await tab.reach(['waiting'])
  await federation.start()
  const before = await federation.until(({ openAsk }) => openAsk !== null)
  await tab.page.reload()
  await tab.walk(files)
  const after = await federation.until(({ openAsk, clientsHere }) => clientsHere === 1 && openAsk !== null)
  expect(after.openAsk?.cohort).toEqual(before.openAsk?.cohort)
  await tab.reach(['finished'])
  await tab.close()
})

test('two tabs of one profile are one client, and the second says so', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 2, train: { steps: 5 } })
  const files = await server.shard('twins', 200)
  const first = await harness.openTab(federation.link('wasm'), 'first tab')
  await first.walk(files)
  await first.reach(['waiting'])
  const second = await harness.openTab(federation.link('wasm'), 'second tab', first)
  await second.walk(files)
  expect((await second.reach(['elsewhere'])).text).toContain('Already training in another tab')
  expect((await federation.view()).clientsHere).toBe(1)
  await federation.start()
  expect((await federation.finished()).rounds.map(({ clients }) => clients)).toEqual([1, 1])
  await first.reach(['finished'])
  await second.close()
  await first.close()
})
