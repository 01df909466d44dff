import { createTabHarness, type TabHarness } from '@shoal/cli'
import { afterAll, beforeAll, test } from 'vitest'
import { drawKills, expectSameAsWithoutKills, openScene, sealedRun } from '../browser/killed-run.ts'
import { type RunningServer, startTestServer } from '../browser/running-federation.ts'

const SEED = 'killed-50'
const [TABS, ROUNDS, KILLS] = [8, 28, 50]

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

test(`eight tabs and a server that is killed ${KILLS} times, anywhere in its rounds (seed ${SEED}): every contribution counts once, and the models of all rounds are those of a run without kills`, async () => {
  const scene = await openScene(server, harness, SEED, sealedRun({ tabs: TABS, rounds: ROUNDS }))
  const kills = drawKills(SEED, { count: KILLS, rounds: ROUNDS - 3, messagesPerRound: TABS * 10 })
  const account = await expectSameAsWithoutKills(scene, kills)
  console.log(`${KILLS} kills over ${ROUNDS} rounds, seed ${SEED}:`, account)
  await scene.close()
})
