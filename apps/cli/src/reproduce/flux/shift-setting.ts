import { dealShifted, type LabelledImages, type PlantedClients, type Shift, selectExamples, splitTrainTest, type TrainTest } from '@shoal/data'
import { ARCHITECTURES } from '@shoal/learning'
import { createRng, deriveSeed, shuffled } from '@shoal/numeric'
import type { Network, TrainArgs } from '@shoal/protocol'
import { mnist } from '../setting.ts'

export const CLASSES = 10
const SIDE = 28
/** Every shift comes in three channels, as the authors': grey has three equal ones. */
const CHANNELS = 3
/** Of each client's training pictures, what it measures its model on (flux.md section 5). */
const VALIDATION = 0.2
/** Pictures of MNIST to train on for each one to test on. */
const TEST_SHARE = 1 / 6

/** LeNet-5 as the authors have it, for pictures of three channels: 62,006 parameters. */
export const LENET: Network = {
  inputShape: [SIDE, SIDE, CHANNELS],
  classes: CLASSES,
  layers: [...ARCHITECTURES['lenet-5'].layers],
}

/** One hidden layer of 128, for clusterings without much training. */
export const MLP_128: Network = {
  inputShape: [SIDE, SIDE, CHANNELS],
  classes: CLASSES,
  layers: [...ARCHITECTURES['mlp-784-128-10'].layers],
}

/** `iid`: no shift at all. */
export type ShiftOrNone = Shift | 'iid'

interface ShiftedFederation {
  /** What each client trains on, and what it measures itself on. */
  readonly clients: readonly TrainTest[]
  /** Of each client, shifted as its own pictures: neither trained nor measured on before the end. */
  readonly tests: readonly LabelledImages[]
  readonly truth: readonly number[]
}

/** `pictures` of MNIST's training pictures and a sixth as many of its test pictures, in shards of equal size, shifted. */
export async function dealFederation(options: {
  readonly shift: ShiftOrNone
  readonly level: number
  readonly clients: number
  readonly pictures: number
  readonly seed: string
}): Promise<ShiftedFederation> {
  const { shift, level, clients, pictures, seed } = options
  const rng = createRng(deriveSeed(seed, 'data'))
  const some = (set: LabelledImages, count: number): LabelledImages =>
    count >= set.count ? set : selectExamples(set, shuffled([...set.labels.keys()], rng).slice(0, count))
  const { train, test } = await mnist()
  const sets = { train: some(train, pictures), test: some(test, Math.round(pictures * TEST_SHARE)) }
  // At level 1 labels are permuted among one class: nothing is shifted.
  const kind = shift === 'iid' ? ({ shift: 'pyx', level: 1 } as const) : { shift, level }
  const dealt: PlantedClients = dealShifted(sets, { ...kind, clients, classes: CLASSES, rng })
  return {
    clients: dealt.clients.map((client) => splitTrainTest(client.train, VALIDATION, rng)),
    tests: dealt.clients.map((client) => client.test),
    truth: dealt.truth,
  }
}

/** `epochs` passes over a client's pictures, of which it has as many as all others (py: nearly). */
export function trainArgs(options: {
  readonly clients: number
  readonly pictures: number
  readonly epochs: number
  readonly batchSize: number
  readonly learningRate: number
}): TrainArgs {
  const { clients, pictures, epochs, batchSize, learningRate } = options
  const own = (pictures / clients) * (1 - VALIDATION)
  return { steps: epochs * Math.ceil(own / batchSize), batchSize, learningRate, momentum: 0.9, weightDecay: 0, proximalMu: 0 }
}
