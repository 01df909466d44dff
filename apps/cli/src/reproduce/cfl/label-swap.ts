import { LABEL_PAIRS, plantGroups, swapLabels, type TrainTest } from '@shoal/data'
import { addScaled, createRng, deriveSeed, norm } from '@shoal/numeric'
import type { TrainArgs } from '@shoal/protocol'
import { loadImageSets, mnistFolder } from '../../image-sets.ts'
import { observeFedAvg } from '../observed-federation.ts'
import { separationOf } from '../separation.ts'

const GROUPS = 4
const CLIENTS_PER_GROUP = 5
const LOCAL_EPOCHS = 3
const BATCH = 100
const LEARNING_RATE = 0.1
const ROUNDS = 50
/** A round's results are written with as many digits. */
const DIGITS = 6

export type SwapParameters = { readonly examples: number; readonly seed: number }

/** One round of plain FedAvg over the groups. */
export interface SwapRound {
  /** g from the updates, the largest cosine across, and whether the best split mixes no group. */
  readonly gap: number
  readonly cross: number
  readonly isCorrect: boolean
  /** g from the gradients of all of each client's examples at the model that the round began from. */
  readonly gradientGap: number
  /** Norm of the mean update, and the largest norm of an update. */
  readonly meanNorm: number
  readonly maxNorm: number
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS))

/** Local steps of `epochs` passes: batches of `batch`, or of everything where there is less. */
export function epochSteps(examples: number, epochs: number, batch: number): Pick<TrainArgs, 'steps' | 'batchSize'> {
  const batchSize = Math.min(examples, batch)
  return { steps: Math.ceil((epochs * examples) / batchSize), batchSize }
}

export function meanOf(updates: readonly Float32Array[]): Float32Array {
  return updates.reduce((sum, update) => addScaled(sum, update, 1 / updates.length), new Float32Array(updates[0].length))
}

let loading: Promise<TrainTest> | undefined
/** MNIST, read once. */
export const mnist = (): Promise<TrainTest> => {
  loading ??= loadImageSets(mnistFolder())
  return loading
}

/** 20 clients in 4 groups of 5, each of which exchanges two classes of its own (cfl.md 7, "label swap"); 50 rounds of plain FedAvg, seen from the clients. */
export async function runLabelSwap({ examples, seed }: SwapParameters, signal: AbortSignal): Promise<SwapRound[]> {
  const seedText = deriveSeed(String(seed), 'label-swap', examples)
  const { clients, truth } = plantGroups(await mnist(), {
    groups: LABEL_PAIRS.slice(0, GROUPS).map((pair) => (set) => swapLabels(set, [pair])),
    clientsPerGroup: CLIENTS_PER_GROUP,
    trainPerClient: examples,
    testPerClient: 1,
    rng: createRng(deriveSeed(seedText, 'data')),
  })
  const found: SwapRound[] = []
  await observeFedAvg({
    architecture: 'mlp-784-128-10',
    clients,
    train: { ...epochSteps(examples, LOCAL_EPOCHS, BATCH), learningRate: LEARNING_RATE, momentum: 0, weightDecay: 0, proximalMu: 0 },
    rounds: ROUNDS,
    seed: seedText,
    hasGradients: true,
    signal,
    onRound: ({ updates, gradientSteps }) => {
      const byUpdates = separationOf(updates, truth)
      const byGradients = separationOf(gradientSteps, truth)
      if (byUpdates === null || byGradients === null) throw new RangeError('updates without direction')
      found.push({
        gap: rounded(byUpdates.gap),
        cross: rounded(byUpdates.cross),
        isCorrect: byUpdates.isCorrect,
        gradientGap: rounded(byGradients.gap),
        meanNorm: rounded(norm(meanOf(updates))),
        maxNorm: rounded(Math.max(...updates.map(norm))),
      })
    },
  })
  return found
}
