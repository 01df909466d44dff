import type { FaultTally } from './fault-findings.ts'

export const EMPTY_TALLY: FaultTally = {
  schedules: 0,
  steps: 0,
  rounds: { updated: 0, unchanged: 0, aborted: 0 },
  faults: {},
  crashes: {},
  strategies: {},
  sumsChecked: 0,
  transitions: {},
}

/** What two runs, or two heaps of runs, exercised together. */
export function addTallies(left: FaultTally, right: FaultTally): FaultTally {
  const together = <Counts extends Readonly<Record<string, number>>>(one: Counts, other: Counts): Counts => {
    const sums: Record<string, number> = { ...one }
    for (const [key, count] of Object.entries(other)) sums[key] = (sums[key] ?? 0) + count
    return sums as Counts
  }
  return {
    schedules: left.schedules + right.schedules,
    steps: left.steps + right.steps,
    rounds: together(left.rounds, right.rounds),
    faults: together(left.faults as Record<string, number>, right.faults as Record<string, number>),
    crashes: together(left.crashes, right.crashes),
    strategies: together(left.strategies, right.strategies),
    sumsChecked: left.sumsChecked + right.sumsChecked,
    transitions: together(left.transitions, right.transitions),
  }
}
