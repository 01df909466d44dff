import { addTallies, coverageOf, drawSchedule, EMPTY_TALLY, findingText, runFaults, shrink } from '@shoal/simulator/faults'
import { expect, test } from 'vitest'
import { jobs } from './clustered-federation.ts'

/** Shared by two files, so that two workers run them. */
const SEED = 'shoal'
const SCHEDULES = 2000
const OF_A_TEST = 50

/**
 * Seeded schedules: delays, losses, duplicates, links that break, tabs and servers that die, disks that are slow or full, clocks that jump, commands at bad moments. The rules of what is always true are
 * checked after every step. One that breaks a rule is printed as small as it can be made; `shoal fuzz --replay` runs it again.
 */
export function testSchedules(half: 0 | 1): void {
  const firsts = Array.from({ length: SCHEDULES / OF_A_TEST }, (_, index) => index * OF_A_TEST).filter((_, index) => index % 2 === half)
  test.each(firsts)(`[8.1][8.2][8.3][8.4][8.5][8.6][8.7][8.8][8.9] seed "${SEED}", ${OF_A_TEST} schedules from %i on`, async (first) => {
    let tally = EMPTY_TALLY
    for (let number = first; number < first + OF_A_TEST; number += 1) {
      const schedule = drawSchedule(SEED, number)
      const run = await runFaults(schedule, { jobs })
      tally = addTallies(tally, run.tally)
      if (run.violation === null) continue
      const smallest = await shrink(schedule, run, (candidate) => runFaults(candidate, { jobs }))
      expect.fail(findingText(smallest.schedule, smallest.run))
    }
    // That each is taken somewhere is shown by transition-coverage.test.ts.
    expect(coverageOf(tally.transitions).flatMap(({ illegal }) => illegal)).toEqual([])
    expect(tally.sumsChecked).toBeGreaterThan(OF_A_TEST) // a schedule may leave none, but not all of them
  })
}
