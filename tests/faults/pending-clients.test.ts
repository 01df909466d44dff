import type { FederationState } from '@shoal/coordinator'
import { createRng } from '@shoal/numeric'
import { createQuadraticProcedures, type Simulation } from '@shoal/simulator'
import { expect, test } from 'vitest'
import { clustersOf, direct, expectSound, groupsOf, modelsOf, type Planting, partitionOf, plant, SIZE } from './clustered-federation.ts'

/** Clients that come when groups are there, and are like none of them: they wait, whatever happens to the server, until a census gives them a group of their own. */

const MEMBERS = 6
const EXAMPLES = 100
/** Where the entries of a group's optima lie, each client's a little beside; the third is of those who come late. */
const LEVELS = [-1, 0.5, 2.5]
const optimumIn = (group: number, client: number): Float32Array => {
  const rng = createRng(`pending/${client}`)
  return Float32Array.from({ length: SIZE }, () => LEVELS[group]! + 0.2 * (rng.uniform() - 0.5))
}
const planting: Planting = {
  strategy: 'flux',
  view: 'rows',
  groups: groupsOf(3, 3, 3),
  seed: 'pending',
  rounds: 14,
  options: { clusterAt: 2 },
  wrap: (_, client) => createQuadraticProcedures({ optimum: optimumIn(Math.floor(client / 3), client), examples: EXAMPLES }),
  config: { cohort: { fraction: 1, min: MEMBERS, max: 9 } },
}
const LATE = [6, 7, 8]

const recordsOf = (simulation: Simulation) => LATE.map((index) => simulation.host().state().clients.get(simulation.clients[index]!))
const areWaiting = (simulation: Simulation): boolean => recordsOf(simulation).every((record) => record?.isPending === true)
const whysOf = (simulation: Simulation): unknown[] =>
  LATE.map((index) => {
    const state = simulation.sessions[index]!.state()
    return state.kind === 'waiting' ? state.why.kind : state.kind
  })

/** Runs with three who come late; the server dies once, when they wait and `dies` says so. */
async function runWith(dies: (state: FederationState) => boolean): Promise<{ simulation: Simulation; shown: unknown[]; deaths: number }> {
  const simulation = await plant(planting)
  const shown: unknown[] = []
  let haveCome = false
  let deaths = 0
  let death = Promise.resolve()
  await direct(simulation, {
    absent: LATE,
    director(state) {
      if (!haveCome && state.partition > 0) {
        haveCome = true
        for (const index of LATE) simulation.sessions[index]!.start()
      }
      if (!haveCome || !areWaiting(simulation)) return
      shown.push(...whysOf(simulation))
      if (deaths > 0 || !dies(state)) return
      deaths += 1
      death = simulation.crash(700)
    },
  })
  await death
  return { simulation, shown, deaths }
}

const saidNone = async (simulation: Simulation): Promise<number> =>
  (await simulation.store.load(simulation.host().state().id)).filter((event) => event.type === 'client-placed' && event.cluster === null).length

test.each<[string, number, (state: FederationState) => boolean]>([
  ['goes on', 0, () => false],
  ['is killed while they wait', 1, () => true],
  ['is killed in the census', 1, ({ isCensusDue, stage }) => isCensusDue && stage.kind === 'open' && stage.open !== null],
])('[8.1] [8.5] [CO73] [CL77] the server %s: three who are like no group become one, and nobody else moves (seed pending)', async (_, deaths, dies) => {
  const { simulation, shown, deaths: died } = await runWith(dies)
  expect(died).toBe(deaths)
  expect(shown).toContain('pending')
  expect(await saidNone(simulation)).toBeGreaterThanOrEqual(LATE.length)
  expect(partitionOf(clustersOf(simulation))).toEqual(planting.groups)
  expect(recordsOf(simulation).some((record) => record?.isPending === true)).toBe(false)
  expect(await modelsOf(simulation)).toHaveLength(3)
  expect(LATE.map((index) => simulation.sessions[index]!.cluster())).toEqual(LATE.map((index) => clustersOf(simulation)[index]))
  await expectSound(simulation)
})
