import type { AskId, Failure, Joined, Result, ServerEvent, SessionToken, Standing } from '@shoal/protocol'
import type { PowerCondition } from './ports.ts'
import type { Service } from './service.ts'
import type { TimerName } from './session-effect.ts'
import type { Conditions, PauseReason } from './session-state.ts'
import type { SumStage } from './sum-work.ts'

/** `at` is milliseconds by the session's timers. */
export type SessionEvent = { readonly at: number } & Happening

/** Everything that can happen to a session, in the past tense. */
export type Happening =
  | { readonly type: 'started' }
  | { readonly type: 'stopped' }
  | { readonly type: 'paused'; readonly reason: PauseReason }
  | { readonly type: 'resumed'; readonly reason: PauseReason }
  | { readonly type: 'conditions-set'; readonly conditions: Conditions }
  | { readonly type: 'power-changed'; readonly condition: PowerCondition }
  /** The policy was checked, and the token of an earlier visit loaded. */
  | { readonly type: 'prepared'; readonly result: Result<{ readonly token: SessionToken | null; readonly isMasked: boolean }> }
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly failure: Failure }
  | { readonly type: 'server-spoke'; readonly message: ServerEvent }
  /** A standing comes with a checked aggregator key, or the result is that check's failure. */
  | { readonly type: 'join-answered'; readonly result: Result<Joined> }
  | { readonly type: 'where-answered'; readonly result: Result<Standing> }
  | { readonly type: 'ready-answered'; readonly result: Result<unknown> }
  | { readonly type: 'models-fetched'; readonly ask: AskId; readonly result: Result<unknown> }
  | { readonly type: 'procedure-progressed'; readonly ask: AskId; readonly share: number }
  /** On success the runtime holds the framed contribution. */
  | { readonly type: 'procedure-ended'; readonly ask: AskId; readonly result: Result<unknown> }
  | { readonly type: 'procedures-reopened'; readonly result: Result<unknown> }
  | { readonly type: 'contribution-sealed'; readonly ask: AskId; readonly epoch: number; readonly result: Result<unknown> }
  | { readonly type: 'sum-entered'; readonly ask: AskId; readonly result: Result<unknown> }
  | { readonly type: 'sum-advanced'; readonly ask: AskId; readonly stage: SumStage }
  | { readonly type: 'sum-failed'; readonly ask: AskId; readonly failure: Failure }
  /** A sum that this client helped to open came out as it should. */
  | { readonly type: 'sum-checked' }
  /** The server published a sum that its own inputs do not give. */
  | { readonly type: 'sum-refuted'; readonly failure: Failure }
  | { readonly type: 'upload-answered'; readonly ask: AskId; readonly upload: number; readonly result: Result<{ readonly received: 'received' | 'durable' }> }
  /** These name the admission they are about by its number. */
  | { readonly type: 'admission-fetched'; readonly admission: number; readonly result: Result<unknown> }
  | { readonly type: 'admission-progressed'; readonly admission: number; readonly share: number }
  | { readonly type: 'admission-ended'; readonly admission: number; readonly result: Result<Service> }
  | { readonly type: 'placed-answered'; readonly admission: number; readonly result: Result<unknown> }
  | { readonly type: 'timer-fired'; readonly timer: TimerName }
