import { createRng, deriveSeed, type Layout } from '@shoal/numeric'
import { isProcedureName, isUpdateProcedure, MAX_VECTOR_LENGTH, PROCEDURES, ShoalError } from '@shoal/protocol'
import { type Answer, type Ask, createAsks, type Placement, type RoundContext, type RoundResult, type Strategy } from '@shoal/strategies'
import type { PlaceSpec, RowsAskSpec, SumAskSpec } from './federation-event.ts'
import { releaseOf } from './federation-policy.ts'
import type { FederationState, OpenRound } from './federation-state.ts'
import { blocksOf } from './placement.ts'

/** The next thing a round needs: an answer to an ask, or to be booked. */
export type Step = { readonly done: false; readonly ask: Ask } | { readonly done: true; readonly result: RoundResult<unknown> }

export interface RoundProgram {
  /** Runs to the next ask. The first call takes no answer. */
  next(answer: Answer | null): Step
}

/** A strategy's program for the open round, at its beginning. Whatever it needs to know is in the arguments: a second program over them asks the same. */
export function createRoundProgram(
  strategy: Strategy<unknown>,
  strategyState: unknown,
  { config, round }: Pick<FederationState, 'config' | 'round'>,
  stage: Pick<OpenRound, 'cohort' | 'clusterSizes' | 'pending'>,
  models: readonly Float32Array[],
): RoundProgram {
  const context: RoundContext = {
    round,
    rounds: config.stop.rounds,
    start: (k) => models[k],
    model: (k) => models[k],
    view: config.privacy.view,
    clusters: models.length,
    clusterSizes: stage.clusterSizes,
    pending: stage.pending,
    cohortSize: stage.cohort.length,
    release: releaseOf(config),
    train: config.train,
    evaluation: { onClients: config.evaluation.onClients, onServer: config.evaluation.testSet !== null },
    rng: createRng(deriveSeed(config.seed, 'strategy', round)),
  }
  const generator = strategy.round(strategyState, createAsks(), context)
  return {
    next(answer) {
      const step = answer === null ? generator.next() : generator.next(answer)
      return step.done ? { done: true, result: step.value } : { done: false, ask: step.value }
    },
  }
}

/** What a program asks of clients, before its models and vectors are on disk. */
export type Demand = DemandOf<SumAskSpec> | DemandOf<RowsAskSpec>
type DemandOf<Spec> = Omit<Spec, 'ask' | 'models' | 'vectors' | 'trunk' | 'joined'>

const wrong = (detail: string): ShoalError => new ShoalError({ code: 'SHOAL_ERR_STRATEGY_FAILED', detail })

/** Checks what a program asks of clients; what it may not ask is its error, not theirs. */
export function demandOf(ask: Ask & { kind: 'sum' | 'rows' }, layout: Pick<Layout, 'length'>, clusters: number): Demand {
  const procedure = PROCEDURES[ask.procedure]
  const args = procedure.args.safeParse(ask.question.args)
  if (!args.success) throw wrong(`arguments of ${ask.procedure}`)
  const of = ask.question.of ?? null
  if (of !== null && !isProcedureName(of)) throw wrong(`there is no procedure ${of}`)
  const place = placeSpecOf(ask.question.place ?? { by: 'everyone' })
  const asked = { procedure: ask.procedure, args: args.data, place, of }
  if (ask.kind === 'rows') {
    const { rowLength, maxRowsPerClient: maxRows } = ask.question
    if (procedure.answers !== 'parts or rows' && procedure.answers !== 'rows') throw wrong(`${ask.procedure} gives no rows`)
    assertLength(rowLength)
    return { kind: 'rows', ...asked, rowLength, maxRows }
  }
  if (procedure.answers === 'finding' || procedure.answers === 'rows') throw wrong(`${ask.procedure} gives no parts`)
  const own = procedure.length === 'parameters' ? layout.length : procedure.length
  const { vectorLengths = own === 'by the ask' ? [] : Array.from({ length: blocksOf(place, clusters) }, () => own) } = ask.question
  const { trunk } = ask.question
  if (trunk !== undefined && place.by === 'every') throw wrong('a trunk where everybody answers in every block')
  const isCut = trunk !== undefined && isUpdateProcedure(ask.procedure)
  const lengths = isCut ? [...vectorLengths.map((length) => length - trunk), trunk] : vectorLengths
  if (vectorLengths.length !== blocksOf(place, clusters)) throw wrong(`${vectorLengths.length} vector lengths for ${blocksOf(place, clusters)} blocks`)
  for (const length of lengths) assertLength(length)
  return { kind: 'sum', ...asked, vectorLengths: lengths }
}

function assertLength(length: number): void {
  if (!Number.isInteger(length) || length < 1 || length > MAX_VECTOR_LENGTH) throw wrong(`a vector of ${length} entries`)
}

/** A strategy's placement as it is put on record. Throws ShoalError where it names what is not there. */
export function placeSpecOf(place: Placement): PlaceSpec {
  switch (place.by) {
    case 'everyone':
    case 'choice':
    case 'every':
    case 'lot':
      return place
    case 'cluster':
      return { by: 'cluster', only: place.only ?? null }
    case 'chosen': {
      const { of } = place
      if (!isProcedureName(of)) throw wrong(`there is no procedure ${of}`)
      return { ...place, of, only: place.only ?? null }
    }
    case 'label': {
      const { rows, labels, blocks } = place
      if (labels.length !== rows.rows.length) throw wrong(`${labels.length} labels for ${rows.rows.length} rows`)
      if (labels.some((label) => !Number.isInteger(label) || label < -1 || label >= blocks)) throw wrong('a label names no block')
      const owners = rows.rows.flatMap(({ owner }) => owner ?? [])
      if (new Set(owners).size !== owners.length) throw wrong('labels of several rows of one client')
      return { by: 'label', blocks, ask: rows.ask, labels }
    }
  }
}
