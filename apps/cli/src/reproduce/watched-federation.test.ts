import { createSyntheticImages, partitionEqually, swapLabels } from '@shoal/data'
import { createLocalProcedures, type ProcedureCall } from '@shoal/learning'
import { architectureOf, initialParameters } from '@shoal/learning/zoo'
import { addScaled, createRng, norm, subtract } from '@shoal/numeric'
import type { TrainArgs } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { FEDAVG, runFederation, type TrainedRound } from './watched-federation.ts'

const ARCHITECTURE = 'cnn-6186'
const EXAMPLES = 12
const ROUNDS = 3
/** All examples in one batch: then no draw of batches can tell the two programs apart. */
const TRAIN: TrainArgs = { steps: 2, batchSize: EXAMPLES, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 }

const clients = partitionEqually(createSyntheticImages(4 * EXAMPLES, 'observed'), 4, createRng('observed')).map((set, client) => {
  const own = client < 2 ? set : swapLabels(set, [[0, 1]])
  return { train: own, test: own }
})

const watched = async (signal: AbortSignal, onTrained: (round: TrainedRound) => void): Promise<unknown> =>
  runFederation({
    ...FEDAVG,
    architecture: ARCHITECTURE,
    clients,
    train: TRAIN,
    rounds: ROUNDS,
    seed: 'observed',
    isMeasured: false,
    hasGradients: true,
    onTrained,
    signal,
  })

/** McMahan 2017, Algorithm 1, with equal weights: the readable twin of what coordinator and clients do. */
async function plainFedAvg(): Promise<Float32Array[][]> {
  const local = clients.map((data) => createLocalProcedures({ architecture: ARCHITECTURE, ...data }))
  let model = initialParameters(architectureOf(ARCHITECTURE), 'observed')
  const rounds: Float32Array[][] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const call: ProcedureCall = {
      procedure: 'train',
      kind: 'sum',
      args: TRAIN,
      models: [model],
      vectors: [],
      block: 0,
      cluster: 0,
      of: null,
      seed: 'any',
      maxWeight: EXAMPLES,
    }
    const updates: Float32Array[] = []
    for (const { run } of local) {
      const answer = await run(call)
      if (!answer.ok || answer.value.kind !== 'parts') throw new Error('an update was expected')
      updates.push(answer.value.parts[0].vector)
    }
    model = updates.reduce((sum, update) => addScaled(sum, update, 1 / updates.length), model)
    rounds.push(updates)
  }
  return rounds
}

test('what the clients of the federation find is what a plain loop of FedAvg finds (seed "observed")', async () => {
  const rounds: TrainedRound[] = []
  await watched(new AbortController().signal, (round) => rounds.push(round))
  const plain = await plainFedAvg()
  expect(rounds.map(({ round }) => round)).toEqual([0, 1, 2])
  for (const { round, updates } of rounds)
    for (const [client, update] of updates.entries()) expect(norm(subtract(update, plain[round][client])) / norm(update)).toBeLessThan(1e-3)
  // The first of the steps of an update is the gradient's.
  expect(norm(rounds[0].gradientSteps[0])).toBeGreaterThan(0)
  expect(rounds[0].gradientSteps).toHaveLength(clients.length)
})

test('an abort ends the federation in order, with the reason that it was given', async () => {
  const interruption = new AbortController()
  const rounds: number[] = []
  const ended = watched(interruption.signal, ({ round }) => {
    rounds.push(round)
    interruption.abort(new Error('enough'))
  })
  await expect(ended).rejects.toThrow('enough')
  expect(rounds).toEqual([0])
})

test('a federation that clusters tells how a newcomer finds its cluster, and how much was sent (seed "newcomer")', async () => {
  const dark = createSyntheticImages(EXAMPLES, 'newcomer')
  const bright = { ...dark, pixels: dark.pixels.map((value) => 255 - value) }
  const groups = [dark, dark, bright, bright].map((set) => ({ train: set, test: set }))
  const { admission, rounds, models, partition } = await runFederation({
    architecture: ARCHITECTURE,
    clients: groups,
    strategy: { name: 'flux', options: { clusters: 2, clusterAt: 1, leastToVote: 1 } },
    view: 'rows',
    train: TRAIN,
    rounds: ROUNDS,
    seed: 'newcomer',
    isMeasured: true,
    signal: new AbortController().signal,
  })
  expect(partition).toEqual([partition[0], partition[0], 1 - partition[0], 1 - partition[0]])
  expect(models).toHaveLength(2)
  expect(admission?.procedure).toBe('find-descriptor')
  // The probe before the clusters' models, the scaler before their centroids.
  expect([admission?.models.length, admission?.vectors.length]).toEqual([3, 3])
  // The round of the descriptors.
  expect(rounds[1].bytesUp).toBeGreaterThan(rounds[0].bytesUp)
  expect(rounds[2].bytesUp).toBe(rounds[0].bytesUp)
})
