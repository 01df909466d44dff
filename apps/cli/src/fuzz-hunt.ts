import type { Jobs } from '@shoal/coordinator'
import { failed, type Result } from '@shoal/protocol'
import {
  addTallies,
  drawSchedule,
  EMPTY_TALLY,
  type FaultRun,
  type FaultTally,
  runFaults,
  type Schedule,
  type ScheduleChoice,
  shrink,
} from '@shoal/simulator/faults'
import { CLUSTER_JOBS } from './cluster-jobs.ts'

/** Schedules of one seed: those whose numbers leave `rest` when divided by `of`, so that several hunts share them. */
export interface HuntRequest {
  readonly seed: string
  readonly of: number
  readonly rest: number
  /** Null for no end. */
  readonly schedules: number | null
  /** Milliseconds since the epoch; null for no end. */
  readonly until: number | null
  readonly choice: ScheduleChoice
}

/** What one hunt has found by now. */
export interface HuntReport {
  readonly tally: FaultTally
  /** The first schedule that breaks a rule, as small as it can be made; null while there is none. */
  readonly finding: { readonly schedule: Schedule; readonly run: FaultRun } | null
  readonly isOver: boolean
}

/** Reports are made so often. */
const REPORT_EVERY_MS = 1000

const jobs: Jobs = {
  run: async (job, args) =>
    Object.hasOwn(CLUSTER_JOBS, job)
      ? ((await CLUSTER_JOBS[job as keyof typeof CLUSTER_JOBS](args as never)) as Result<never>)
      : failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set'),
}

export const runOne = (schedule: Schedule): Promise<FaultRun> => runFaults(schedule, { jobs })

/** Runs one schedule after the other, until the last, until the time is over, or until one breaks a rule: that one is made small. */
export async function hunt(
  { seed, of, rest, schedules, until, choice }: HuntRequest,
  onReport: (report: HuntReport) => void,
  stop: AbortSignal,
): Promise<HuntReport> {
  let tally = EMPTY_TALLY
  let reportedAt = Date.now()
  const isOver = (number: number): boolean => stop.aborted || (schedules !== null && number >= schedules) || (until !== null && Date.now() >= until)
  for (let number = rest; !isOver(number); number += of) {
    const schedule = drawSchedule(seed, number, choice)
    const run = await runOne(schedule)
    tally = addTallies(tally, run.tally)
    if (run.violation !== null) {
      const { schedule: smallest, run: last } = await shrink(schedule, run, runOne)
      return { tally, finding: { schedule: smallest, run: last }, isOver: true }
    }
    if (Date.now() < reportedAt + REPORT_EVERY_MS) continue
    reportedAt = Date.now()
    onReport({ tally, finding: null, isOver: false })
    await new Promise((resume) => setImmediate(resume))
  }
  return { tally, finding: null, isOver: true }
}
