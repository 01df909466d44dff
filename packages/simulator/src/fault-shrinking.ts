import type { FaultRun } from './fault-findings.ts'
import type { Fault, Schedule } from './fault-schedule.ts'

/** Fewer than these no federation of the fuzzer has. */
const FEWEST_CLIENTS = 1

export interface Shrunk {
  readonly schedule: Schedule
  readonly run: FaultRun
  /** Runs that it took. */
  readonly runs: number
}

/**
 * The smallest schedule found that breaks the same rule: faults go by halves, then one by one; then rounds and clients go, the last ones first, as long as what is left breaks it. `found`: what the schedule
 * came to, which broke one.
 */
export async function shrink(schedule: Schedule, found: FaultRun, run: (schedule: Schedule) => Promise<FaultRun>, mostRuns = 200): Promise<Shrunk> {
  const rule = found.violation?.rule
  let best = { schedule, run: found }
  let runs = 0

  async function keeps(candidate: Schedule): Promise<boolean> {
    if (runs >= mostRuns) return false
    runs += 1
    const result = await run(candidate)
    if (result.violation?.rule !== rule) return false
    best = { schedule: candidate, run: result }
    return true
  }

  async function withoutFaults(): Promise<void> {
    for (let size = Math.ceil(best.schedule.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
      for (let first = 0; first < best.schedule.faults.length; ) {
        const faults = best.schedule.faults.filter((_, index) => index < first || index >= first + size)
        if (!(await keeps({ ...best.schedule, faults }))) first += size
      }
  }

  async function withFewer(smaller: (schedule: Schedule) => Schedule | null): Promise<void> {
    for (let candidate = smaller(best.schedule); candidate !== null && (await keeps(candidate)); ) candidate = smaller(best.schedule)
  }

  await withoutFaults()
  await withFewer(withoutLastRound)
  await withFewer(withoutLastClient)
  await withoutFaults()
  return { ...best, runs }
}

function withoutLastRound(schedule: Schedule): Schedule | null {
  const { federation } = schedule
  return federation.rounds <= 1 ? null : { ...schedule, federation: { ...federation, rounds: federation.rounds - 1 } }
}

function withoutLastClient(schedule: Schedule): Schedule | null {
  const { federation, faults } = schedule
  const groups = federation.groups.slice(0, -1)
  if (groups.length < Math.max(FEWEST_CLIENTS, federation.cohort.min)) return null
  const isLeft = (fault: Fault): boolean => !('client' in fault) || fault.client < groups.length
  return { ...schedule, federation: { ...federation, groups }, faults: faults.filter(isLeft) }
}
