import type { Metrics } from '@shoal/protocol'
import { type Answer, type Ask, type Asks, isWithheld, type RoundContext } from './contract.ts'

/**
 * How good one model is: on the server's test set where it holds one, else on the cohort's own test splits, else unmeasured. Both may be asked;
 * the public test set has the word because it is the same for every round, whoever takes part.
 */
export function* measureModel(model: Float32Array, { sum, compute }: Asks, { evaluation }: RoundContext): Generator<Ask, Metrics, Answer> {
  let metrics: Metrics = { accuracy: null, loss: null }
  if (evaluation.onClients) {
    const { blocks } = yield* sum('evaluate', { models: [model], args: { split: 'test' } })
    const report = blocks.get(0)
    if (!isWithheld(report)) metrics = { accuracy: report.total[0] / report.weight, loss: report.total[1] / report.weight }
  }
  if (evaluation.onServer) {
    const answer = yield* compute('evaluate', { model })
    if ('value' in answer) metrics = answer.value
  }
  return metrics
}
