import { createTabHarness, type TabHarness } from '@shoal/cli'
import { afterAll, beforeAll, test } from 'vitest'
import { drawKills, expectSameAsWithoutKills, openScene, sealedRun } from './killed-run.ts'
import { type RunningServer, startTestServer } from './running-federation.ts'

const SEED = 'killed-3'
const [TABS, ROUNDS, KILLS] = [4, 4, 3]

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

test(`a server that is killed ${KILLS} times (seed ${SEED}): the tabs come back by themselves, every contribution counts once, and the models are those of a run without kills`, async () => {
  const scene = await openScene(server, harness, SEED, sealedRun({ tabs: TABS, rounds: ROUNDS }))
  const kills = drawKills(SEED, { count: KILLS, rounds: ROUNDS - 1, messagesPerRound: TABS * 10 })
  await expectSameAsWithoutKills(scene, kills)
  await scene.close()
})
