import type { ProcedureCall } from '@shoal/client'
import type { ChosenBackend } from '@shoal/learning'
import type { Contribution, Finding, Network, Result } from '@shoal/protocol'
import type { LocalData } from './data-files.ts'
import type { AskedQuestion, Reply } from './engine-question.ts'

/** What the engine is busy with before it can train. */
export type EngineStage = 'loading-engine' | 'checking-backend' | 'warming-up'

/** Everything the worker needs for one federation. */
export interface EngineTask {
  /** A backend's name, or `auto`. */
  readonly backend: string
  readonly architecture: string
  /** Left out for a model of the zoo. */
  readonly network?: Network | undefined
  readonly batchSize: number
  /** Nothing is learnt from data without labels. */
  readonly data: LocalData
  /** What an earlier worker told of these data with `remembered`; null where nothing is kept. */
  readonly kept: Uint8Array | null
}

/** What this device keeps of its own from one round to the next and gives to nobody. */
export interface OwnMemory {
  /** For the next worker; nobody else reads it. */
  readonly kept: Uint8Array
  /** Where clusters are of points: the cluster of each point, in their order. */
  readonly pointLabels: Uint8Array | null
}

/** Page to worker. */
export type EngineOrder =
  | { readonly type: 'open'; readonly task: EngineTask }
  | { readonly type: 'run'; readonly run: number; readonly call: ProcedureCall }
  /** Compute this share of the time from now on: 0 < share <= 1. */
  | { readonly type: 'pace'; readonly share: number }
  | { readonly type: 'cancel'; readonly run: number }
  | { readonly type: 'end-round' }
  | { readonly type: 'question'; readonly asked: AskedQuestion }
  | { readonly type: 'drop-question'; readonly number: number }

/** Worker to page. */
export type EngineReport =
  | { readonly type: 'stage'; readonly stage: EngineStage }
  | { readonly type: 'opened'; readonly result: Result<ChosenBackend> }
  /** Told whenever it has changed; null where nothing is kept any more. */
  | { readonly type: 'remembered'; readonly memory: OwnMemory | null }
  | { readonly type: 'progressed'; readonly run: number; readonly share: number }
  | { readonly type: 'ended'; readonly run: number; readonly result: Result<Contribution | Finding> }
  | { readonly type: 'answered'; readonly number: number; readonly result: Result<Reply> }
