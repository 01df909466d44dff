import type {
  Bipartition,
  DescriptorClustersArgs,
  FarthestFirstArgs,
  FindClustersArgs,
  FoundCentroids,
  FoundClusters,
  FoundDescriptorClusters,
} from '@shoal/clustering'
import type { Layout, Rng } from '@shoal/numeric'
import type {
  AskId,
  BlockId,
  ClientId,
  DistilArgs,
  Distilled,
  Failure,
  Metrics,
  PrivacyLevel,
  ProcedureTable,
  Result,
  Robust,
  TrainArgs,
  View,
} from '@shoal/protocol'

/**
 * A strategy is a program over three questions (docs/architecture.md): it never touches a client; it asks, gets the answer, asks again, and returns. Everything
 * it knows between rounds is in its state, plain data that is complete at round boundaries; after a crash a fresh generator is driven through the recorded
 * answers to where it stood, so a program must be a pure function of (state, answers, context).
 *
 * `Procedures` is the table of local procedures with their arguments, `Jobs` that of the heavy computations; both default to what is built. `Options` is what
 * `parseOptions` makes of the operator's words and `init` gets.
 */
export interface Strategy<State, Procedures = ProcedureTable, Jobs = JobTable, Options = unknown> {
  readonly name: string
  /** What the strategy can work from, default first. */
  readonly views: readonly [View, ...View[]]
  /** The privacy levels that it works at; all where it does not say. */
  readonly levels?: readonly PrivacyLevel[]
  /** What may stand for the mean of updates; anything where it does not say. */
  readonly centres?: readonly Robust[]
  /** Checks the operator's options; the failure says which field is wrong. */
  parseOptions(options: Record<string, unknown>): Result<Options>
  init(context: InitContext<Options>): State
  round(state: State, ask: Asks<Procedures, Jobs>, context: RoundContext): RoundProgram<State, Procedures, Jobs>
  /** How a newcomer finds its cluster on its own device. Nothing is uploaded for it. */
  admit(state: State): Admission<Procedures>
}

export interface InitContext<Options = unknown> {
  /** Flat trainable parameters, one entry each, in layout order. */
  readonly initialModel: Float32Array
  /** Where each of the model's tensors lies in it. */
  readonly layout: Layout
  /** Classes that the model tells apart; 0 for a model of points. */
  readonly classes: number
  readonly options: Options
  readonly seed: string
}

export interface RoundContext {
  readonly round: number
  /** After so many rounds the federation finishes. */
  readonly rounds: number
  /** The model that clients of cluster `k` start this round from. Mean updates are added to it, never to a copy of the strategy's own. */
  start(k: number): Float32Array
  /** The model that cluster `k` has published: `start(k)`, unless another strategy wraps this one. A withheld cluster keeps it. */
  model(k: number): Float32Array
  /** Which of the strategy's views the federation runs. */
  readonly view: View
  /** Number of clusters, that is of published models. */
  readonly clusters: number
  /** Members of each cluster when the round began, whether or not they were drawn for it; who is away does not count. */
  readonly clusterSizes: readonly number[]
  /** Clients that are here and found none of the clusters theirs. A round that takes everybody takes them too. */
  readonly pending: number
  /** Clients drawn for this round. */
  readonly cohortSize: number
  /** What may be released: sums over `clients` at least, and moves from one cluster to another of `movers` at least (privacy.md 3.6); 1 where nothing limits them. */
  readonly release: { readonly clients: number; readonly movers: number }
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
  /** How the clients of this round are spread over the clusters from now on, its blocks being cluster numbers; left out when nobody moves. */
  readonly place?: Placement
  /** A model for everybody besides the clusters', and what its generator draws: an example of each class, one after the other. Left out: as it was. */
  readonly expert?: { readonly model: Float32Array; readonly samples: Float32Array | null }
  /** Where the clusters are of points and not of clients: how many points each has. Then nobody is placed, and every client has a part in all. */
  readonly points?: readonly number[]
  /** Clusters, by their numbers before this round, that are no more what they were: members whom `place` did not reach find their place anew by `admit`. */
  readonly unplaced?: readonly number[]
  /** Why nothing is left to do: the federation finishes with this round. */
  readonly done?: string
  /** The next round takes everybody who is here, as far as `cohort.max` allows, not a share of them. */
  readonly isCensusDue?: boolean
  /** Measured on `publish`, if it was measured. */
  readonly metrics?: Metrics
  readonly clusterMetrics?: readonly Metrics[]
  /** What the strategy measured to decide, by name: `temperature`, `ratio.0` ... Finite numbers. */
  readonly signals?: Readonly<Record<string, number>>
  /** What it found, in sentences for people. */
  readonly notes?: readonly string[]
}

/** A local procedure that decides for a client which cluster it belongs to and which model serves it, on public objects alone. */
export type Admission<Procedures = ProcedureTable> = {
  [Name in keyof Procedures & string]: {
    readonly procedure: Name
    readonly args: Procedures[Name]
    readonly models: readonly Float32Array[]
    readonly vectors?: readonly Float32Array[]
    /** A more general model: serves a client whom the procedure places nowhere, or whom it serves better by the client's own data. */
    readonly fallback?: Float32Array
  }
}[keyof Procedures & string]

/** Which block of a sum a client answers in, or which cluster it belongs to. With `only`, clients of other blocks are not asked. */
export type Placement =
  /** All in block 0. */
  | { readonly by: 'everyone' }
  /** The client's present cluster. */
  | { readonly by: 'cluster'; readonly only?: readonly BlockId[] }
  /**
   * The label that its own row got, -1 for none: labels are published per row handle, and each client, which gave one row, finds its own. Who was not asked for
   * rows answers in its present cluster; who was asked and has no label sits out.
   */
  | { readonly by: 'label'; readonly blocks: number; readonly rows: RowsAnswer; readonly labels: readonly number[] }
  /** The procedure decides, on the client, in which of `blocks` it answers (IFCA). A client may find that none is for it, and sits out. */
  | { readonly by: 'choice'; readonly blocks: number }
  /**
   * Where the client answered last when procedure `of` was put by `choice` earlier in this round; else its present cluster, if nobody of that cluster chose:
   * who was silent while the others took sides has no block. `to` renames: the client of block b answers in `to[b]`, a number below `blocks`; where that is -1,
   * it has none.
   */
  | { readonly by: 'chosen'; readonly of: string; readonly to: readonly BlockId[]; readonly blocks: number; readonly only?: readonly BlockId[] }
  /** Every client in every block, with nothing where it has nothing (UIFCA's points): no choice is declared, and an answer counts all clients. Its weight may be 0. */
  | { readonly by: 'every'; readonly blocks: number }
  /** Dealt out evenly by the round's seed (IFCA's forced first round). */
  | { readonly by: 'lot'; readonly blocks: number }

interface Question<Args> {
  readonly args: Args
  /** The models the procedure runs on, one a block. A client gets that of its block; all of them where only the client knows it, or where there is one block for all. */
  readonly models: readonly Float32Array[]
  /** So many entries at the beginning are the same in all models: they travel once, and what an update gives to them is summed over all blocks, as the block after the last. */
  readonly trunk?: number
  /** The models travel as one: for many small ones that change together and that every client needs. */
  readonly joined?: true
  /** Public vectors besides the models that the procedure reads: directions, means, centroids. They travel by hash as models do; every client gets all. */
  readonly vectors?: readonly Float32Array[]
  /** Use the result of this procedure, obtained earlier in the round, instead of running it again. What trains to answer keeps its update as that of `train`. */
  readonly of?: string
}

export interface SumQuestion<Args> extends Question<Args> {
  readonly place?: Placement
  /** Entries of each block's vector where the procedure's own length does not say it (trunk and heads). */
  readonly vectorLengths?: readonly number[]
}

export interface RowsQuestion<Args> extends Question<Args> {
  /** Whose rows, and from which model: everyone's from the one model if left out. */
  readonly place?: Placement & { readonly by: 'everyone' | 'cluster' }
  readonly rowLength: number
  readonly maxRowsPerClient: number
}

export type Ask<Procedures = ProcedureTable, Jobs = JobTable> =
  | {
      [Name in keyof Procedures & string]: { readonly kind: 'sum'; readonly procedure: Name; readonly question: SumQuestion<Procedures[Name]> }
    }[keyof Procedures & string]
  | {
      [Name in keyof Procedures & string]: { readonly kind: 'rows'; readonly procedure: Name; readonly question: RowsQuestion<Procedures[Name]> }
    }[keyof Procedures & string]
  | {
      [Name in keyof Jobs & string]: { readonly kind: 'compute'; readonly job: Name; readonly args: Jobs[Name] extends Job<infer Args, unknown> ? Args : never }
    }[keyof Jobs & string]

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
  /** Names the answer where labels for its rows are published. */
  readonly ask: AskId
  readonly rows: readonly Row[]
}

/** A row's handle is its index in `rows`. `owner` is known at level `sealed` and null at `masked`. */
export interface Row {
  readonly vector: Float32Array
  /** Of the ask's placement: a cohort holds one cluster only, so this is known at every level. */
  readonly block: BlockId
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
  /** Cuts rows in two (Sattler 2019, Algorithm 1); null where fewer than two have a direction. */
  bipartition: Job<{ readonly rows: readonly Float32Array[]; readonly linkage: 'single' | 'complete' }, Bipartition | null>
  /** As many clusters among rows as are wanted: farthest first, then Lloyd (Dennis 2021, Algorithm 2). */
  'farthest-first': Job<FarthestFirstArgs, FoundCentroids>
  /** Finds clusters among rows by their cosine distances (Zuziak 2025); how many is the method's to say. */
  'find-clusters': Job<FindClustersArgs, FoundClusters>
  /** Finds clusters among descriptors by how near they lie; how many comes out of it, or is given (FLUX). */
  'descriptor-clusters': Job<DescriptorClustersArgs, FoundDescriptorClusters>
  /** One expert out of the clusters' models, without data (DisUE). */
  distil: Job<DistilArgs, Distilled>
}

export type RoundProgram<State, Procedures = ProcedureTable, Jobs = JobTable> = Generator<Ask<Procedures, Jobs>, RoundResult<State>, Answer>
/** A part of a round's program: asks its own questions and comes to a value. */
export type Asking<Value, Procedures = ProcedureTable, Jobs = JobTable> = Generator<Ask<Procedures, Jobs>, Value, Answer>

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
