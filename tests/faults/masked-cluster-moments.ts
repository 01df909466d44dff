import { failed } from '@shoal/protocol'
import { createMemoryEventStore, type Simulation } from '@shoal/simulator'
import { expect } from 'vitest'
import { clustersOf, expectSound, groupsOf, mortalStore, openQuestion, type Planting, partitionOf, plant, SIZE } from './clustered-federation.ts'
import { tapped, type UpStage } from './masked-federation.ts'

/** Federations that find their clusters in masked sums and tables, and from which somebody goes in the middle. */

const groups = groupsOf(4, 4)
const VICTIM = 6

const planted = (strategy: Planting['strategy'], view: Planting['view'], simulation: Planting['simulation'] = {}): Planting => ({
  strategy,
  view,
  groups,
  seed: `masked ${strategy} ${view}`,
  rounds: strategy === 'cfl' ? 7 : 5, // who goes in the middle of a split may end it (privacy.md 3.6): then it is looked for again
  options: { ...(view === 'sums' ? { evidence: 'sketch', sketchLength: 8 * SIZE } : {}), ...(strategy === 'cfl' ? { splitEvery: [1, 3] } : {}) },
  config: {
    privacy: { level: 'masked', view, masking: { cohortSize: 16, kMin: 3, kDiff: 3, ring: 32, clip: 4 } },
    cohort: { fraction: 1, min: 7, max: 8 },
    evaluation: { onClients: false, testSet: null },
  },
  simulation,
})

/** Everybody is with its planted group in the end. */
function expectGroups(simulation: Simulation): void {
  expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(groups))
  expect(simulation.host().state().lifecycle).toBe('finished')
}

/** At what is sent for this question for the so-many-th time at this stage: rows take two or three sums. */
export type Moment = readonly [question: string, stage: UpStage, time: number]

/** One client goes at that moment of the round in which clusters are found, comes back when the groups stand, and finds its own. */
export async function expectFoundAgain(strategy: Planting['strategy'], view: Planting['view'], [question, stage, time]: Moment): Promise<void> {
  let seen = 0
  let isGone = false
  const simulation: Simulation = await plant(
    planted(strategy, view, {
      transport: (real, client) =>
        tapped(real, {
          async up(letter, send) {
            const state = simulation.host().state()
            // From the round on in which clusters are looked for.
            if (client !== VICTIM || isGone || state.round === 0 || openQuestion(state) !== question || letter.stage !== stage) return send()
            seen += 1
            if (seen < time) return send()
            isGone = true
            void simulation.sessions[VICTIM].stop()
            return failed('SHOAL_ERR_CLIENT_GONE')
          },
        }).transport,
    }),
  )
  await simulation.run(0)
  expect(await simulation.world.runUntil(() => simulation.host().state().partition > 0)).toBe(true)
  expect(isGone).toBe(true)
  simulation.sessions[VICTIM].start()
  expect(await simulation.run()).toBe(true)
  expectGroups(simulation)
  expect(simulation.host().state().rounds.at(-1)).toMatchObject({ outcome: 'updated', clients: 8 })
  await expectSound(simulation)
}

/** The server dies after every question of the round that finds the clusters. */
export async function expectGroupsDespiteDeaths(strategy: Planting['strategy'], view: Planting['view']): Promise<void> {
  const died = new Set<string>()
  const mortal = mortalStore(createMemoryEventStore(), (event) => {
    if (event.type !== 'ask-closed' || !event.ask.startsWith('1.') || died.has(event.ask)) return null
    died.add(event.ask)
    return 'after'
  })
  const simulation = await plant(planted(strategy, view, { store: mortal.store }))
  await simulation.run(0)
  const isOver = (): boolean => simulation.host().state().lifecycle === 'finished'
  while ((await simulation.world.runUntil(() => mortal.isDead() || isOver())) && mortal.isDead()) {
    mortal.revive()
    await simulation.crash(700)
  }
  expect(isOver()).toBe(true)
  expect(died.size).toBeGreaterThan(2)
  expectGroups(simulation)
  await expectSound(simulation)
}
