import type { AskId, ClientId, Digest, FederationConfig, FederationId, Lifecycle, RoundSummary } from '@shoal/protocol'
import type { AskSpec, ComputeAskSpec, SumAskSpec } from './federation-event.ts'

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
  readonly strategyState: Digest
  readonly rounds: readonly RoundSummary[]
  /** Finished rounds in a row that changed nothing. */
  readonly roundsWithoutProgress: number
}

export interface ClientRecord {
  /** `expected` after a server restart: was here, may be reconnecting, and is waited for until the deadline. */
  readonly presence: 'here' | 'away' | 'expected'
  readonly ready: boolean
  readonly cluster: number
}

export type Stage = { readonly kind: 'idle' } | OpenRound

export interface OpenRound {
  readonly kind: 'open'
  readonly startedAt: number
  /** Clients drawn for this round, in canonical order. */
  readonly cohort: readonly ClientId[]
  /** Clients whose contribution is in the training sum. */
  readonly trained: number
  readonly closed: readonly ClosedAsk[]
  readonly open: OpenAsk | null
}

export interface ClosedAsk {
  readonly spec: AskSpec
  readonly answer: Digest
}

export type OpenAsk = OpenSum | OpenCompute

export interface OpenSum {
  readonly kind: 'sum'
  readonly spec: SumAskSpec
  readonly deadlineAt: number
  /** Whom it was put to: those of the cohort that were not away when it opened. */
  readonly asked: readonly ClientId[]
  /** Durably folded. */
  readonly folded: ReadonlySet<ClientId>
  readonly satOut: ReadonlySet<ClientId>
  /** The accumulator with `folded` in it; null while nobody is. */
  readonly checkpoint: Digest | null
  /** Nobody who could answer is here and the quorum is not met: the sum closes then, if none of them has come back. Null while somebody is awaited. */
  readonly graceEndsAt: number | null
  /** No more contributions are taken; the answer is being made. */
  readonly closing: boolean
}

export interface OpenCompute {
  readonly kind: 'compute'
  readonly spec: ComputeAskSpec
}

export const openSumOf = (state: FederationState, ask: AskId): OpenSum | null => {
  const open = state.stage.kind === 'open' ? state.stage.open : null
  return open?.kind === 'sum' && open.spec.ask === ask ? open : null
}
