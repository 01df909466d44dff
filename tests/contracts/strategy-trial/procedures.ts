import type { ProcedureTable } from '@shoal/protocol'
import type { Ask, JobTable, Strategy } from '@shoal/strategies'

export type TrialProcedures = ProcedureTable
export type TrialJobs = JobTable
export type TrialAsk = Ask
export type TrialStrategy<State, Options = unknown> = Strategy<State, ProcedureTable, JobTable, Options>
