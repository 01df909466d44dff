import { type LabelledImages, selectExamples } from '@shoal/data'
import { evaluateModel, predict } from '@shoal/learning'
import { architectureOf } from '@shoal/learning/zoo'
import { addScaled, createRng, deriveSeed, shuffled } from '@shoal/numeric'
import { ShoalError, type TrainArgs } from '@shoal/protocol'
import { meanOf, mnist } from '../setting.ts'
import { FEDAVG, runFederation } from '../watched-federation.ts'

/** Of a tail each class has so much of the one before it. */
const TAIL = 0.6
/** How many of the ten classes each cluster has. */
const DEALT = [4, 3, 3]
export const PICTURES = 1600
const ROUNDS = 4
/** One epoch. */
const TRAIN: TrainArgs = { steps: PICTURES / 64, batchSize: 64, learningRate: 0.01, momentum: 0.9, weightDecay: 0, proximalMu: 0 }
/** Test pictures that figures are of, and as many others by which clients judge. */
const JUDGED = 2000
export const NETWORK = architectureOf('lenet-5')
const CLASSES = 10

export interface Disjoint {
  readonly teachers: readonly Float32Array[]
  readonly average: Float32Array
  /** n_k^y. */
  readonly counts: readonly (readonly number[])[]
  readonly sizes: readonly number[]
  readonly test: LabelledImages
  /** What clients would judge by. */
  readonly validation: LabelledImages
}

/** Three clusters with classes of their own, trained from their average: their models in the last round, and the average of these. */
export async function disjointClusters(seed: string, pool: 'balanced' | 'long tail', signal: AbortSignal): Promise<Disjoint> {
  const { train, test } = await mnist()
  const rng = createRng(deriveSeed(seed, 'data'))
  const classes = shuffled([...Array(CLASSES).keys()], rng)
  const order = shuffled([...train.labels.keys()], rng)
  const clients = DEALT.map((many, cluster) => {
    const first = DEALT.slice(0, cluster).reduce((sum, count) => sum + count, 0)
    const own = classes.slice(first, first + many)
    const shares = own.map((_, rank) => (pool === 'balanced' ? 1 : TAIL ** (first + rank)))
    const total = shares.reduce((sum, share) => sum + share, 0)
    const size = pool === 'balanced' ? PICTURES : Math.round((PICTURES * DEALT.length * total) / tailTotal)
    const picked = own.flatMap((label, rank) => order.filter((index) => train.labels[index] === label).slice(0, Math.round((size * shares[rank]) / total)))
    return { train: selectExamples(train, shuffled(picked, rng)), test: selectExamples(test, [0]) }
  })
  let updates: readonly Float32Array[] = []
  const { models } = await runFederation({
    architecture: 'lenet-5',
    clients,
    ...FEDAVG,
    train: TRAIN,
    rounds: ROUNDS,
    seed,
    isMeasured: false,
    onTrained: (trained) => {
      updates = trained.updates
    },
    signal,
  })
  const [average] = models
  const sizes = clients.map((client) => client.train.count)
  const all = sizes.reduce((sum, size) => sum + size, 0)
  // The round's average is its start and the mean of what clients made of it, by their pictures.
  const step = meanOf(updates.map((update, cluster) => update.map((entry) => (entry * sizes[cluster] * sizes.length) / all)))
  const start = addScaled(average, step, -1)
  const pictures = (from: number): LabelledImages =>
    selectExamples(
      test,
      Array.from({ length: JUDGED }, (_, index) => from + index),
    )
  return {
    teachers: updates.map((update) => addScaled(start, update, 1)),
    average,
    counts: clients.map((client) => countsOf(client.train)),
    sizes,
    test: pictures(0),
    validation: pictures(JUDGED),
  }
}

const tailTotal = Array.from({ length: CLASSES }, (_, rank) => TAIL ** rank).reduce((sum, share) => sum + share, 0)

function countsOf({ labels }: LabelledImages): number[] {
  const counts = new Array<number>(CLASSES).fill(0)
  for (const label of labels) counts[label] += 1
  return counts
}

export async function accuracyOn(set: LabelledImages, model: Float32Array): Promise<number> {
  const measured = await evaluateModel({ architecture: NETWORK, model, testSet: set })
  if (!measured.ok) throw new ShoalError(measured.failure)
  return measured.value.accuracy ?? 0
}

/** Of the teachers together, each class being as likely as each teacher holds it, weighed by the teacher's part in that class: what a student could become at most. */
export async function ensembleAccuracy({ teachers, counts, test }: Disjoint): Promise<number> {
  const votes = new Float64Array(test.count * CLASSES)
  for (const [teacher, model] of teachers.entries()) {
    const shares = await predict({ architecture: NETWORK, model, examples: test, yieldToHost: async () => undefined })
    for (let entry = 0; entry < votes.length; entry += 1) {
      const label = entry % CLASSES
      const all = counts.reduce((sum, own) => sum + own[label], 0)
      votes[entry] += all === 0 ? 0 : (counts[teacher][label] / all) * shares[entry]
    }
  }
  let right = 0
  for (const [index, label] of test.labels.entries()) {
    const row = votes.subarray(index * CLASSES, (index + 1) * CLASSES)
    right += Number(row.indexOf(Math.max(...row)) === label)
  }
  return right / test.count
}
