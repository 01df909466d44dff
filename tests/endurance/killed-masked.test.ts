import { createTabHarness, type TabHarness } from '@shoal/cli'
import { type AskId, askIdOf, bytesOf, digestOf, type Network } from '@shoal/protocol'
import { rotationSeedOf, type SumCoding, sumCodingOf } from '@shoal/secure-sum'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { givenWords, modelOf, RING, watchWords } from '../browser/given-words.ts'
import { drawKills, expectCountedOnce, openScene, performKills } from '../browser/killed-run.ts'
import { type RunningServer, startTestServer } from '../browser/running-federation.ts'

const SEED = 'killed-masked-10'
const [TABS, KILLS] = [8, 10]
/** Five rounds in a row that come to nothing pause a federation: only every second one is met. */
const ROUNDS = 2 * KILLS + 4
const CLIP = 10
const MAX_WEIGHT = 10_000
const QUORUM = 0.5
const SMALL: Network = {
  inputShape: [28, 28, 1],
  classes: 10,
  layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'hidden', units: 4 }, { kind: 'relu' }, { kind: 'dense', name: 'out', units: 10 }],
}

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

test(`[CO58] masked sums of eight tabs and a server that is killed ${KILLS} times (seed ${SEED}): every sum that was opened is over whom the log says, bit for bit, nobody gives twice, and no round is stuck`, async () => {
  const options = {
    model: 'small',
    network: SMALL,
    clients: TABS,
    rounds: ROUNDS,
    train: { steps: 2 },
    quorum: { fraction: QUORUM, min: 1 },
    deadlineMs: 600_000,
  }
  const privacy = { level: 'masked', view: 'sums', masking: { cohortSize: 32, kMin: 3, kDiff: 3, ring: RING, clip: CLIP } } as const
  const scene = await openScene(server, harness, SEED, { ...options, privacy }, { prepare: watchWords })
  const [first] = (await scene.federation.view()).models
  const downloaded = await fetch(new URL(`/models/${first}`, scene.federation.link('wasm')))
  let model: Float32Array = new Float32Array(await downloaded.arrayBuffer())

  await scene.start()
  const kills = drawKills(SEED, { count: KILLS, rounds: KILLS, messagesPerRound: TABS * 20 }).map((kill) => ({ ...kill, round: 2 * kill.round }))
  await performKills(server, scene.traffic, kills)
  const { rounds } = await scene.finished()
  const lengths = { length: model.length, ring: RING, clip: CLIP, planNoise: null } as const
  function codingOf(ask: AskId): SumCoding {
    const coding = sumCodingOf({ procedure: 'train', seed: rotationSeedOf(scene.federation.id, ask), ...lengths })
    if (coding === null) throw new Error('no coding')
    return coding
  }
  const { vectorLength } = codingOf(askIdOf(0, 0))
  const given = await Promise.all(scene.tabs.map((tab) => givenWords(tab, vectorLength)))

  const log = await scene.log()
  const account = expectCountedOnce(scene.wires, log)
  for (const { puts } of scene.wires) {
    const digests = new Map(puts.map(({ ask, digest }) => [ask, digest]))
    expect(puts.filter(({ ask, digest }) => digests.get(ask) !== digest)).toEqual([])
  }
  expect(log.filter(({ type }) => type === 'round-aborted' || type === 'deadline-passed')).toEqual([])

  let updated = 0
  for (const { round, outcome, clients, models } of rounds) {
    const ask = askIdOf(round, 0)
    const summed = log.flatMap((event) => (event.type === 'contributions-folded' && event.ask === ask ? event.clients : []))
    expect(clients).toBe(summed.length)
    if (outcome !== 'updated') {
      expect(summed.length).toBeLessThan(QUORUM * TABS)
      continue
    }
    const words = summed.map((client) => given[scene.wires.findIndex((wire) => wire.clients.has(client))].get(ask))
    const made = modelOf(model, codingOf(ask), MAX_WEIGHT, words)
    expect(models).toEqual([await digestOf(bytesOf(made))])
    model = made
    updated += 1
  }
  expect(updated).toBeGreaterThanOrEqual(ROUNDS - 2 * KILLS)
  console.log(`${KILLS} kills over ${ROUNDS} masked rounds, ${updated} of them with a new model, seed ${SEED}:`, account)
  await scene.close()
})
