import type { Jobs } from '@shoal/coordinator'
import type { FaultObserver, FaultRun } from './fault-findings.ts'
import { runSchedule } from './fault-run.ts'
import type { Schedule } from './fault-schedule.ts'
import type { Sabotage } from './fault-server.ts'
import { nodePlatform } from './node-platform.ts'

/** Errors of the whole process that nobody caught count as the run's: one run at a time. */
function listen(onError: (error: unknown) => void): () => void {
  process.on('unhandledRejection', onError)
  return () => process.off('unhandledRejection', onError)
}

/** Runs a schedule in this process. `jobs`: the server's heavy work, but for distillation, which has a stand-in. */
export const runFaults = (
  schedule: Schedule,
  options: { readonly jobs: Jobs; readonly observe?: FaultObserver; readonly sabotage?: Sabotage },
): Promise<FaultRun> => runSchedule(schedule, { ...options, platform: nodePlatform, listen })
