import type { BlockId, ProcedureTable } from '@shoal/protocol'
import { upTo } from './cluster-models.ts'
import { type Asking, type Asks, isWithheld, type Placement, type RoundContext } from './contract.ts'
import { type Choices, choiceLength, clientsOf, entropyOf, meanLeastLoss, movedIn, permittedOf, readChoices } from './ifca-choices.ts'
import { isRepairDue, repairOf } from './ifca-repair.ts'
import { drawModels } from './ifca-start.ts'
import { type IfcaState, openingAge, startOf } from './ifca-state.ts'

/** A model that a cluster trains from, and the one that it keeps where it is not trained. */
export interface Origin {
  readonly start: Float32Array
  readonly kept: Float32Array
}

/** Who trains which model in this round. */
export interface Grouping {
  readonly from: readonly Origin[]
  /** Where clients train, and where they stand after that. */
  readonly trains: Placement
  readonly stands: Placement
  readonly of: string | null
  readonly rules: Pick<ProcedureTable['train-chosen'], 'closed' | 'kept' | 'repair'>
  /** Clusters that are no more what they were. */
  readonly unplaced: readonly BlockId[]
  /** Null where nobody chose. */
  readonly choices: Choices | null
  readonly notes: readonly string[]
}

/** Why nobody trains. */
export interface NoGrouping {
  readonly notes: readonly string[]
}

/** The authors draw until it is good; here a round has an end. */
const MOST_DRAWS = 10
const NO_RULES: Grouping['rules'] = { closed: [], kept: [], repair: null }
/** Where whoever trains by its choice stands. */
const chosenOf = (blocks: number): Placement => ({ by: 'chosen', of: 'train-chosen', to: upTo(blocks), blocks })

export function* groupingOf(state: IfcaState, ask: Asks, context: RoundContext): Asking<Grouping | NoGrouping> {
  const { options, age } = state
  const { clusters, refresh, forcedRounds } = options
  const opening = openingAge(options)
  if (clusters === 1 || age < opening) return assigned([own(0, context)], { by: 'everyone' })
  if (age === opening) return yield* open(state, ask, context)
  const published = Math.max(clusters, context.clusters) // a strategy that wraps this one may have a candidate more (DisUE)
  const models = state.isResuming && state.best !== null ? state.best.models.map(fresh) : upTo(published).map((cluster) => own(cluster, context))
  const isForced = options.start === 'pre-train' && age < opening + forcedRounds
  const isChosen = !isForced && (age - opening - 1) % refresh === 0
  return isChosen || state.isResuming ? yield* chosen(models, state, ask, context) : assigned(models, { by: 'cluster' })
}

/** The round in which K models come about (spec section 3.2). */
function* open(state: IfcaState, ask: Asks, context: RoundContext): Asking<Grouping | NoGrouping> {
  const { options, run, initial, slots, undrawn } = state
  const { clusters } = options
  const { rng, view, cohortSize } = context
  const notes: string[] = []
  if (run === 0 && cohortSize < clusters) notes.push(`${cohortSize} of the volunteers for ${clusters} clusters: models without a client stay as they are.`)
  if (options.start === 'farthest-first' && view === 'sums') notes.push('Farthest first needs rows: clusters begin by lot.')
  const unplaced = upTo(context.clusters)
  const base = run === 0 ? own(0, context) : fresh(initial)
  const drawn = (): Origin[] => drawModels({ base: base.start, initial, slots, from: undrawn }, clusters, rng).map(fresh)
  const lot: Placement = { by: 'lot', blocks: clusters }
  switch (startOf(options, view)) {
    case 'forced':
      // Difference from the paper, ours: every model is trained by a random K-th of the clients before anybody chooses. Independent draws alone led to the groups in 4 of 16 runs.
      return { ...assigned(Array<Origin>(clusters).fill(base), lot), unplaced, notes }
    case 'pre-train':
      return { ...assigned(drawn(), lot), unplaced, notes } // as the authors for FEMNIST
    case 'farthest-first':
      return yield* spread(base, unplaced, notes, state, ask, context)
    case 'random':
      return yield* chosen(drawn(), state, ask, context, { unplaced, notes })
    case 'redraw': {
      // As the authors for CIFAR; they look at a tenth of the clients, here all of the cohort choose.
      for (let draw = 1; ; draw += 1) {
        const grouping = yield* chosen(drawn(), state, ask, context, { unplaced, notes })
        if (!('from' in grouping) || grouping.choices === null) return grouping
        const least = Math.min(...grouping.choices.members) / clientsOf(grouping.choices)
        if (least >= options.redrawShare) return grouping
        if (draw === MOST_DRAWS)
          return {
            ...grouping,
            notes: [...grouping.notes, `After ${draw} draws one of the models is still chosen by fewer than ${Math.round(100 * options.redrawShare)} %.`],
          }
      }
    }
  }
}

/** Difference from the paper, ours: one update of everybody from one model, and the models begin as the means of updates that lie far apart (k-FED's server). */
function* spread(
  base: Origin,
  unplaced: readonly BlockId[],
  notes: readonly string[],
  state: IfcaState,
  ask: Asks,
  context: RoundContext,
): Asking<Grouping | NoGrouping> {
  const { options, sketchSeed } = state
  const { clusters, sketchLength } = options
  const rows = yield* ask.rows('sketch', {
    models: [base.start],
    args: { train: trainArgsOf(state, context), length: sketchLength, seed: sketchSeed },
    rowLength: sketchLength,
    maxRowsPerClient: 1,
  })
  const seed = `ifca-${context.rng.word()}`
  const answer = yield* ask.compute('farthest-first', { rows: rows.rows.map(({ vector }) => vector), clusters, seed })
  if ('failure' in answer) return { notes: [...notes, 'The first clusters could not be computed.'] }
  const { labels, centroids } = answer.value
  if (centroids.length < clusters) return { notes: [...notes, `${centroids.length} different updates are too few for ${clusters} clusters.`] }
  const place: Placement = { by: 'label', blocks: clusters, rows, labels }
  return { ...assigned(Array<Origin>(clusters).fill(base), place), of: 'train', unplaced, notes }
}

/** Algorithm 1, lines 5-7: all clients get all models, and choose. */
function* chosen(
  from: readonly Origin[],
  { options, age, trunk, isResuming }: IfcaState,
  ask: Asks,
  context: RoundContext,
  opened: { readonly unplaced: readonly BlockId[]; readonly notes: readonly string[] } | null = null,
): Asking<Grouping | NoGrouping> {
  const { samples, repairUntil } = options
  const { release } = context
  const isNew = opened !== null || isResuming // then clients' clusters are not of these models
  const { blocks } = yield* ask.sum('choose', {
    models: from.map(({ start }) => start),
    args: { samples, inertia: isNew ? 0 : options.inertia },
    ...(trunk === 0 ? {} : { trunk }),
    vectorLengths: [choiceLength(from.length)],
  })
  const sum = blocks.get(0)
  if (isWithheld(sum)) return { notes: [...(opened?.notes ?? []), 'Too few told their choice: nobody trains in this round.'] }
  const choices = readChoices(sum, from.length)
  const repair = opened === null && isRepairDue(age - openingAge(options), repairUntil) ? repairOf(choices, 2 * release.clients, options.clusters) : null
  const permitted = permittedOf({ members: choices.members, moves: isNew ? null : choices.moves }, release)
  const notes = [...(opened?.notes ?? []), ...permitted.notes]
  if (choices.members.includes(clientsOf(choices)) && clientsOf(choices) > 1)
    notes.push(`All ${clientsOf(choices)} volunteers chose cluster ${choices.members.findIndex((count) => count > 0)}.`)
  if (repair !== null) notes.push(`Cluster ${repair.dropped} is given up: it begins again as half of cluster ${repair.halved}.`)
  const closed = repair === null ? permitted.closed : permitted.closed.filter((cluster) => cluster !== repair.dropped)
  return {
    from: repair === null ? from : from.map((origin, cluster) => (cluster === repair.dropped ? from[repair.halved] : origin)),
    trains: { by: 'choice', blocks: from.length },
    stands: chosenOf(from.length),
    of: 'choose',
    rules: { closed: [...closed], kept: permitted.kept.map(([here, there]) => [here, there]), repair },
    unplaced: opened?.unplaced ?? (isResuming ? upTo(from.length) : repair === null ? [] : [repair.dropped, repair.halved]),
    choices,
    notes,
  }
}

/** The settings of `train`. Averaging gradients means one step and no more. */
export const trainArgsOf = ({ options }: IfcaState, { train }: RoundContext): RoundContext['train'] =>
  options.mode === 'gradients' ? { ...train, steps: 1 } : train

export const signalsOf = (choices: Choices): Record<string, number> => ({
  entropy: entropyOf(choices),
  moved: movedIn(choices),
  leastLoss: meanLeastLoss(choices),
})

const assigned = (from: readonly Origin[], place: Placement): Grouping => ({
  from,
  trains: place,
  stands: place,
  of: null,
  rules: NO_RULES,
  unplaced: [],
  choices: null,
  notes: [],
})
const own = (cluster: number, { start, model }: RoundContext): Origin => ({ start: start(cluster), kept: model(cluster) })
const fresh = (model: Float32Array): Origin => ({ start: model, kept: model })
