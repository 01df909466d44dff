import type { Rng } from '@shoal/numeric'
import type { BlockId, ClientId, Failure, Metrics, ProcedureTable, Result, TrainArgs, View } from '@shoal/protocol'

/**
 * A strategy is a program over three questions (docs/architecture.md): it never touches a client; it asks, gets the answer, asks again, and returns. Everything
 * it knows between rounds is in its state, plain data that is complete at round boundaries; after a crash a fresh generator is driven through the recorded
 * answers to where it stood, so a program must be a pure function of (state, answers, context).
 *
 * `Procedures` is the table of local procedures with their arguments, `Jobs` that of the heavy computations; both default to what is built.
 */
export interface Strategy<State, Procedures = ProcedureTable, Jobs = JobTable> {
  readonly name: string
  /** What the strategy can work from, default first. */
  readonly views: readonly [View, ...View[]]
  /** Checks the operator's options; the failure says which field is wrong. */
  parseOptions(options: Record<string, unknown>): Result<Record<string, unknown>>
  init(context: InitContext): State
  round(state: State, ask: Asks<Procedures, Jobs>, context: RoundContext): RoundProgram<State, Procedures, Jobs>
  /** How a newcomer finds its cluster on its own device. Nothing is uploaded for it. */
  admit(state: State): Admission<Procedures>
}

export interface InitContext {
  /** Flat trainable parameters, one entry each, in layout order. */
  readonly initialModel: Float32Array
  readonly options: Record<string, unknown>
  readonly seed: string
}

export interface RoundContext {
  readonly round: number
  /** The model that clients of cluster `k` start this round from. Mean updates are added to it, never to a copy of the strategy's own. */
  start(k: number): Float32Array
  /** Number of clusters, that is of published models. */
  readonly clusters: number
  /** Clients drawn for this round. */
  readonly cohortSize: number
  /** The federation's settings for the procedure `train`. */
  readonly train: TrainArgs
  readonly evaluation: { readonly onClients: boolean; readonly onServer: boolean }
  /** Randomness of this round alone: the same after a replay. */
  readonly rng: Rng
}

export interface RoundResult<State> {
  readonly state: State
  /** The clusters' models from now on, in cluster order; empty when nothing changed. */
  readonly publish: readonly Float32Array[]
  /** How the clients of this round are spread over the clusters from now on; left out when nobody moves. */
  readonly place?: Placement
  /** Measured on `publish`, if it was measured. */
  readonly metrics?: Metrics
  readonly clusterMetrics?: readonly Metrics[]
}

export interface Admission<Procedures = ProcedureTable> {
  readonly procedure: keyof Procedures & string
  readonly models: readonly Float32Array[]
}

/** Which block of a sum a client answers in. */
export type Placement =
  /** All in block 0. */
  | { readonly by: 'everyone' }
  /** The client's present cluster. */
  | { readonly by: 'cluster' }
  /** The label its own row got: labels are published per row handle, and each client finds its own. */
  | { readonly by: 'label'; readonly rows: RowsAnswer; readonly labels: readonly number[] }
  /** The client decides among `blocks` of them, and may answer in several (IFCA, UIFCA). */
  | { readonly by: 'choice'; readonly blocks: number }

interface Question<Args> {
  readonly args: Args
  /** The models the procedure runs on. With `everyone`, `cluster` and `label` a client gets the model of its block; with `choice` it gets all. */
  readonly models: readonly Float32Array[]
  /** Use the result of this procedure, run earlier in the round, instead of running it again. */
  readonly of?: string
}

export interface SumQuestion<Args> extends Question<Args> {
  readonly place?: Placement
  /** Entries of each block's vector where the procedure's own length does not say it (trunk and heads). */
  readonly vectorLengths?: readonly number[]
}

export interface RowsQuestion<Args> extends Question<Args> {
  readonly rowLength: number
  readonly maxRowsPerClient: number
}

export type Ask<Procedures = ProcedureTable, Jobs = JobTable> =
  | { [Name in keyof Procedures & string]: { readonly kind: 'sum'; readonly procedure: Name; readonly question: SumQuestion<Procedures[Name]> } }[keyof Procedures & string]
  | { [Name in keyof Procedures & string]: { readonly kind: 'rows'; readonly procedure: Name; readonly question: RowsQuestion<Procedures[Name]> } }[keyof Procedures & string]
  | { [Name in keyof Jobs & string]: { readonly kind: 'compute'; readonly job: Name; readonly args: Jobs[Name] extends Job<infer Args, unknown> ? Args : never } }[keyof Jobs & string]

export type Answer = SumAnswer | RowsAnswer | ComputeAnswer<unknown>

export interface SumAnswer {
  readonly kind: 'sum'
  readonly blocks: ReadonlyMap<BlockId, BlockAnswer>
}

export type BlockAnswer = BlockSum | Withheld

/** `total` = sum of weight * vector over the block's clients, exact; `weight` = sum of weights; `count` = clients. */
export interface BlockSum {
  readonly total: Float64Array
  readonly weight: number
  readonly count: number
}

/** A normal answer: too few, or none. The block keeps its model. */
export interface Withheld {
  readonly withheld: 'below-kmin' | 'no-quorum' | 'aborted'
}

export interface RowsAnswer {
  readonly kind: 'rows'
  readonly rows: readonly Row[]
}

/** A row's handle is its index in `rows`. `owner` is known at level `sealed` and null at `masked`. */
export interface Row {
  readonly vector: Float32Array
  readonly owner: ClientId | null
}

export type ComputeAnswer<Value> = { readonly kind: 'compute'; readonly value: Value } | { readonly kind: 'compute'; readonly failure: Failure }

/** Arguments and result of heavy work on public objects, done in a worker thread. */
export interface Job<Args, Value> {
  readonly args: Args
  readonly value: Value
}

export interface JobTable {
  /** Accuracy and mean loss of a model on the test set that the server holds. */
  evaluate: Job<{ readonly model: Float32Array }, Metrics>
}

export type RoundProgram<State, Procedures = ProcedureTable, Jobs = JobTable> = Generator<Ask<Procedures, Jobs>, RoundResult<State>, Answer>
type Asking<Value, Procedures, Jobs> = Generator<Ask<Procedures, Jobs>, Value, Answer>

export interface Asks<Procedures = ProcedureTable, Jobs = JobTable> {
  /** Per-block sums over the cohort, and nothing else. */
  sum<Name extends keyof Procedures & string>(procedure: Name, question: SumQuestion<Procedures[Name]>): Asking<SumAnswer, Procedures, Jobs>
  /** The set of the cohort's vectors. */
  rows<Name extends keyof Procedures & string>(procedure: Name, question: RowsQuestion<Procedures[Name]>): Asking<RowsAnswer, Procedures, Jobs>
  /** Heavy work on public objects. */
  compute<Name extends keyof Jobs & string>(
    job: Name,
    args: Jobs[Name] extends Job<infer Args, unknown> ? Args : never,
  ): Asking<ComputeAnswer<Jobs[Name] extends Job<unknown, infer Value> ? Value : unknown>, Procedures, Jobs>
}

export const isWithheld = (answer: BlockAnswer | undefined): answer is Withheld | undefined => answer === undefined || 'withheld' in answer
