import type { LabelledImages } from '@shoal/data'
import { subtract } from '@shoal/numeric'
import {
  type BlockId,
  type Contribution,
  type Failure,
  failed,
  PROCEDURES,
  type ProcedureName,
  type Result,
  ShoalError,
  succeeded,
  type TrainArgs,
} from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
import { isGraphicsLost } from './backend.ts'
import { evaluateParameters, misfitOf } from './evaluation.ts'
import { type OnProgress, trainModel, type YieldToHost } from './training.ts'
import { type ArchitectureName, architectureLayout, architectureOf } from './zoo.ts'

/** One ask as a client hears it, with the models' bytes in place of their hashes. */
export interface ProcedureCall {
  readonly procedure: ProcedureName
  /** Parsed here with the procedure's schema. */
  readonly args: unknown
  /** In block order; read, never written. */
  readonly models: readonly Float32Array[]
  /** The block this client answers in; null where there is only block 0. */
  readonly block: BlockId | null
  /** Answer with the result that this procedure gave earlier in the round; null to run afresh. */
  readonly of: ProcedureName | null
  readonly seed: string
  /** Largest weight that counts, in examples. */
  readonly maxWeight: number
}

/** What a client can be asked about its data. One instance per client; its memory of the round lives inside. */
export interface LocalProcedures {
  /**
   * Runs one procedure. Never rejects: SHOAL_ERR_MALFORMED (arguments), SHOAL_ERR_SHAPE (a model of another size), SHOAL_ERR_MEMORY_LOST (`of` names
   * nothing that is held), SHOAL_ERR_PROCEDURE_FAILED (no examples, training diverged, the host stopped it, the backend failed), SHOAL_ERR_BACKEND (the graphics context was lost).
   */
  run(call: ProcedureCall, onProgress?: OnProgress): Promise<Result<Contribution>>
  /** One training step and one evaluation on the real batch shapes, thrown away: shaders compile here and not within a round. */
  warmUp(batchSize: number): Promise<Result<null>>
  /** Forgets the round's results. */
  endRound(): void
  dispose(): void
  /** Tensors alive in this process, ours and others'. Equal before and after every call. */
  tensors(): number
}

const failureOf = (error: unknown): { readonly ok: false; readonly failure: Failure } => {
  if (error instanceof ShoalError) return { ok: false, failure: error.failure }
  return failed('SHOAL_ERR_PROCEDURE_FAILED', error instanceof Error ? error.message : String(error))
}

function argumentsOf<Args>(schema: { safeParse(args: unknown): { success: true; data: Args } | { success: false } }, call: ProcedureCall): Args {
  const parsed = schema.safeParse(call.args)
  if (!parsed.success) throw new ShoalError({ code: 'SHOAL_ERR_MALFORMED', detail: `arguments of ${call.procedure}` })
  return parsed.data
}

/**
 * The procedures over one client's data, on the backend that is active. The same registry serves tab, Node client and simulator.
 * Throws ShoalError SHOAL_ERR_SHAPE if the data do not fit the architecture.
 */
export function createLocalProcedures(options: {
  architecture: ArchitectureName
  train: LabelledImages
  test: LabelledImages
  yieldToHost?: YieldToHost
}): LocalProcedures {
  const { train, test, yieldToHost = () => Promise.resolve() } = options
  const architecture = architectureOf(options.architecture)
  const { length } = architectureLayout(architecture)
  const misfit = misfitOf(architecture, train) ?? misfitOf(architecture, test)
  if (misfit !== null) throw new ShoalError({ code: 'SHOAL_ERR_SHAPE', detail: misfit })

  const round = new Map<ProcedureName, Contribution>()

  const modelOf = (call: ProcedureCall): Float32Array => {
    const model = call.models.length > 1 ? call.models[call.block ?? 0] : call.models[0]
    if (model?.length !== length)
      throw new ShoalError({ code: 'SHOAL_ERR_SHAPE', detail: `the ask gives a model of ${model?.length ?? 0} parameters, not ${length}` })
    return model
  }
  const onePart = (call: ProcedureCall, vector: Float32Array, examples: number): Contribution => ({
    kind: 'parts',
    parts: [{ block: call.block ?? 0, vector, weight: Math.min(examples, call.maxWeight) }],
  })

  const trainFrom = async (received: Float32Array, args: TrainArgs, seed: string, onProgress?: OnProgress): Promise<Float32Array> => {
    if (train.count === 0) throw new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'there are no examples to train on' })
    const progress = onProgress === undefined ? {} : { onProgress }
    return trainModel({ architecture, received, set: train, args, seed, yieldToHost, ...progress })
  }
  const evaluate = async (model: Float32Array, set: LabelledImages, onProgress?: OnProgress): Promise<Float32Array> => {
    if (set.count === 0) throw new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'there are no examples to evaluate on' })
    const progress = onProgress === undefined ? {} : { onProgress }
    const { accuracy, loss } = await evaluateParameters({ architecture, model, set, yieldToHost, ...progress })
    if (!Number.isFinite(loss)) throw new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'the model gives no finite loss' })
    return Float32Array.of(accuracy, loss)
  }

  const perform = async (call: ProcedureCall, onProgress?: OnProgress): Promise<Contribution> => {
    switch (call.procedure) {
      case 'train': {
        const args = argumentsOf(PROCEDURES.train.args, call)
        const received = modelOf(call)
        const trained = await trainFrom(received, args, call.seed, onProgress)
        return onePart(call, subtract(trained, received), train.count)
      }
      case 'evaluate': {
        const { split } = argumentsOf(PROCEDURES.evaluate.args, call)
        const set = split === 'train' ? train : test
        return onePart(call, await evaluate(modelOf(call), set, onProgress), set.count)
      }
      case 'adopt':
        argumentsOf(PROCEDURES.adopt.args, call)
        return { kind: 'parts', parts: [] }
    }
  }

  return {
    run: async (call, onProgress) => {
      try {
        if (call.of !== null) {
          const remembered = round.get(call.of)
          return remembered === undefined ? failed('SHOAL_ERR_MEMORY_LOST', call.of) : succeeded(answerAgain(remembered, call.block))
        }
        const contribution = await perform(call, onProgress)
        if (isGraphicsLost()) return failed('SHOAL_ERR_BACKEND', 'the browser took the graphics context away; reload the page')
        round.set(call.procedure, contribution)
        return succeeded(answerAgain(contribution, null))
      } catch (error) {
        return failureOf(error)
      }
    },
    warmUp: async (batchSize) => {
      const args: TrainArgs = { steps: 1, batchSize, learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, proximalMu: 0.1 }
      try {
        const zeros = new Float32Array(length)
        if (train.count > 0) await trainFrom(zeros, args, 'warm-up')
        if (test.count > 0) await evaluate(zeros, test)
        return succeeded(null)
      } catch (error) {
        return failureOf(error)
      }
    },
    endRound: () => round.clear(),
    dispose: () => round.clear(),
    tensors: () => tf.memory().numTensors,
  }
}

/** A copy, since a worker may transfer what it gives away; in another block if the ask that uses a result again names one. */
function answerAgain(contribution: Contribution, block: BlockId | null): Contribution {
  if (contribution.kind === 'rows') return { kind: 'rows', rows: contribution.rows.map((row) => row.slice()) }
  return { kind: 'parts', parts: contribution.parts.map((part) => ({ ...part, block: block ?? part.block, vector: part.vector.slice() })) }
}
