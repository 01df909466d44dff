import type { Occupations } from './crowd.ts'
import type { MeasuresData } from './load-measures.ts'
import type { LoadShape } from './load-plan.ts'

/** What a thread of clients is started with. */
export interface CrowdOrder {
  /** The invite link that all of them come by. */
  readonly link: string
  readonly shape: LoadShape
  readonly clients: readonly number[]
  readonly groups: number
}

/** What the thread tells, again and again; the last one when it has ended. */
export interface CrowdReport {
  readonly occupations: Occupations
  readonly measures: MeasuresData
  readonly lagMs: number
  readonly isLast: boolean
}

/** The one thing that a thread is told. */
export const END_CROWD = 'end'
