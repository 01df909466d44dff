import { dealShards, loadImageSets, mnistFolder, runSimulation } from '@shoal/cli'
import { selectExamples } from '@shoal/data'
import { architectureOf, parametersOf } from '@shoal/learning/zoo'
import { digestSchema, federationConfigSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'

const ROUNDS = 20
const CLIENTS = 4
const PARAMETERS = 101_770

/** privacy.md 2.1: level `sealed` at about a quarter of the bytes. */
test('updates in int8 give the accuracy of float32, within 0.5 points after 20 rounds of FedAvg on MNIST (seed "int8")', async () => {
  const sets = await loadImageSets(mnistFolder())
  const first = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
  const shards = dealShards({ train: selectExamples(sets.train, first(8000)), test: sets.test }, CLIENTS, 'int8')
  const run = (encoding: 'float32' | 'int8') =>
    runSimulation({
      config: federationConfigSchema.parse({
        name: 'int8',
        description: '',
        operator: 'nobody',
        seed: 'int8',
        strategy: { name: 'fedavg', options: {} },
        privacy: { level: 'sealed', view: 'sums', encoding },
        model: { architecture: 'mlp-784-128-10', parameters: parametersOf(architectureOf('mlp-784-128-10')) },
        data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
        train: { steps: 10, batchSize: 32, learningRate: 0.2, momentum: 0, weightDecay: 0, proximalMu: 0 },
        cohort: { fraction: 1, min: CLIENTS, max: CLIENTS },
        quorum: { fraction: 0.5, min: 1 },
        deadlineMs: 120_000,
        computeDeadlineMs: 120_000,
        maxWeight: 10_000,
        evaluation: { onClients: false, testSet: digestSchema.parse('0'.repeat(64)) },
        stop: { rounds: ROUNDS, accuracy: null },
      }),
      shards,
      testSet: selectExamples(sets.test, first(2500)),
      backend: 'wasm',
    })
  const exact = await run('float32')
  const short = await run('int8')
  const last = ({ rounds }: typeof exact): number => rounds[ROUNDS - 1].accuracy ?? Number.NaN
  expect(last(exact)).toBeGreaterThan(0.85)
  expect(Math.abs(last(short) - last(exact))).toBeLessThanOrEqual(0.005)
  for (const { bytesUp } of short.rounds) expect(bytesUp).toBeLessThanOrEqual(CLIENTS * (PARAMETERS * (1 + 1 / 64) + 300))
  for (const { bytesUp } of exact.rounds) expect(bytesUp).toBeGreaterThan(CLIENTS * PARAMETERS * 4)
})
