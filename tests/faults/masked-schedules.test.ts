import { createRng, deriveSeed } from '@shoal/numeric'
import { afterAll, expect, test } from 'vitest'
import { expectSound, outcomesOf } from './clustered-federation.ts'
import { CLIENTS, clipOf, expectExactSum, expectGivenOnce, type MaskedRun, plantMasked, type Tapped, tapped } from './masked-federation.ts'

/** Random schedules: clients come, go, freeze and lose their links in the middle of sums, the server is killed. Whatever was opened is exact, every round ends, and nobody's words leave twice. */

const ROUNDS = 5
const HOUR_MS = 3_600_000
/** The whole numbers of the updates are exact in cohorts of five to eight. */
const masking = { cohortSize: 16, kMin: 5, kDiff: 3, ring: 16, clip: clipOf(CLIENTS) } as const

let summed = 0
afterAll(() => {
  expect(summed).toBeGreaterThan(ROUNDS) // a schedule may leave no sum, but not all of them
})

test.each(Array.from({ length: 8 }, (_, index) => `masked schedule ${index}`))('[CO50][CO51][CO58] seed "%s"', async (seed) => {
  const rng = createRng(deriveSeed('masked', seed))
  const links: Tapped[] = []
  const run: MaskedRun = await plantMasked({
    seed,
    config: {
      privacy: { level: 'masked', view: 'sums', masking },
      cohort: { fraction: 1, min: 6, max: CLIENTS },
      deadlineMs: 8000,
      stop: { rounds: ROUNDS, accuracy: null },
    },
    simulation: {
      computeMs: [100, rng.uniform() < 0.3 ? 5000 : 1500], // some are slower than half of the deadline
      transport(real, client) {
        links[client] = tapped(real, {
          async up(_letter, send) {
            const what = rng.uniform()
            if (what < 0.02) links[client].cut()
            else if (what < 0.04) {
              links[client].freeze()
              void run.simulation.world.pass(500 + rng.below(9000)).then(links[client].thaw)
            }
            return send()
          },
        })
        return links[client].transport
      },
    },
  })
  const { world, sessions, host } = run.simulation
  const here = sessions.map(() => true)
  await run.simulation.run(0)
  const isOver = (): boolean => host().state().lifecycle !== 'running'
  for (let step = 0; step < 40 && !isOver(); step += 1) {
    const client = rng.below(CLIENTS)
    const what = rng.uniform()
    if (what < 0.06) await run.simulation.crash(50 + rng.below(3000))
    else if (what < 0.2) {
      if (here[client]) void sessions[client].stop()
      else sessions[client].start()
      here[client] = !here[client]
    }
    await world.runUntil(isOver, 50 + rng.below(900))
  }
  for (const session of sessions) session.start()
  // Rounds without a sum pause the federation after a while: it is resumed as often as that takes.
  for (let resumed = 0; host().state().lifecycle !== 'finished' && resumed < ROUNDS; resumed += 1) {
    if (host().state().lifecycle === 'paused') await host().dispatch({ type: 'federation-resumed', at: world.clock.now() })
    expect(await world.runUntil(isOver, HOUR_MS)).toBe(true)
  }
  expect({ lifecycle: host().state().lifecycle, rounds: outcomesOf(run.simulation).length }).toEqual({ lifecycle: 'finished', rounds: ROUNDS })
  for (const { round, outcome, reason } of host().state().rounds) {
    expect([outcome, reason]).not.toContain('aborted')
    const survivors = await run.survivorsOf(round)
    expect(survivors.length > 0).toBe(outcome === 'updated')
    if (outcome === 'updated') await expectExactSum(run, round, survivors)
  }
  summed += outcomesOf(run.simulation).filter((outcome) => outcome === 'updated').length
  expectGivenOnce(run)
  await expectSound(run.simulation)
})
