import { createTabHarness, type Tab, type TabHarness } from '@shoal/cli'
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

/** Every client that the server says this tab is, in the order of its joins. Listens from now on. */
function clientsOf(tab: Tab): string[] {
  const clients: string[] = []
  tab.page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      const client = /"standing":\{"client":"(cl-[a-z0-9]+)"/.exec(payload.toString())?.[1]
      if (client !== undefined) clients.push(client)
    })
  })
  return clients
}

test('a tab that is reloaded in the middle of a round is the same client afterwards, and the round goes on without it', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 2, rounds: 3, train: { steps: 100 }, quorum: { fraction: 0.5, min: 1 } })
  const files = await server.shard('reload', 200)
  const [tab, other] = await Promise.all(['reloaded tab', 'other tab'].map((name) => harness.openTab(federation.link('wasm'), name)))
  const clients = clientsOf(tab)
  for (const joining of [tab, other]) {
    await joining.walk(files)
    await joining.reach(['waiting'])
  }
  await federation.start()
  await federation.until(({ openAsk }) => openAsk?.procedure === 'train' && openAsk.answered === 0)
  await tab.page.reload()
  await tab.walk(files)
  const { rounds } = await federation.finished()
  expect(rounds.map(({ outcome }) => outcome)).toEqual(['updated', 'updated', 'updated'])
  expect(rounds[2].clients).toBe(2)
  expect(clients).toHaveLength(2)
  expect(clients[1]).toBe(clients[0])
  for (const done of [tab, other]) {
    await done.reach(['finished'])
    await done.close()
  }
})

test('two tabs of one profile are one client: the second says so, and may take over', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 2, train: { steps: 5 } })
  const files = await server.shard('twins', 200)
  const first = await harness.openTab(federation.link('wasm'), 'first tab')
  await first.walk(files)
  await first.reach(['waiting'])
  const second = await harness.openTab(federation.link('wasm'), 'second tab', first)
  await second.walk(files)
  expect((await second.reach(['elsewhere'])).text).toContain('Already training in another tab')
  expect((await federation.view()).clientsHere).toBe(1)
  await second.page.getByRole('button', { name: 'Take over here' }).click()
  await second.reach(['waiting'])
  await first.reach(['superseded'])
  expect((await federation.view()).clientsHere).toBe(1)
  await federation.start()
  expect((await federation.finished()).rounds.map(({ clients }) => clients)).toEqual([1, 1])
  await second.reach(['finished'])
  await second.close()
  await first.close()
})
