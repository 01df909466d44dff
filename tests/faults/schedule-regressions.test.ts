import { drawSchedule, findingText, runFaults, type Schedule } from '@shoal/simulator/faults'
import { expect, test } from 'vitest'
import { jobs } from './clustered-federation.ts'

/** Schedules that once broke a rule, by what it was. */

const clockSetBack: Schedule = {
  ...drawSchedule('shoal', 220),
  federation: {
    strategy: 'fedavg',
    expert: null,
    options: {},
    level: 'masked',
    view: 'sums',
    groups: [0, 1, 0, 1, 0],
    rounds: 1,
    cohort: { fraction: 1, min: 3 },
    quorum: { fraction: 0.8, min: 1 },
    evaluates: false,
    deadlineMs: 6000,
    computeMs: [50, 6000],
    latencyMs: [5, 60],
    masking: { cohortSize: 3, kMin: 3, kDiff: 3, ring: 32 },
  },
  faults: [
    { kind: 'tab-death', client: 4, atMs: 1281, forMs: 3802 },
    { kind: 'clock-jump', atMs: 3003, byMs: -3_600_000 },
  ],
}

test.each<[string, Schedule]>([['[8.2] a clock that is set back by an hour while a client is away does not keep the round open for that hour', clockSetBack]])(
  '%s',
  async (_, schedule) => {
    const run = await runFaults(schedule, { jobs })
    if (run.violation !== null) expect.fail(findingText(schedule, run))
  },
)
