import type { Plot } from './plot.ts'

/** How much is run: everything, or what two cores do in minutes. */
export type Mode = 'full' | 'quick'

/** What one call of the command is after. */
export interface Plan {
  readonly mode: Mode
  /** Whole numbers; every experiment derives its randomness from one of them. */
  readonly seeds: readonly number[]
}

/** One measured run: what was asked for, and what came out, as JSON. */
export interface Finished<Parameters, Data> {
  readonly parameters: Parameters
  readonly data: Data
}

/** What a figure came to: in words for the table, and as a verdict on the tolerance. */
export interface Judgement {
  readonly ours: string
  readonly isReached: boolean
}

export type Verdict = 'reached' | 'missed' | 'not run'

/** One line of the table: a number that a paper shows, what we accept, and how ours is judged. */
export interface Figure<Parameters, Data> {
  readonly name: string
  readonly paper: string
  readonly tolerance: string
  /** Which runs it is about; left out for all. Until they are finished the verdict is 'not run'. */
  readonly isAbout?: (parameters: Parameters) => boolean
  /** Called with the finished runs that it is about, at least one. Null where the plan has no runs to hold them against. */
  judge(finished: readonly Finished<Parameters, Data>[]): Judgement | null
}

type Parameter = string | number
export type UnitParameters = Readonly<Record<string, Parameter>>

export interface ExperimentDefinition<Parameters extends UnitParameters, Data> {
  /** As the specification's table names it. */
  readonly id: string
  readonly title: string
  /** What was chosen where the paper is silent, and what else a reader of the figures must know. */
  readonly notes: readonly string[]
  /** Experiments with one `run` in common name it alike, and share what is finished. */
  readonly source: string
  /** To be raised with every change of `run` that changes a number: what an older version left behind is then run again. */
  readonly version: number
  /** The runs that the plan calls for. */
  parameters(plan: Plan): readonly Parameters[]
  /** One run, at most about 20 minutes on two cores. Rejects with `signal.reason` soon after an abort. The result must survive JSON. */
  run(parameters: Parameters, signal: AbortSignal): Promise<Data>
  readonly figures: readonly Figure<Parameters, Data>[]
  /** Called with at least one finished run. */
  plots(finished: readonly Finished<Parameters, Data>[]): readonly Plot[]
}

/** A piece of work that is either finished and kept, or not done at all. */
export interface Unit {
  /** The same for the same work, another one wherever a number could differ. */
  readonly key: string
  readonly parameters: UnitParameters
  run(signal: AbortSignal): Promise<unknown>
}

export interface FigureResult {
  readonly name: string
  readonly paper: string
  readonly tolerance: string
  readonly ours: string
  readonly verdict: Verdict
}

/** An experiment whose data nobody outside needs to understand. */
export interface Experiment {
  readonly id: string
  readonly title: string
  readonly notes: readonly string[]
  units(plan: Plan): readonly Unit[]
  /** `finished` has the data of units by key; others than this experiment's are passed over. */
  evaluate(plan: Plan, finished: ReadonlyMap<string, unknown>): { readonly figures: readonly FigureResult[]; readonly plots: readonly Plot[] }
}

const sortedJson = (parameters: UnitParameters): string =>
  JSON.stringify(Object.fromEntries(Object.entries(parameters).sort(([left], [right]) => (left < right ? -1 : 1))))

/** Hides the type of an experiment's data, so that runner, printer and report take all experiments alike. */
export function defineExperiment<Parameters extends UnitParameters, Data>(definition: ExperimentDefinition<Parameters, Data>): Experiment {
  const { id, title, notes, source, version, figures } = definition
  const keyOf = (parameters: Parameters): string => `${source} v${version} ${sortedJson(parameters)}`
  return {
    id,
    title,
    notes,
    units: (plan) =>
      definition.parameters(plan).map((parameters) => ({ key: keyOf(parameters), parameters, run: (signal) => definition.run(parameters, signal) })),
    evaluate: (plan, store) => {
      const planned = definition.parameters(plan)
      // What lies under a key was written by this version of this experiment's own `run`.
      const finished = planned.flatMap((parameters) => (store.has(keyOf(parameters)) ? [{ parameters, data: store.get(keyOf(parameters)) as Data }] : []))
      return {
        figures: figures.map(({ name, paper, tolerance, isAbout = () => true, judge }) => {
          const wanted = planned.filter(isAbout).length
          const found = finished.filter(({ parameters }) => isAbout(parameters))
          if (found.length < wanted) return { name, paper, tolerance, ours: `${found.length} of ${wanted} runs finished`, verdict: 'not run' }
          const judgement = wanted === 0 ? null : judge(found)
          if (judgement === null) return { name, paper, tolerance, ours: 'not part of this plan', verdict: 'not run' }
          const { ours, isReached } = judgement
          return { name, paper, tolerance, ours, verdict: isReached ? 'reached' : 'missed' }
        }),
        plots: finished.length > 0 ? definition.plots(finished) : [],
      }
    },
  }
}
