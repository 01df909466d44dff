import {
  type BlockId,
  type Contribution,
  type ErrorCode,
  type Failure,
  type Finding,
  failed,
  type ProcedureName,
  ShoalError,
  type TrainArgs,
} from '@shoal/protocol'
import type { ClientMemory } from './client-memory.ts'
import type { Sketchers } from './directions.ts'
import type { Evaluation, Learner } from './learner.ts'
import type { OnProgress } from './progress.ts'

/** One ask, or one admission, as a client hears it, with the models' bytes in place of their hashes. */
export interface ProcedureCall {
  readonly procedure: ProcedureName
  /** What is to be given: parts, or rows. An admission asks for neither, and its kind is not looked at. */
  readonly kind: 'sum' | 'rows'
  /** Parsed here with the procedure's schema. */
  readonly args: unknown
  /** In block order, or that of `block` alone; read, never written. */
  readonly models: readonly Float32Array[]
  /** Public vectors that the procedure reads besides; read, never written. */
  readonly vectors: readonly Float32Array[]
  /** Of an admission: a more general model than those, tried at the end; index `models.length` in what is found. */
  readonly fallback?: Float32Array
  /** The block this client answers in; null where the procedure chooses. */
  readonly block: BlockId | null
  /** The cluster this client belongs to; null only in the admission of a client that has none. */
  readonly cluster: number | null
  /** Answer with the result that this procedure gave earlier in the round; null to run afresh. */
  readonly of: ProcedureName | null
  readonly seed: string
  /** Largest weight that counts, in examples. */
  readonly maxWeight: number
}

/** What a client keeps until the round ends. */
export interface RoundMemory {
  /** What `train` gave last, or whatever trained in its place. */
  update: Float32Array | null
  /** The unit sketch of that update, as it was last asked for; zeros where the update has no direction. */
  sketch: Float32Array | null
  /** The block that `side` chose last. */
  side: BlockId | null
  /** Losses of all models, as `choose` found them last, and the block that `train-chosen` chose last. */
  losses: readonly number[] | null
  choice: BlockId | null
  /** The centroids of the client's own clusters, as they were found last, and the one that each point belongs to. */
  centroids: { readonly centroids: readonly Float32Array[]; readonly labels: Uint8Array } | null
  /** The client's descriptor, as `describe` made it last, and what halves of its examples differ by, block by block. */
  descriptor: { readonly entries: Float32Array; readonly halves: Float32Array } | null
}

/** What a procedure works with besides its arguments. */
export interface ProcedureContext {
  readonly learner: Learner
  readonly memory: RoundMemory
  readonly client: ClientMemory
  readonly sketchers: Sketchers
  /** Uniform 32-bit words that nobody else can predict. */
  readonly secretWord?: () => number
  readonly onProgress?: OnProgress
}

/** Rejects with ShoalError where the answer is a failure with a code. */
export type Procedure<Args> = (args: Args, call: ProcedureCall, context: ProcedureContext) => Promise<Contribution | Finding> | Contribution | Finding

export const refusal = (code: ErrorCode, detail: string): ShoalError => new ShoalError({ code, detail })

export function failureOf(error: unknown): { readonly ok: false; readonly failure: Failure } {
  if (error instanceof ShoalError) return { ok: false, failure: error.failure }
  return failed('SHOAL_ERR_PROCEDURE_FAILED', error instanceof Error ? error.message : String(error))
}

export const onePart = (block: BlockId, vector: Float32Array, weight: number): Contribution => ({ kind: 'parts', parts: [{ block, vector, weight }] })

export function assertModel(model: Float32Array | undefined, { parameters }: Learner): asserts model is Float32Array {
  if (model?.length !== parameters) throw refusal('SHOAL_ERR_SHAPE', `the ask gives a model of ${model?.length ?? 0} parameters, not ${parameters}`)
}

/** `count` public vectors of `length` entries. */
export function assertVectors(vectors: readonly Float32Array[], count: number, length: number): void {
  if (vectors.length !== count || vectors.some((vector) => vector.length !== length))
    throw refusal('SHOAL_ERR_SHAPE', `the ask gives ${vectors.length} vectors where ${count} of ${length} entries belong`)
}

/** The model of the call's block. */
export function modelOf({ models, block }: ProcedureCall, { learner }: ProcedureContext): Float32Array {
  const model = models.length > 1 ? models[block ?? 0] : models[0]
  assertModel(model, learner)
  return model
}

/** An update from `received`; the round's memory is left alone. */
export async function trainFrom(received: Float32Array, args: TrainArgs, seed: string, { learner, onProgress }: ProcedureContext): Promise<Float32Array> {
  if (learner.examples.train === 0) throw refusal('SHOAL_ERR_PROCEDURE_FAILED', 'there are no examples to train on')
  return learner.train(received, args, seed, onProgress)
}

export async function evaluateOn(split: 'train' | 'test', model: Float32Array, { learner, onProgress }: ProcedureContext): Promise<Evaluation> {
  if (learner.examples[split] === 0) throw refusal('SHOAL_ERR_PROCEDURE_FAILED', 'there are no examples to evaluate on')
  const evaluation = await learner.evaluate(model, split, onProgress)
  if (!Number.isFinite(evaluation.loss)) throw refusal('SHOAL_ERR_PROCEDURE_FAILED', 'the model gives no finite loss')
  return evaluation
}

/**
 * The update that the call speaks of: the one kept where it says `of`, which the registry has checked to be there, else a fresh one, kept from now on. The seed is
 * that of the ask: `sketch` keeps what `train` would have given under the seed of the ask that put `sketch`, not under that of a later ask.
 */
export async function updateOf(call: ProcedureCall, args: TrainArgs, context: ProcedureContext): Promise<Float32Array> {
  const { memory } = context
  if (call.of !== null && memory.update !== null) return memory.update
  const update = await trainFrom(modelOf(call, context), args, call.seed, context)
  memory.update = update
  memory.sketch = null
  return update
}

/** Examples behind the update, as far as they count. */
export const weightOf = ({ maxWeight }: ProcedureCall, { learner }: ProcedureContext): number => Math.min(learner.examples.train, maxWeight)
