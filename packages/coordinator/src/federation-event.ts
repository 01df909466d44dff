import type { AskId, BlockId, ClientId, Digest, ErrorCode, Failure, FederationConfig, FederationId, Metrics, ProcedureName } from '@shoal/protocol'

/**
 * Everything that can happen to a federation, in the past tense. The log of these events replays to the same state; `at` is milliseconds since the epoch by
 * the coordinator's clock.
 */
export type FederationEvent = { readonly at: number } & (
  | {
      readonly type: 'federation-created'
      readonly federation: FederationId
      readonly config: FederationConfig
      readonly model: Digest
      readonly strategyState: Digest
    }
  | { readonly type: 'federation-started' }
  | { readonly type: 'federation-paused'; readonly reason: string }
  | { readonly type: 'federation-resumed' }
  | { readonly type: 'federation-finished'; readonly reason: string }
  /** The process that held the sockets is new: nobody is connected yet. */
  | { readonly type: 'server-restarted' }
  | { readonly type: 'client-joined'; readonly client: ClientId }
  | { readonly type: 'client-readied'; readonly client: ClientId; readonly ready: boolean }
  | { readonly type: 'client-left'; readonly client: ClientId }
  | { readonly type: 'client-sat-out'; readonly client: ClientId; readonly ask: AskId; readonly code: ErrorCode }
  /** This client found its cluster by the admission of this partition. */
  | { readonly type: 'client-placed'; readonly client: ClientId; readonly partition: number; readonly cluster: number | null }
  | { readonly type: 'ask-opened'; readonly ask: AskSpec }
  /** These contributions are in what `checkpoint` holds, on disk. */
  | {
      readonly type: 'contributions-folded'
      readonly ask: AskId
      readonly clients: readonly ClientId[]
      /** Where clients choose: the block that each of them, in the same order, gave its one part to; null where it gave several. */
      readonly chosen: readonly (BlockId | null)[] | null
      /** At level `masked`: the cohort that each of them, in the same order, was summed with; null at others. */
      readonly cohorts: readonly number[] | null
      /** What the clients of these cohorts gave to the drawing of the next ones, combined, in hex; null at other levels. */
      readonly beacon: string | null
      readonly checkpoint: Digest
    }
  | { readonly type: 'deadline-passed'; readonly ask: AskId }
  | {
      readonly type: 'ask-closed'
      readonly ask: AskId
      readonly answer: Digest
      /** Whose each row is, by handle, where rows were asked for and owners are known. */
      readonly owners: readonly ClientId[] | null
      /** Where each row stands, by handle, where owners are not known. */
      readonly slots: readonly RowSlot[] | null
    }
  | {
      readonly type: 'round-finished'
      readonly round: number
      readonly strategyState: Digest
      /** Models from now on, in cluster order; empty when nothing changed. */
      readonly models: readonly Digest[]
      readonly metrics: Metrics
      readonly clusterMetrics: readonly Metrics[]
      /** Where the round's clients belong from now on; null when nobody moves. */
      readonly place: PlaceSpec | null
      /** A model for everybody besides the clusters', and what its generator draws; null where there is no new one. */
      readonly expert: Expert | null
      /** Points in each cluster, where clusters are of points and not of clients. */
      readonly points: readonly number[] | null
      /** Clusters, by their numbers before, whose other members have to find their place anew. */
      readonly unplaced: readonly number[]
      /** Whether the next round takes everybody. */
      readonly isCensusDue: boolean
      /** Why nothing is left to do; null while there is. */
      readonly done: string | null
      readonly signals: Readonly<Record<string, number>>
      readonly notes: readonly string[]
    }
  | { readonly type: 'round-aborted'; readonly round: number; readonly failure: Failure }
)

/** Where a row without an owner stands: its cohort, and its place in that cohort's table. */
export type RowSlot = readonly [cohort: number, place: number]

/** An ask as it is put on record. */
export type AskSpec = ClientAskSpec | ComputeAskSpec

/** An ask that clients answer. */
export type ClientAskSpec = SumAskSpec | RowsAskSpec

interface ProcedureSpec {
  readonly ask: AskId
  readonly procedure: ProcedureName
  readonly args: unknown
  readonly models: readonly Digest[]
  readonly vectors: readonly Digest[]
  readonly of: ProcedureName | null
  readonly place: PlaceSpec
  /** Where all models begin alike: that beginning. `models` then holds what follows it. */
  readonly trunk?: Digest
  /** Where `models` names one blob that holds several models: how many. */
  readonly joined?: number
}

export interface SumAskSpec extends ProcedureSpec {
  readonly kind: 'sum'
  /** Entries of each block's vector; as many as there are blocks, and with a trunk its block after them. */
  readonly vectorLengths: readonly number[]
}

export interface RowsAskSpec extends ProcedureSpec {
  readonly kind: 'rows'
  readonly rowLength: number
  /** Of one client. */
  readonly maxRows: number
}

/** A strategy's `Placement`, with the asks of this round that it speaks of by name. */
export type PlaceSpec =
  | { readonly by: 'everyone' }
  | { readonly by: 'cluster'; readonly only: readonly BlockId[] | null }
  | { readonly by: 'label'; readonly blocks: number; readonly ask: AskId; readonly labels: readonly number[] }
  | { readonly by: 'choice'; readonly blocks: number }
  | { readonly by: 'every'; readonly blocks: number }
  | { readonly by: 'lot'; readonly blocks: number }
  | {
      readonly by: 'chosen'
      readonly blocks: number
      readonly of: ProcedureName
      readonly to: readonly BlockId[]
      readonly only: readonly BlockId[] | null
    }

export interface ComputeAskSpec {
  readonly kind: 'compute'
  readonly ask: AskId
  readonly job: string
}

/** The model that was distilled from those of all clusters, and an example of each class. */
export interface Expert {
  readonly model: Digest
  readonly samples: Digest | null
}
