import { countTransition, coverageOf, drawSchedule, runFaults, type TakenTransition } from '@shoal/simulator/faults'
import { expect, test } from 'vitest'
import { jobs } from './clustered-federation.ts'
import { walkRounds } from './round-walk.ts'
import { type Seen, walkSessions } from './session-walk.ts'
import { stormSums } from './sum-storm.ts'

/** Every transition of the tables in packages/simulator is taken, and no other: by schedules, from the states that they reach, and in masked sums where everything is said that should not be. */

const SEED = 'coverage'
const SCHEDULES = 28
/** Rounds of these are walked. */
const WALKED = 20

test(`[8.2][8.6] every transition of the round machine, of the sessions and of the masked sums is taken, and none that their tables do not have (seed ${SEED})`, async () => {
  const counts = new Map<string, number>()
  const take = (taken: TakenTransition): void => countTransition(counts, taken)
  const seen = { sealed: [] as Seen[number][], masked: [] as Seen[number][] }
  const drawn = Array.from({ length: SCHEDULES }, (_, number) => drawSchedule(SEED, number))
  // One in which something is computed when there are clusters already.
  const distilled = Array.from({ length: SCHEDULES }, (_, number) => drawSchedule(SEED, number, { strategy: 'ifca', level: 'sealed' })).filter(
    ({ federation }) => federation.expert !== null,
  )
  for (const [number, schedule] of [...distilled.slice(0, 2), ...drawn].entries()) {
    const { level } = schedule.federation
    const run = await runFaults(schedule, { jobs, observe: { session: (_client, _life, ...event) => seen[level].push(event) } })
    expect(run.violation).toBeNull()
    for (const [name, times] of Object.entries(run.tally.transitions)) counts.set(name, (counts.get(name) ?? 0) + times)
    if (number < WALKED) walkRounds(run.lives.flat(), take)
  }
  const storm = await stormSums(take)
  expect(storm.simulation.host().state().lifecycle).toBe('finished')
  walkSessions(seen.sealed, take)
  walkSessions(seen.masked, take)
  for (const { machine, missing, illegal } of coverageOf(Object.fromEntries(counts)))
    expect({ machine, missing, illegal }).toEqual({ machine, missing: [], illegal: [] })
})
