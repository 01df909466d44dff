import type { AskId, ClientId, Digest, ErrorCode, Failure, FederationConfig, FederationId, Metrics, ProcedureName } from '@shoal/protocol'

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
  | { readonly type: 'ask-opened'; readonly ask: AskSpec }
  /** These contributions are in the accumulator that `checkpoint` holds, on disk. */
  | { readonly type: 'contributions-folded'; readonly ask: AskId; readonly clients: readonly ClientId[]; readonly checkpoint: Digest }
  | { readonly type: 'deadline-passed'; readonly ask: AskId }
  | { readonly type: 'ask-closed'; readonly ask: AskId; readonly answer: Digest }
  | {
      readonly type: 'round-finished'
      readonly round: number
      readonly strategyState: Digest
      /** Models from now on, in cluster order; empty when nothing changed. */
      readonly models: readonly Digest[]
      readonly metrics: Metrics
      readonly clusterMetrics: readonly Metrics[]
    }
  | { readonly type: 'round-aborted'; readonly round: number; readonly failure: Failure }
)

/** An ask as it is put on record. */
export type AskSpec = SumAskSpec | ComputeAskSpec

export interface SumAskSpec {
  readonly kind: 'sum'
  readonly ask: AskId
  readonly procedure: ProcedureName
  readonly args: unknown
  readonly models: readonly Digest[]
  readonly of: ProcedureName | null
  readonly place: 'everyone' | 'cluster' | 'choice'
  /** Entries of each block's vector; as many as there are blocks. */
  readonly vectorLengths: readonly number[]
}

export interface ComputeAskSpec {
  readonly kind: 'compute'
  readonly ask: AskId
  readonly job: string
}
