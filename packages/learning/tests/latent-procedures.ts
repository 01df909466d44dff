import type { ProcedureTable } from '@shoal/protocol'
import { createProcedures, type Procedures } from '../src/procedures.ts'

/** A client of whom nothing but latents and labels is known: `latents` has a row for each example. */
export interface LatentClient {
  readonly latents: readonly (readonly number[])[]
  /** Null where its examples have none. */
  readonly labels: readonly number[] | null
  /** Latents come in batches of so many. */
  readonly batch?: number
  /** For each example the first that is the same; left out where all differ. */
  readonly alike?: readonly number[]
  /** What its own data would make a model: the loss of one is the squared distance from here. */
  readonly goal?: readonly number[]
  readonly test?: number
  readonly kept?: Uint8Array | null
  readonly secretWord?: () => number
}

/** A model of three numbers multiplies the latents by its first number. */
export function createLatentProcedures({ latents, labels, batch = 256, alike, goal = [0, 0, 0], test = 0, kept = null, secretWord }: LatentClient): Procedures {
  const count = latents.length
  const [{ length: width }] = latents
  const lossOf = (model: Float32Array): number => goal.reduce((sum, entry, index) => sum + (entry - model[index]) ** 2, 0)
  return createProcedures(
    {
      parameters: 3,
      trainable: 3,
      examples: labels === null ? { train: 0, test: 0 } : { train: count, test },
      train: async () => new Float32Array(3),
      evaluate: async (model) => ({ accuracy: 1 / (1 + lossOf(model)), loss: lossOf(model) }),
      losses: async (models) => models.map(lossOf),
      points: () => ({ count: 0, entries: width, values: new Float32Array(0) }),
      density: null,
      encoder: {
        examples: count,
        width,
        latents: async (model, hear) => {
          for (let first = 0; first < count; first += batch)
            hear(
              Float32Array.from(latents.slice(first, first + batch).flat(), (value) => model[0] * value),
              first,
            )
        },
        labels: () => labels,
        firstAlike: () => Uint32Array.from(alike ?? latents.keys()),
      },
    },
    kept,
    secretWord,
  )
}

export const DESCRIBE: ProcedureTable['describe'] = { length: 2, seed: 'public', classes: 3, leastExamples: 2, halves: false, leastToVote: 50, noise: null }
