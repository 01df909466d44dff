import type { AskId, BlockId, ClientId, Digest, FederationConfig, FederationId, Lifecycle, ProcedureName, RoundSummary } from '@shoal/protocol'
import type { AskSpec, ClientAskSpec, ComputeAskSpec, Expert, RowSlot } from './federation-event.ts'

/** One federation as the round machine knows it: small plain data and handles, never a model or an update. */
export interface FederationState {
  readonly id: FederationId
  readonly config: FederationConfig
  /** Number of events applied: sequence number of the next one. */
  readonly version: number
  readonly lifecycle: Lifecycle
  /** Why it is paused or finished; empty otherwise. */
  readonly reason: string
  /** The round that is open, or the next one. */
  readonly round: number
  readonly stage: Stage
  readonly clients: ReadonlyMap<ClientId, ClientRecord>
  /** Digests of the clusters' models: what clients start from. */
  readonly models: readonly Digest[]
  /** Counts the changes of who belongs where. */
  readonly partition: number
  /** Whether clusters are of points: then every client has a part in all of them, and counts as a client of the first. */
  readonly isOfPoints: boolean
  readonly expert: Expert | null
  readonly strategyState: Digest
  /** The next round takes everybody, not a share; as long as no round has finished since. */
  readonly isCensusDue: boolean
  readonly rounds: readonly RoundSummary[]
  /** What the cohorts of the next masked sums are drawn from, in hex: clients committed to it before they knew who would be with them. Null before the first sum. */
  readonly beacon: string | null
  /** At level `masked`: over whom sums were opened, in this round for whatever purpose, and before it updates. */
  readonly sums: readonly OpenedSum[]
  /** Finished rounds in a row that changed nothing. */
  readonly roundsWithoutProgress: number
  /** How the clusters came about, one entry for each but the first, in the order of their numbers. */
  readonly splits: readonly ClusterSplit[]
  /** Sums that were asked for in each finished round. */
  readonly sumsAsked: readonly number[]
}

/** Cluster `added` came out of `parent`, which keeps its number. */
export interface ClusterSplit {
  readonly round: number
  readonly parent: number
  readonly added: number
  /** What the parent's clients started from in that round. */
  readonly model: Digest
  /** The parent's clients before. */
  readonly members: number
}

/** The clients of one cohort's sum. */
export interface OpenedSum {
  readonly ask: AskId
  readonly round: number
  readonly procedure: ProcedureName
  /** Sorted. */
  readonly clients: readonly ClientId[]
}

export interface ClientRecord {
  /** `expected` after a server restart: was here, may be reconnecting, and is waited for until the deadline. */
  readonly presence: 'here' | 'away' | 'expected'
  readonly ready: boolean
  /** Null while it has to find its place: it takes no part until then. */
  readonly cluster: number | null
  /** It found that none of the clusters is for it, and waits until they are looked for again. */
  readonly isPending?: true
}

export type Stage = { readonly kind: 'idle' } | OpenRound

export interface OpenRound {
  readonly kind: 'open'
  readonly startedAt: number
  /** Clients drawn for this round, in canonical order. */
  readonly cohort: readonly ClientId[]
  /** Members of each cluster that were not away when the round began. */
  readonly clusterSizes: readonly number[]
  /** Clients here that none of the clusters was for. */
  readonly pending: number
  /** Clients whose contribution is in the training sum. */
  readonly trained: number
  readonly closed: readonly ClosedAsk[]
  readonly open: OpenAsk | null
}

export interface ClosedAsk {
  readonly spec: AskSpec
  readonly answer: Digest
  readonly asked: readonly ClientId[]
  /** How many of them are in the answer. */
  readonly answered: number
  /** Where clients chose: the block of whoever gave one part. */
  readonly chosen: ReadonlyMap<ClientId, BlockId>
  /** Whose each row is, by handle; null where nobody knows. */
  readonly owners: readonly ClientId[] | null
  /** At level `masked`: where each row stands, by handle, and the cohort that each client was summed with. */
  readonly slots: readonly RowSlot[]
  readonly cohorts: ReadonlyMap<ClientId, number>
}

export type OpenAsk = OpenQuestion | OpenCompute

/** An ask that clients are answering. */
export interface OpenQuestion {
  readonly kind: 'question'
  readonly spec: ClientAskSpec
  readonly deadlineAt: number
  /** Whom it was put to: those of the cohort whom it concerns and who were not away when it opened. */
  readonly asked: readonly ClientId[]
  /** The block in which each of them answers; null where it declares its own. */
  readonly blocks: ReadonlyMap<ClientId, BlockId | null>
  /** Durably folded. */
  readonly folded: ReadonlySet<ClientId>
  readonly satOut: ReadonlySet<ClientId>
  readonly chosen: ReadonlyMap<ClientId, BlockId>
  /** At level `masked`: the cohort that each client was summed with. */
  readonly cohorts: ReadonlyMap<ClientId, number>
  /** Of those cohorts; null while there are none. */
  readonly beacon: string | null
  /** What holds the contributions of `folded`; null while nobody is. */
  readonly checkpoint: Digest | null
  /** Nobody who could answer is here and the quorum is not met: the ask closes then, if none of them has come back. Null while somebody is awaited. */
  readonly graceEndsAt: number | null
  /** No more contributions are taken; the answer is being made. */
  readonly closing: boolean
}

export interface OpenCompute {
  readonly kind: 'compute'
  readonly spec: ComputeAskSpec
}

/** The ask that clients are answering, if one is open. */
export const openQuestionIn = (state: FederationState): OpenQuestion | null => {
  const open = state.stage.kind === 'open' ? state.stage.open : null
  return open?.kind === 'question' ? open : null
}

export const openQuestionOf = (state: FederationState, ask: AskId): OpenQuestion | null => {
  const open = openQuestionIn(state)
  return open?.spec.ask === ask ? open : null
}
