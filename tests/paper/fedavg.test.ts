import { dealShards, loadImageSets, mnistFolder, runSimulation } from '@shoal/cli'
import { selectExamples } from '@shoal/data'
import { architectureOf, parametersOf } from '@shoal/learning/zoo'
import { digestSchema, federationConfigSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'

/** McMahan 2017 in small: what a smoke test can show in seconds. The full curve is `shoal demo`'s. */
test('FedAvg on MNIST in the simulator: four clients with 1,500 pictures each pass 0.85 in three rounds, and more rounds are better (seed "paper")', async () => {
  const sets = await loadImageSets(mnistFolder())
  const first = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
  const shards = dealShards({ train: selectExamples(sets.train, first(12_000)), test: sets.test }, 4, 'paper')
  const run = await runSimulation({
    config: federationConfigSchema.parse({
      name: 'smoke',
      description: '',
      operator: 'nobody',
      seed: 'paper',
      strategy: { name: 'fedavg', options: {} },
      privacy: { level: 'sealed', view: 'sums' },
      model: { architecture: 'mlp-784-128-10', parameters: parametersOf(architectureOf('mlp-784-128-10')) },
      data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
      train: { steps: 40, batchSize: 32, learningRate: 0.2, momentum: 0, weightDecay: 0, proximalMu: 0 },
      cohort: { fraction: 1, min: 4, max: 4 },
      quorum: { fraction: 0.5, min: 1 },
      deadlineMs: 120_000,
      computeDeadlineMs: 120_000,
      maxWeight: 10_000,
      evaluation: { onClients: false, testSet: digestSchema.parse('0'.repeat(64)) },
      stop: { rounds: 3, accuracy: null },
    }),
    shards,
    testSet: selectExamples(sets.test, first(2000)),
    backend: 'wasm',
  })
  const accuracies = run.rounds.map(({ accuracy }) => accuracy ?? 0)
  expect(accuracies).toHaveLength(3)
  expect(accuracies[2]).toBeGreaterThan(0.85)
  expect(accuracies[2]).toBeGreaterThan(accuracies[0])
})
