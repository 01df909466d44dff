import { addScaled, subtract } from '@shoal/numeric'
import type { RoundContext, RoundResult } from './contract.ts'
import type { DisueOptions } from './disue-options.ts'

/** What decides where clients start (spec section 9). */
export interface StartState {
  readonly options: DisueOptions
  /** u; null until there are clusters. */
  readonly expert: Float32Array | null
  /** The cluster that holds the expert for clients to choose; null where they have no such choice. */
  readonly candidate: number | null
  readonly doubt: Doubt
}

/** Why clients had better not start from the expert. */
export interface Doubt {
  /** Teachers contradict each other, as far as the last distillation could see. */
  readonly isDisputed: boolean
  /** The first round that starts from the expert again, and how often such a pause began. */
  readonly until: number
  readonly pauses: number
  /** Accuracy of the clusters' models after the last round in which it was measured. */
  readonly served: number | null
}

export const noDoubt: Doubt = { isDisputed: false, until: 0, pauses: 0, served: null }
const FIRST_PAUSE = 5

/** Where clients of cluster `k` start. */
export function startOf(k: number, state: StartState, { start, round }: RoundContext): Float32Array {
  const { options, expert, candidate } = state
  if (expert === null) return start(k)
  if (options.start === 'candidate') return k === candidate ? expert : start(k)
  if (!startsFromExpert(state, round)) return start(k)
  return options.start === 'universal' ? expert : addScaled(start(k), subtract(expert, start(k)), options.mix)
}

/** What cluster `k` keeps where nobody trains it: a candidate that is nobody's cluster is the present expert and not one of long ago. */
export const modelOf = (k: number, { expert, candidate }: StartState, { model, clusterSizes }: RoundContext): Float32Array =>
  expert !== null && k === candidate && clusterSizes[k] === 0 ? expert : model(k)

/** Section 11, contradicting teachers: an expert of theirs can only average, and clusters go on from their own models while it is so. */
const startsFromExpert = ({ options, expert, doubt }: StartState, round: number): boolean =>
  expert !== null && (options.start === 'universal' || options.start === 'mix') && !doubt.isDisputed && round >= doubt.until

/**
 * Difference from the paper, ours: where the clusters' models have become worse in a round that began at the expert, clusters go on from their own for 5 rounds, then for 10, and so on.
 * What clusters do not have in common (labels that mean something else in each) an expert can not give back to them in one round.
 */
export function doubtAfter(state: StartState, { metrics }: RoundResult<unknown>, round: number): { readonly doubt: Doubt; readonly notes: readonly string[] } {
  const { doubt, options } = state
  const served = metrics?.accuracy ?? null
  if (served === null) return { doubt, notes: [] }
  const fell = startsFromExpert(state, round) && doubt.served !== null && served < doubt.served - options.gateMargin
  if (!fell) return { doubt: { ...doubt, served }, notes: [] }
  const until = round + 1 + FIRST_PAUSE * 2 ** doubt.pauses
  const note = `The clusters' models are worse for having begun at the expert: until round ${until} each goes on from its own.`
  return { doubt: { ...doubt, until, pauses: doubt.pauses + 1 }, notes: [note] }
}

/**
 * Where clients choose, the expert is one model more, behind the others. Whoever chooses it trains it further, and what comes of that is the model of that cluster: published, and
 * distilled from as any other's. The next round offers the next expert in its place.
 */
export function withCandidate<State extends StartState>(result: RoundResult<unknown>, state: State): RoundResult<State> {
  const { publish, clusterMetrics = [] } = result
  const { options, expert, candidate } = state
  const at = candidate ?? publish.length
  if (options.start !== 'candidate' || expert === null || publish.length < 2 || publish.length > at) return { ...result, state }
  const measured = clusterMetrics.length === 0 ? {} : { clusterMetrics: [...clusterMetrics, { accuracy: null, loss: null }] }
  return { ...result, ...measured, state: { ...state, candidate: at }, publish: [...publish, expert] }
}
