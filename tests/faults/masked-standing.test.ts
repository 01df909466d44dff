import { type RoundStanding, roundStandingSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { direct } from './clustered-federation.ts'
import { plantMasked, twoCohorts } from './masked-federation.ts'

const SEED = 'standing of a masked round'

test(`the cohorts of a masked sum are seen going through its steps (seed ${SEED})`, async () => {
  const { simulation } = await plantMasked({ seed: SEED, config: twoCohorts })
  const seen: RoundStanding[] = []
  await direct(simulation, {
    director: () => {
      seen.push(roundStandingSchema.parse(simulation.host().roundStanding()))
    },
  })
  const cohorts = seen.flatMap(({ asks }) => asks.flatMap((ask) => ask.cohorts))
  expect(new Set(cohorts.map(({ cohort }) => cohort))).toEqual(new Set([0, 1]))
  expect(new Set(cohorts.map(({ stage }) => stage))).toEqual(new Set(['keys', 'shares', 'words', 'who is in it', 'over']))
  for (const { clients, answered } of cohorts) expect([clients, answered >= 0 && answered <= clients]).toEqual([4, true])
  for (const stage of ['keys', 'shares', 'words', 'who is in it']) {
    const answered = new Set(cohorts.filter((cohort) => cohort.stage === stage).map((cohort) => cohort.answered))
    expect(answered.size).toBeGreaterThan(1)
  }
  // Nobody is in an open ask that was not asked; what is closed has no cohorts any more.
  for (const { asks } of seen) for (const ask of asks) if (ask.state === 'closed') expect([ask.asked, ask.answered, ask.cohorts]).toEqual([8, 8, []])
})
