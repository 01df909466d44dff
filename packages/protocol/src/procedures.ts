import * as z from 'zod/mini'
import type { BlockId } from './ids.ts'

/**
 * Local procedures: what a strategy can ask of a client's data. Each is pure in its arguments, `(models, data, memory, args, rng) -> {parts | rows, memory}`,
 * and is found by name in one registry (package `learning`) that serves tab, Node client and simulator.
 */
const trainArgsSchema = z.strictObject({
  /** Minibatch steps of one call; batches are drawn without replacement and reshuffled when the data run out. */
  steps: z.int().check(z.minimum(1), z.maximum(100_000)),
  batchSize: z.int().check(z.minimum(1), z.maximum(4096)),
  learningRate: z.number().check(z.gt(0), z.maximum(10)),
  momentum: z.number().check(z.minimum(0), z.lt(1)),
  weightDecay: z.number().check(z.minimum(0), z.maximum(1)),
  /** FedProx's mu (Li 2020, eq. 2): the pull back to the received model. 0 is plain FedAvg. */
  proximalMu: z.number().check(z.minimum(0), z.maximum(1000)),
})
export type TrainArgs = z.infer<typeof trainArgsSchema>

const evaluateArgsSchema = z.strictObject({ split: z.enum(['train', 'test']) })

/** Name -> arguments, and what an answer's vectors look like. `length` is the number of entries of each part, or 'parameters' for the model's own. */
export const PROCEDURES = {
  /** Trains from its block's model; the part is the update (trained - received), weighed by the number of examples. */
  train: { args: trainArgsSchema, answers: 'parts', length: 'parameters' },
  /** [accuracy, mean loss] of its block's model on the client's own split, weighed by the number of examples. */
  evaluate: { args: evaluateArgsSchema, answers: 'parts', length: 2 },
  /** Takes the first model as the client's own; sends nothing. Only for `admit`. */
  adopt: { args: z.strictObject({}), answers: 'nothing', length: 0 },
} as const satisfies Record<string, ProcedureEntry>

interface ProcedureEntry {
  args: z.ZodMiniType
  answers: 'parts' | 'rows' | 'nothing'
  length: 'parameters' | number
}

export type ProcedureName = keyof typeof PROCEDURES
export const isProcedureName = (text: string): text is ProcedureName => Object.hasOwn(PROCEDURES, text)
export const procedureNameSchema = z.enum(['train', 'evaluate', 'adopt'])

/** The arguments of each procedure, as types: the table a strategy is written against. */
export type ProcedureTable = { [Name in ProcedureName]: z.infer<(typeof PROCEDURES)[Name]['args']> }

/** One vector of a contribution and the block it belongs to. `weight` is a whole number of examples, 1 .. maxWeight. */
export interface Part {
  readonly block: BlockId
  readonly vector: Float32Array
  readonly weight: number
}

/** What a client gives to an ask. */
export type Contribution = { readonly kind: 'parts'; readonly parts: readonly Part[] } | { readonly kind: 'rows'; readonly rows: readonly Float32Array[] }

/** Header of a contribution's frame; the body is the vectors' entries one after the other, float32. */
export const contributionHeaderSchema = z.strictObject({
  parts: z.array(z.tuple([z.int(), z.int(), z.number()])),
})
