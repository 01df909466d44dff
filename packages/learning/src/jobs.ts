import type { LabelledImages } from '@shoal/data'
import { failed, type Result, succeeded } from '@shoal/protocol'
import { countAnswers, type Examination, evaluateParameters, misfitOf } from './evaluation.ts'
import type { Evaluation } from './learner.ts'
import { type Architecture, type ArchitectureName, architectureLayout, architectureOf } from './zoo.ts'

/**
 * Heavy work on public objects, for a worker thread of the server and for experiments. SHOAL_ERR_COMPUTE_FAILED if the set is empty or does not fit the
 * architecture, the model gives no finite numbers, or the backend fails; SHOAL_ERR_SHAPE if the model has another number of parameters.
 */

/** Accuracy and loss of a model on a test set that the server holds. */
export async function evaluateModel(options: {
  architecture: ArchitectureName | Architecture
  model: Float32Array
  testSet: LabelledImages
}): Promise<Result<Evaluation>> {
  const evaluation = await examined({ ...options, set: options.testSet }, evaluateParameters)
  return evaluation.ok && !Number.isFinite(evaluation.value.loss) ? failed('SHOAL_ERR_COMPUTE_FAILED', 'the loss is not finite') : evaluation
}

/** How often each true class (row) was answered with each class (column): classes x classes counts, row after row. See `macroF1`. */
export async function confusionOf(options: {
  architecture: ArchitectureName | Architecture
  model: Float32Array
  set: LabelledImages
}): Promise<Result<Uint32Array>> {
  return examined(options, countAnswers)
}

async function examined<Value>(
  { architecture: name, model, set }: { architecture: ArchitectureName | Architecture; model: Float32Array; set: LabelledImages },
  examine: (examination: Examination) => Promise<Value>,
): Promise<Result<Value>> {
  const architecture = architectureOf(name)
  const { length } = architectureLayout(architecture)
  if (model.length !== length) return failed('SHOAL_ERR_SHAPE', `a model of ${model.length} parameters, not ${length}`)
  try {
    const misfit = set.count === 0 ? 'there are no examples to test on' : misfitOf(architecture, set)
    if (misfit !== null) return failed('SHOAL_ERR_COMPUTE_FAILED', misfit)
    return succeeded(await examine({ architecture, model, set, yieldToHost: () => Promise.resolve() }))
  } catch (error) {
    return failed('SHOAL_ERR_COMPUTE_FAILED', error instanceof Error ? error.message : String(error))
  }
}
