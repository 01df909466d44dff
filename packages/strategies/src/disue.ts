import { deriveSeed } from '@shoal/numeric'
import { type DistilReport, type ProcedureTable, succeeded } from '@shoal/protocol'
import { upTo } from './cluster-models.ts'
import type { Asking, Asks, JobTable, Placement, RoundContext, RoundResult, Strategy } from './contract.ts'
import { averageOf, type TrainedBlocks, watched } from './disue-average.ts'
import { type DisueOptions, parseDisueOptions } from './disue-options.ts'
import { doubtAfter, modelOf, noDoubt, type StartState, startOf, withCandidate } from './disue-start.ts'
import { afterTraining, countLabels, type Standing, type Teachers, teachersOf } from './disue-teachers.ts'
import { type Caution, cautionAfter, gateOn, gentler, noCaution, refused, verdictOn } from './disue-verdict.ts'

/** Section 11: mean entropy of the teachers' mix, over log C. */
const MOST_UNDECIDED = 0.9
/** Section 11: the diversity term, toward 1 where the generator draws one picture. */
const MOST_ALIKE = 0.9

export interface DisueState<Inner> extends StartState {
  readonly seed: string
  /** C. */
  readonly classes: number
  /** State of the strategy that is wrapped. */
  readonly inner: Inner
  /** phi, as the last distillation left it. */
  readonly generator: Float32Array | null
  /** Of each cluster. */
  readonly standings: readonly Standing[]
  /** Rounds in which there was something to distil. */
  readonly age: number
  readonly caution: Caution
}

export interface WithExpertOptions<Inner> {
  readonly own: DisueOptions
  readonly inner: Inner
}

/**
 * DisUE (arXiv 2506.20285): one expert for all, distilled without data from the models of any clustered strategy, that clients start the next round from. The hook changes
 * where clients start and nothing else: the assignment, the clusters' models and the expert are three outputs.
 *
 * Difference from the paper, ours: its method section is not to be had. What is here is our reading of the abstract (spec section 3), the label sampler and the weighting
 * factors being FedFTG's with clusters for clients; gate, verdict, guards and where clients of each strategy start by default are ours.
 */
export const withExpert = <Inner, InnerOptions>(
  strategy: Strategy<Inner, ProcedureTable, JobTable, InnerOptions>,
): Strategy<DisueState<Inner>, ProcedureTable, JobTable, WithExpertOptions<InnerOptions>> => ({
  name: strategy.name,
  views: strategy.views,
  ...(strategy.levels === undefined ? {} : { levels: strategy.levels }),
  ...(strategy.centres === undefined ? {} : { centres: strategy.centres }),
  parseOptions({ expert, ...wrapped }) {
    const own = parseDisueOptions(strategy.name, wrapped, expert)
    if (!own.ok) return own
    const inner = strategy.parseOptions(wrapped)
    return inner.ok ? succeeded({ own: own.value, inner: inner.value }) : inner
  },
  init: ({ options, ...rest }) => ({
    options: options.own,
    seed: rest.seed,
    classes: rest.classes,
    inner: strategy.init({ ...rest, options: options.inner }),
    expert: null,
    generator: null,
    standings: [],
    candidate: null,
    age: 0,
    caution: noCaution,
    doubt: noDoubt,
  }),
  *round(state, ask, context) {
    // Section 4.2, steps 1-3: clients train from where the expert puts them, and the wrapped strategy makes of it what it always makes.
    const inner = strategy.round(state.inner, ask, { ...context, start: (k) => startOf(k, state, context), model: (k) => modelOf(k, state, context) })
    const { result, trained } = yield* watched(inner)
    const models = result.publish.length > 0 ? result.publish : upTo(context.clusters).map(context.model)
    const average = averageOf(models, trained)
    if (models.length === 1 || average === null) return withCandidate(result, { ...state, inner: result.state }) // nothing to distil from, or nobody trained

    // Step 4: n_k^y. Once while nobody moves.
    const known = afterTraining(state.standings, trained, models.length, result.unplaced)
    const place = countedBy(known, trained, state, result)
    const standings = place === null ? known : yield* countLabels(known, place, state.classes, ask, context)

    // Steps 5-9: u, which is the average unless what was distilled is worth more to those who would start from it.
    const teachers = teachersOf(models, standings, state.expert ?? average, state.classes)
    const made = yield* expertOf(teachers, average, state, ask, context)
    const { doubt, notes } = doubtAfter(state, result, context.round)
    const isDisputed = made.isDisputed ?? doubt.isDisputed
    const next = { ...state, ...made.change, inner: result.state, expert: made.expert, standings, age: state.age + 1, doubt: { ...doubt, isDisputed } }
    const told = { signals: { ...result.signals, ...made.signals }, notes: [...(result.notes ?? []), ...made.notes, ...notes] }
    return withCandidate({ ...result, ...told, expert: { model: made.expert, samples: made.samples } }, next)
  },
  admit({ inner, expert }) {
    const admission = strategy.admit(inner)
    return expert === null ? admission : { ...admission, fallback: expert }
  },
})

/**
 * Who is to tell label counts: all when clients have moved (a strategy that lets them choose in every round says how many did so anew), else those of whom nothing was ever heard. Null: nobody.
 */
function countedBy(
  known: readonly Standing[],
  trained: TrainedBlocks,
  { standings }: DisueState<unknown>,
  { place, signals }: RoundResult<unknown>,
): Placement | null {
  if (standings.length === 0 || (place !== undefined && signals?.moved !== 0)) return place ?? { by: 'cluster' }
  const only = upTo(known.length).filter((cluster) => known[cluster].counts === null && trained.has(cluster))
  return only.length === 0 ? null : { by: 'cluster', only }
}

interface Made {
  readonly expert: Float32Array
  readonly samples: Float32Array | null
  /** What else of the state has changed. */
  readonly change: Partial<Pick<DisueState<unknown>, 'generator' | 'caution'>>
  /** Null where nothing was distilled that could tell. */
  readonly isDisputed: boolean | null
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

/** Section 4.2, steps 5 to 9. */
function* expertOf(teachers: Teachers, average: Float32Array, state: DisueState<unknown>, ask: Asks, context: RoundContext): Asking<Made> {
  const { options, caution, age } = state
  const { round } = context
  const without = (...notes: string[]): Made => ({ expert: average, samples: null, change: {}, isDisputed: null, signals: {}, notes })
  if (age % options.every !== 0) return without()
  if (round < caution.offUntil) return without(`Two experts in a row did harm: until round ${caution.offUntil} the average of the clusters stands for them.`)
  if (state.classes < 2) return without('No expert: the model tells no classes apart.')

  const seed = deriveSeed(state.seed, 'disue', round)
  const args = { ...teachers, start: average, generator: state.generator, options: gentler(options.distil, caution), seed } // step 5
  const answer = yield* ask.compute('distil', args) // steps 6 and 7
  const gate = gateOn(answer, args) // step 8
  const verdict = gate.passed === null ? refused(gate.fault) : yield* verdictOn(gate.passed, average, options, ask, context) // step 9
  const { report, generator, samples } = 'value' in answer ? answer.value : NOTHING
  const isSpent = verdict.didHarm || (report !== null && report.collapse > MOST_ALIKE)
  const isDisputed = report === null ? null : isContradiction(report, state.classes)
  return {
    expert: verdict.expert ?? average,
    samples: isSound(samples) ? samples : null,
    change: {
      // Section 11: a generator that draws one picture begins anew. So does one after harm: what it has come to draw may be why.
      generator: isSpent ? null : isSound(generator) ? generator : state.generator,
      caution: gate.passed === null ? caution : cautionAfter(caution, verdict.didHarm, round),
    },
    isDisputed,
    signals: { ...(report === null ? {} : signalsOf(report)), ...verdict.signals },
    notes: [verdict.note, ...(isDisputed ? ['Clusters disagree on labels: each goes on from its own model.'] : [])],
  }
}

const NOTHING = { report: null, generator: null, samples: null }
const isSound = (vector: Float32Array | null): vector is Float32Array => vector !== null && vector.length > 0 && vector.every(Number.isFinite)

const signalsOf = ({ fidelity, before, after, entropy, seconds }: DistilReport): Record<string, number> =>
  Object.fromEntries(
    Object.entries({ fidelity, klBefore: before, klAfter: after, teacherEntropy: entropy, distilSeconds: seconds }).filter(([, value]) =>
      Number.isFinite(value),
    ),
  )

/** Section 11: on examples that have a class, the teachers together are all but undecided which. */
const isContradiction = ({ entropy, fidelity }: DistilReport, classes: number): boolean => entropy > MOST_UNDECIDED && fidelity < Math.log(classes)
