import type { AskId, ClientId, ErrorCode } from '@shoal/protocol'

/** What the machine wants done, in this order, after the event that caused it is on disk. */
export type FederationEffect =
  /** Drive the strategy's program for the open round, from its recorded answers on. */
  | { readonly type: 'run-round' }
  /** Take contributions for the open question, from its checkpoint if it has one. */
  | { readonly type: 'open-collector'; readonly ask: AskId }
  | { readonly type: 'announce-ask'; readonly ask: AskId; readonly clients: readonly ClientId[] }
  | { readonly type: 'arm-deadline'; readonly ask: AskId; readonly at: number }
  | { readonly type: 'announce-durable'; readonly ask: AskId; readonly clients: readonly ClientId[] }
  /** Seal the collector, write the answer, and report `ask-closed`. */
  | { readonly type: 'close-ask'; readonly ask: AskId }
  | { readonly type: 'announce-closed'; readonly ask: AskId; readonly clients: readonly ClientId[]; readonly code: ErrorCode | null }
  /** The open ask has its answer: the program goes on. */
  | { readonly type: 'continue-round' }
  /** The round is over without a result: drop its program and collector. */
  | { readonly type: 'drop-round' }
  /** Blobs of the finished round that nothing refers to any more may go. */
  | { readonly type: 'collect-garbage' }
  /** What a client needs to find its cluster, and the model that serves it, is to be made anew; these clients hear of it. */
  | { readonly type: 'renew-admission'; readonly announceTo: readonly ClientId[] }
  | { readonly type: 'announce-view' }
