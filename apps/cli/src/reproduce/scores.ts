import type { LabelledImages, TrainTest } from '@shoal/data'
import { confusionOf, macroF1 } from '@shoal/learning'
import { ShoalError } from '@shoal/protocol'
import { MLP, rounded } from './setting.ts'

export interface Scores {
  /** Macro F1 over the union of true and answered labels. */
  readonly f1: number
  readonly accuracy: number
}

async function scoresOn(model: Float32Array, set: LabelledImages): Promise<Scores> {
  const counted = await confusionOf({ architecture: MLP, model, set })
  if (!counted.ok) throw new ShoalError(counted.failure)
  const classes = Math.sqrt(counted.value.length)
  const right = counted.value.reduce((sum, count, cell) => sum + (cell % (classes + 1) === 0 ? count : 0), 0)
  return { f1: macroF1(counted.value) ?? 0, accuracy: right / set.count }
}

export const meanOfScores = (scores: readonly Scores[]): Scores => ({
  f1: rounded(scores.reduce((sum, { f1 }) => sum + f1, 0) / scores.length),
  accuracy: rounded(scores.reduce((sum, { accuracy }) => sum + accuracy, 0) / scores.length),
})

/** Models, and whom each serves: `partition[i]` is the model of client i. */
export interface Served {
  readonly models: readonly Float32Array[]
  readonly partition: readonly number[]
}

/** Of each client's model on its own test pictures, in the order of the clients; every client counts once in a mean of them. */
export async function personalScores({ models, partition }: Served, clients: readonly TrainTest[]): Promise<Scores[]> {
  const scores: Scores[] = []
  for (const [client, { test }] of clients.entries()) scores.push(await scoresOn(models[partition[client]], test))
  return scores
}

/** Of each client's model on a test set of all classes; mean over the clients. */
export async function generalScores({ models, partition }: Served, test: LabelledImages): Promise<Scores> {
  const ofModels: Scores[] = []
  for (const model of models) ofModels.push(await scoresOn(model, test))
  return meanOfScores(partition.map((cluster) => ofModels[cluster]))
}
