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

test('the server is killed in the middle of a round and started again: the tabs come back by themselves and the federation finishes', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 2, rounds: 3, train: { steps: 150 } })
  const tabs = await Promise.all(
    [1, 2].map(async (number) => {
      const tab = await harness.openTab(federation.link('wasm'), `tab ${number}`)
      await tab.walk(await server.shard(`restart-${number}`, 200))
      await tab.reach(['waiting'])
      return tab
    }),
  )
  await federation.start()
  const before = await federation.until(({ round, openAsk }) => round === 1 && openAsk?.procedure === 'train')
  await server.process.kill()
  for (const tab of tabs) await tab.reach(['offline'])
  await server.process.restart()

  const { rounds } = await federation.finished()
  expect(rounds.map(({ round, outcome, clients }) => ({ round, outcome, clients }))).toEqual(
    [0, 1, 2].map((round) => ({ round, outcome: 'updated', clients: 2 })),
  )
  // What was finished before the kill has not been done again.
  expect(rounds[0]).toEqual(before.rounds[0])
  for (const tab of tabs) {
    await tab.reach(['finished'])
    await tab.close()
  }
})
