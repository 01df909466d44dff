import type { LabelledImages } from '@shoal/data'
import { failed, type Result, succeeded } from '@shoal/protocol'
import { type Evaluation, evaluateParameters, misfitOf } from './evaluation.ts'
import { type ArchitectureName, architectureLayout, architectureOf } from './zoo.ts'

/**
 * Heavy work on public objects, for a worker thread of the server: accuracy and loss of a model on a test set that the server holds.
 * SHOAL_ERR_COMPUTE_FAILED if the set is empty, does not fit the architecture, or the loss is not finite; SHOAL_ERR_SHAPE if the model has another
 * number of parameters.
 */
export async function evaluateModel(options: { architecture: ArchitectureName; model: Float32Array; testSet: LabelledImages }): Promise<Result<Evaluation>> {
  const { model, testSet } = options
  const architecture = architectureOf(options.architecture)
  const { length } = architectureLayout(architecture)
  if (model.length !== length) return failed('SHOAL_ERR_SHAPE', `a model of ${model.length} parameters, not ${length}`)
  try {
    const misfit = testSet.count === 0 ? 'the test set is empty' : misfitOf(architecture, testSet)
    if (misfit !== null) return failed('SHOAL_ERR_COMPUTE_FAILED', misfit)
    const evaluation = await evaluateParameters({ architecture, model, set: testSet, yieldToHost: () => Promise.resolve() })
    return Number.isFinite(evaluation.loss) ? succeeded(evaluation) : failed('SHOAL_ERR_COMPUTE_FAILED', 'the loss is not finite')
  } catch (error) {
    return failed('SHOAL_ERR_COMPUTE_FAILED', error instanceof Error ? error.message : String(error))
  }
}
