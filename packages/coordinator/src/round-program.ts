import { createRng, deriveSeed, type Layout } from '@shoal/numeric'
import { isProcedureName, PROCEDURES, type ProcedureName, ShoalError } from '@shoal/protocol'
import { type Answer, type Ask, createAsks, type RoundContext, type RoundResult, type Strategy, type SumQuestion } from '@shoal/strategies'
import type { FederationState, OpenRound } from './federation-state.ts'

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
  stage: Pick<OpenRound, 'cohort'>,
  models: readonly Float32Array[],
): RoundProgram {
  const context: RoundContext = {
    round,
    start: (k) => models[k],
    model: (k) => models[k],
    view: config.privacy.view,
    clusters: models.length,
    cohortSize: stage.cohort.length,
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

export interface SumDemand {
  readonly procedure: ProcedureName
  readonly args: unknown
  readonly place: 'everyone' | 'cluster' | 'choice'
  readonly vectorLengths: readonly number[]
  readonly of: ProcedureName | null
}

/** What the contract provides for and nothing built needs so far: refused aloud, so that no program runs on a silent half of it. */
export const notYet = (what: string): ShoalError => new ShoalError({ code: 'SHOAL_ERR_STRATEGY_FAILED', detail: `${what} are not available yet` })

/** Checks a sum that a program asks for; what it may not ask is its error, not the clients'. */
export function demandOf(ask: Ask & { kind: 'sum' }, layout: Pick<Layout, 'length'>): SumDemand {
  const question: SumQuestion<unknown> = ask.question
  const procedure = PROCEDURES[ask.procedure]
  const args = procedure.args.safeParse(question.args)
  if (!args.success) throw new ShoalError({ code: 'SHOAL_ERR_STRATEGY_FAILED', detail: `arguments of ${ask.procedure}` })
  const place = question.place ?? { by: 'everyone' }
  if (place.by !== 'everyone' && place.by !== 'cluster' && place.by !== 'choice') throw notYet(`sums placed by ${place.by}`)
  if (place.by === 'cluster' && place.only !== undefined) throw notYet('sums over some of the clusters')
  if (question.vectors !== undefined) throw notYet('public vectors besides the models')
  const blocks = place.by === 'choice' ? place.blocks : place.by === 'cluster' ? question.models.length : 1
  const own = procedure.length === 'parameters' ? layout.length : procedure.length
  const of = question.of ?? null
  if (of !== null && !isProcedureName(of)) throw new ShoalError({ code: 'SHOAL_ERR_STRATEGY_FAILED', detail: `there is no procedure ${of}` })
  return { procedure: ask.procedure, args: args.data, place: place.by, vectorLengths: question.vectorLengths ?? Array.from({ length: blocks }, () => own), of }
}
