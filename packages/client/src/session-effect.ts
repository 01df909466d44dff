import type { AdmissionMessage, AggregatorKey, AskId, AskMessage, Digest, ErrorCode, SessionToken } from '@shoal/protocol'

/** `link`: patience with a link that does not come up, or the wait before the next; `task`: the wait before a retry; `ready`, `admission`: the same for these; `heartbeat`: by which a sleep is noticed. */
export type TimerName = 'link' | 'task' | 'ready' | 'admission' | 'heartbeat'

/** What the runtime is told to do. Starting a timer replaces the one of that name. */
export type SessionEffect =
  /** Check the policy, load the stored token. Ends in `prepared`. */
  | { readonly type: 'prepare' }
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** Ends in `join-answered`. A null token means: join with the invite. */
  | { readonly type: 'send-join'; readonly nonce: string; readonly token: SessionToken | null }
  | { readonly type: 'send-where' }
  | { readonly type: 'send-ready'; readonly ready: boolean }
  | { readonly type: 'send-sit-out'; readonly ask: AskId; readonly code: ErrorCode }
  /** Say goodbye, then close the link. */
  | { readonly type: 'send-leave' }
  | { readonly type: 'store-token'; readonly token: SessionToken }
  | { readonly type: 'start-timer'; readonly timer: TimerName; readonly delayMs: number }
  | { readonly type: 'stop-timer'; readonly timer: TimerName }
  /** `models`: those of the ask and its vectors. */
  | { readonly type: 'fetch-models'; readonly ask: AskId; readonly models: readonly Digest[] }
  | { readonly type: 'run-procedure'; readonly ask: AskMessage }
  | { readonly type: 'cancel-procedure' }
  /** What computes is lost, for the `loss`th time. Ends in `procedures-reopened`. */
  | { readonly type: 'reopen-procedures'; readonly loss: number }
  | { readonly type: 'end-round' }
  | { readonly type: 'seal-contribution'; readonly ask: AskId; readonly aggregatorKey: AggregatorKey }
  /** Send the sealed bytes of this ask: the same ones every time until they are sealed anew. */
  | { readonly type: 'upload-contribution'; readonly ask: AskId; readonly upload: number; readonly token: SessionToken }
  /** Say that the contribution is ready to be masked; what comes of the sum is told as it goes. */
  | { readonly type: 'enter-sum'; readonly ask: AskId; readonly token: SessionToken }
  | { readonly type: 'take-sum-frame'; readonly ask: AskId; readonly frame: Uint8Array }
  | { readonly type: 'fetch-sum-result'; readonly ask: AskId; readonly result: Digest }
  /** Drop what is held for this ask, and stop fetching for it. */
  | { readonly type: 'forget-ask'; readonly ask: AskId }
  /** `admission` is the number of the session's admission that this is for, and that its result will name. */
  | { readonly type: 'fetch-admission'; readonly admission: number; readonly models: readonly Digest[] }
  | { readonly type: 'run-admission'; readonly admission: number; readonly message: AdmissionMessage }
  | { readonly type: 'send-placed'; readonly admission: number; readonly partition: number; readonly cluster: number | null }
  /** Stop fetching for it. */
  | { readonly type: 'forget-admission' }
  | { readonly type: 'prune-models'; readonly keep: readonly Digest[] }
