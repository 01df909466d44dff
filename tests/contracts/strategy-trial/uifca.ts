import { addScaled } from '@shoal/numeric'
import { failed, succeeded } from '@shoal/protocol'
import { isWithheld, type Placement, type RoundContext, type RoundProgram } from '@shoal/strategies'
import { type TrialAsks, type TrialJobs, type TrialProcedures, type TrialStrategy, upTo } from './procedures.ts'

const START_NOISE = 0.01

/** Chung, Lee, Ramchandran, "Federated Unsupervised Clustering with Generative Models" (AAAI-22 workshop), Algorithms 2 and 3, with restarts. */
export interface UifcaState {
  readonly options: UifcaOptions
  /** Models of all restarts, one restart after the other; empty before the first round. */
  readonly models: readonly Float32Array[]
  /** The restart whose models are published. */
  readonly best: number
}

export interface UifcaOptions {
  readonly clusters: number
  readonly restarts: number
  /** Rounds of averaging between two assignments of the points. */
  readonly roundsPerAssignment: number
}

export const uifca: TrialStrategy<UifcaState, UifcaOptions> = {
  name: 'uifca',
  views: ['sums'],
  parseOptions: ({ clusters, restarts = 10, roundsPerAssignment = 1 }) =>
    typeof clusters === 'number' && typeof restarts === 'number' && typeof roundsPerAssignment === 'number'
      ? succeeded({ clusters, restarts, roundsPerAssignment })
      : failed('SHOAL_ERR_CONFIG', 'uifca needs clusters, a number'),
  init: ({ options }) => ({ options, models: [], best: 0 }),
  round: (state, ask, context) => fitPoints(state, ask, context, null),
  admit: ({ options, models, best }) => ({ procedure: 'least-loss', args: { samples: 256 }, models: published(models, options, best) }),
}

const published = (models: readonly Float32Array[], { clusters }: UifcaOptions, best: number): readonly Float32Array[] =>
  models.slice(best * clusters, (best + 1) * clusters)

/** One round. `start` places the first labels by those of the client's own rows (k-FED); without it they are drawn. */
export function* fitPoints(
  { options, models: known, best }: UifcaState,
  ask: TrialAsks,
  context: RoundContext,
  start: (Placement & { by: 'label' }) | null,
): RoundProgram<UifcaState, TrialProcedures, TrialJobs> {
  const { clusters, restarts, roundsPerAssignment } = options
  const isFirst = known.length === 0
  const base = context.start(0)
  const noise = (): Float64Array => Float64Array.from(base, () => START_NOISE * context.rng.normal())
  const blocksInAll = clusters * restarts
  const place: Placement = { by: 'every', blocks: blocksInAll }
  // The published restart starts where its clusters start; the other restarts are known to nobody but this state.
  const starts = upTo(blocksInAll, (block) =>
    isFirst ? addScaled(base, noise(), 1) : Math.floor(block / clusters) === best ? context.start(block % clusters) : known[block],
  )

  if (isFirst || context.round % roundsPerAssignment === 0) {
    yield* ask.sum('assign-points', {
      models: starts,
      args: { models: clusters, start: isFirst ? (start === null ? 'random' : 'label') : null },
      place: start ?? place,
      vectorLengths: upTo(start?.blocks ?? blocksInAll, () => 1),
    })
  }
  const { blocks } = yield* ask.sum('train', { models: starts, args: context.train, place })
  if ([...blocks.values()].every(isWithheld)) return { state: { options, models: known, best }, publish: [] }
  const models = starts.map((from, block) => {
    const update = blocks.get(block)
    if (!isWithheld(update)) return addScaled(from, update.total, 1 / update.weight)
    return !isFirst && Math.floor(block / clusters) === best ? context.model(block % clusters) : from
  })
  const report = yield* ask.sum('measure-points', { models, args: { models: clusters }, place, vectorLengths: upTo(blocksInAll, () => 1) })
  const losses = upTo(restarts, (restart) => {
    const parts = upTo(clusters, (k) => report.blocks.get(restart * clusters + k)).flatMap((part) => (isWithheld(part) ? [] : [part]))
    const weight = parts.reduce((sum, part) => sum + part.weight, 0)
    return weight === 0 ? Number.POSITIVE_INFINITY : parts.reduce((sum, part) => sum + part.total[0], 0) / weight
  })
  const least = Math.min(...losses)
  const chosen = Number.isFinite(least) ? losses.indexOf(least) : best
  return {
    state: { options, models, best: chosen },
    publish: published(models, options, chosen),
    metrics: { accuracy: null, loss: Number.isFinite(least) ? least : null },
  }
}
