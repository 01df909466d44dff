import type { LabelledImages } from '@shoal/data'
import { subtract } from '@shoal/numeric'
import { type Result, ShoalError, succeeded, type TrainArgs } from '@shoal/protocol'
import * as tf from '@tensorflow/tfjs'
import { assertGraphics } from './backend.ts'
import { compareModels } from './comparison.ts'
import { createEncoder } from './encoder.ts'
import { evaluateParameters, misfitOf } from './evaluation.ts'
import type { Learner } from './learner.ts'
import { isPointArchitecture, type PointArchitecture } from './point-architectures.ts'
import { createPointLearner, pointsOf } from './point-learner.ts'
import { createPointModel } from './point-models.ts'
import { failureOf } from './procedure.ts'
import { createProcedures, type Procedures } from './procedures.ts'
import { trainModel, type YieldToHost } from './training.ts'
import { type Architecture, type ArchitectureName, architectureLayout, architectureOf } from './zoo.ts'

/** The procedures on a client's examples and the backend that is active. */
export interface LocalProcedures extends Procedures {
  /** One training step and one evaluation on the real batch shapes, thrown away: shaders compile here and not within a round. */
  warmUp(batchSize: number): Promise<Result<null>>
  dispose(): void
  /** Tensors alive in this process, ours and others'. Equal before and after every call. */
  tensors(): number
}

/** Throws ShoalError SHOAL_ERR_SHAPE if the data do not fit the architecture. */
export function createLocalProcedures(options: {
  architecture: ArchitectureName | Architecture | PointArchitecture
  train: LabelledImages
  test: LabelledImages
  /** Where false nothing is trained, chosen or tested by labels, whatever the sets say: only latents of the training examples are looked at. */
  isLabelled?: boolean
  yieldToHost?: YieldToHost
  /** What `kept` gave earlier for the same data. */
  kept?: Uint8Array | null
  /** Uniform 32-bit words that nobody else can predict. Without it whatever is to carry noise of its own is refused. */
  secretWord?: () => number
}): LocalProcedures {
  const { train, test, isLabelled = true, yieldToHost = () => Promise.resolve(), kept = null, secretWord } = options
  const learner =
    typeof options.architecture === 'string' && isPointArchitecture(options.architecture)
      ? createPointLearner({ density: createPointModel(options.architecture, train.shape, yieldToHost), train, test })
      : createNetworkLearner({ architecture: architectureOf(options.architecture), train, test, isLabelled, yieldToHost })
  const procedures = createProcedures(learner, kept, secretWord)

  return {
    ...procedures,
    warmUp: async (batchSize) => {
      const args: TrainArgs = { steps: 1, batchSize, learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, proximalMu: 0.1 }
      try {
        await warmUp(learner, args)
        return succeeded(null)
      } catch (error) {
        return failureOf(error)
      }
    },
    dispose: procedures.endRound,
    tensors: () => tf.memory().numTensors,
  }
}

async function warmUp({ parameters, examples, density, points, train, evaluate }: Learner, args: TrainArgs): Promise<void> {
  if (density !== null) {
    if (examples.train === 0) return
    const own = points()
    const model = density.initial('warm-up')
    await density.train(
      model,
      own,
      Uint32Array.from({ length: own.count }, (_, place) => place),
      args,
      'warm-up',
    )
    await density.losses(model, own)
    return
  }
  const zeros = new Float32Array(parameters)
  if (examples.train > 0) await train(zeros, args, 'warm-up')
  if (examples.test > 0) await evaluate(zeros, 'test')
}

interface Data {
  readonly train: LabelledImages
  readonly test: LabelledImages
}

function createNetworkLearner({
  architecture,
  train,
  test,
  isLabelled,
  yieldToHost,
}: Data & { architecture: Architecture; isLabelled: boolean; yieldToHost: YieldToHost }): Learner {
  const sets = { train, test }
  const { length, trainable } = architectureLayout(architecture)
  const misfit = misfitOf(architecture, train) ?? misfitOf(architecture, test)
  if (misfit !== null) throw new ShoalError({ code: 'SHOAL_ERR_SHAPE', detail: misfit })

  return {
    parameters: length,
    trainable,
    examples: isLabelled ? { train: train.count, test: test.count } : { train: 0, test: 0 },
    train: async (received, args, seed, onProgress) => {
      const progress = onProgress === undefined ? {} : { onProgress }
      const trained = await trainModel({ architecture, received, set: train, args, seed, yieldToHost, ...progress })
      assertGraphics()
      return subtract(trained, received)
    },
    evaluate: async (model, split, onProgress) => {
      const progress = onProgress === undefined ? {} : { onProgress }
      const evaluation = await evaluateParameters({ architecture, model, set: sets[split], yieldToHost, ...progress })
      assertGraphics()
      return evaluation
    },
    losses: async (models, places, onProgress) => {
      const progress = onProgress === undefined ? {} : { onProgress }
      const losses = await compareModels({ architecture, models, set: train, places, yieldToHost, ...progress })
      assertGraphics()
      return losses
    },
    points: () => pointsOf(train),
    density: null,
    encoder: createEncoder({ architecture, train, isLabelled, yieldToHost }),
  }
}
