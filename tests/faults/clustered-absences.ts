import type { FederationState } from '@shoal/coordinator'
import { createMemoryEventStore, type Simulation } from '@shoal/simulator'
import { describe, expect, test } from 'vitest'
import { clustersOf, direct, expectSound, groupsOf, openQuestion, type Planting, partitionOf, plant } from './clustered-federation.ts'

/** A suite: who was not there when clusters were found: it finds its own on its device, says so, and trains on. In the end everybody is with its planted group. */

const groups = groupsOf(4, 4, 4)
const GONE = 5
const LATE = 12
const cohort = { fraction: 1, min: 6, max: 16 }
const planted = (strategy: Planting['strategy'], view: Planting['view'], change: Partial<Planting> = {}): Planting => ({
  strategy,
  view,
  groups,
  seed: 'absences',
  rounds: strategy === 'cfl' ? 8 : 5,
  ...change,
  config: { cohort, evaluation: { onClients: false, testSet: null }, ...change.config },
})
type Combination = readonly [strategy: 'cfl' | 'ocfl', view: 'rows' | 'sums']

const logOf = (simulation: Simulation) => simulation.store.load(simulation.host().id)

/** `[partition, cluster]` of everything that this client said of its place and that was taken. */
const placementsOf = async (simulation: Simulation, index: number): Promise<[number, number | null][]> =>
  (await logOf(simulation)).flatMap((event): [number, number | null][] =>
    event.type === 'client-placed' && event.client === simulation.clients[index] ? [[event.partition, event.cluster]] : [],
  )

const recordOf = (simulation: Simulation, state: FederationState, index: number) => state.clients.get(simulation.clients[index])

function expectGroups(simulation: Simulation, planting: Planting): void {
  expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(planting.groups))
}

/** Calls `act` once, when `when` is true for the first time. */
function once(when: (state: FederationState) => boolean, act: (state: FederationState) => void): (state: FederationState) => boolean {
  let isDone = false
  return (state) => {
    if (!isDone && when(state)) {
      isDone = true
      act(state)
    }
    return isDone
  }
}

/** Rounds in which clusters are cut, and the question by which every client has said something of its update. */
const SPLITS = { cfl: 2, ocfl: 1 } as const
const FIRST = { 'cfl rows': 'sketch', 'cfl sums': 'sketch', 'ocfl rows': 'rows sketch', 'ocfl sums': 'moments' } as const

/** For every strategy and view that it is told. */
export function describeAbsences(combinations: readonly Combination[]): void {
  describe.each(combinations)('%s by %s', (strategy, view) => {
    const isRow = FIRST[`${strategy} ${view}`] === 'rows sketch'
    const options = strategy === 'cfl' ? { splitEvery: [2, 4] } : {}

    /** In the round of the split, whoever's evidence is safe first goes. */
    function leaving(simulation: Simulation) {
      let gone = -1
      const leaves = once(
        (state) => {
          const open = state.stage.kind === 'open' ? state.stage.open : null
          if (state.round !== SPLITS[strategy] || openQuestion(state) !== FIRST[`${strategy} ${view}`] || open?.kind !== 'question') return false
          gone = simulation.clients.findIndex((client) => open.folded.has(client))
          return gone >= 0
        },
        () => void simulation.sessions[gone].stop(),
      )
      return { leaves, gone: () => gone }
    }

    test('gone after the evidence: no cluster after the split; back again it finds its own, and trains there from the next round', async () => {
      const planting = planted(strategy, view, { options })
      const simulation = await plant(planting)
      const { leaves, gone } = leaving(simulation)
      let clusterAtSplit: number | null | undefined
      const returns = once(
        ({ partition }) => partition > 0,
        (state) => {
          expect(state.rounds.at(-1)).toMatchObject({ round: SPLITS[strategy], clients: 11 })
          clusterAtSplit = recordOf(simulation, state, gone())?.cluster
          simulation.sessions[gone()].start()
        },
      )
      await direct(simulation, {
        director(state) {
          if (leaves(state)) returns(state)
        },
      })
      const placements = await placementsOf(simulation, gone())
      if (isRow) {
        // Who gave its row has a label, here or not.
        expect(clusterAtSplit).toEqual(expect.any(Number))
        expect(placements).toEqual([])
      } else {
        expect(clusterAtSplit).toBeNull()
        expect(placements.length).toBeGreaterThanOrEqual(1)
        const placed = (await logOf(simulation)).findLast((event) => event.type === 'client-placed' && event.client === simulation.clients[gone()])
        const after = simulation
          .host()
          .state()
          .rounds.filter(({ startedAt }) => startedAt > (placed?.at ?? 0))
        expect(after.length).toBeGreaterThan(0)
        for (const { clients } of after) expect(clients).toBe(12)
      }
      expectGroups(simulation, planting)
      expect(simulation.sessions[gone()].cluster()).toBe(clustersOf(simulation)[gone()])
      await expectSound(simulation)
    })

    test('gone after the evidence and back before the updates are summed: it is asked in no cluster that may not be its own', async () => {
      const planting = planted(strategy, view, { options })
      const simulation = await plant(planting)
      const { leaves, gone } = leaving(simulation)
      const isAway = (state: FederationState): boolean => recordOf(simulation, state, gone())?.presence === 'away'
      const returns = once(
        (state) => isAway(state) && openQuestion(state) !== FIRST[`${strategy} ${view}`],
        () => simulation.sessions[gone()].start(),
      )
      const blocks = new Map<number, (number | null | undefined)[]>()
      await direct(simulation, {
        director(state) {
          if (leaves(state)) returns(state)
          const { stage } = state
          if (stage.kind !== 'open' || stage.open?.kind !== 'question' || stage.open.spec.procedure !== 'train') return
          const asked = stage.open.blocks
          blocks.set(
            state.round,
            simulation.clients.map((client) => asked.get(client)),
          )
        },
      })
      const inSplit = blocks.get(SPLITS[strategy]) ?? []
      const friend = groups.findIndex((group, index) => group === groups[gone()] && index !== gone())
      expect(inSplit[friend]).toEqual(expect.any(Number))
      if (inSplit[gone()] !== undefined) expect(inSplit[gone()]).toBe(inSplit[friend])
      expectGroups(simulation, planting)
      await expectSound(simulation)
    })

    test('who comes before the first split simply joins; who comes after it says where it belongs', async () => {
      const planting = planted(strategy, view, { groups: [...groups, 1, 2] })
      const simulation = await plant(planting)
      const early = once(
        ({ round }) => round === 0,
        () => simulation.sessions[LATE].start(),
      )
      const late = once(
        ({ partition }) => partition > 0,
        () => simulation.sessions[LATE + 1].start(),
      )
      await direct(simulation, {
        absent: [LATE, LATE + 1],
        director(state) {
          early(state)
          late(state)
          if (state.partition === 0 && recordOf(simulation, state, LATE)) expect(recordOf(simulation, state, LATE)?.cluster).toBe(0)
        },
      })
      expect(await placementsOf(simulation, LATE)).toEqual([])
      const placed = await placementsOf(simulation, LATE + 1)
      expect(placed.length).toBeGreaterThanOrEqual(1)
      expectGroups(simulation, planting)
      expect(simulation.host().state().rounds.at(-1)?.clients).toBe(14)
      await expectSound(simulation)
    })

    test('a group that says nothing holds the split up until it speaks', async () => {
      let isSilent = true
      const planting = planted(strategy, view, {
        rounds: 9,
        wrap: (procedures, client) => ({
          ...procedures,
          run: async (call, onProgress) =>
            isSilent && groups[client] === 2 ? { ok: false, failure: { code: 'SHOAL_ERR_PROCEDURE_FAILED' } } : procedures.run(call, onProgress),
        }),
      })
      const simulation = await plant(planting)
      await direct(simulation, {
        director({ round, partition }) {
          if (round >= 3) isSilent = false
          if (isSilent) expect(partition).toBe(0)
        },
      })
      expectGroups(simulation, planting)
      await expectSound(simulation)
    })

    test('a group that is away while the others are divided finds places among them, and these move nobody else', async () => {
      const planting = planted(strategy, view)
      const simulation = await plant(planting)
      const away = [8, 9, 10, 11]
      const returns = once(
        ({ partition }) => partition > 0,
        () => {
          for (const index of away) simulation.sessions[index].start()
        },
      )
      await direct(simulation, { absent: away, director: (state) => void returns(state) })
      const clusters = clustersOf(simulation)
      expect(partitionOf(clusters.slice(0, 8))).toEqual(groups.slice(0, 8))
      for (const index of away) expect(clusters[index]).toEqual(expect.any(Number))
      expect(simulation.host().state().rounds.at(-1)?.clients).toBe(12)
      await expectSound(simulation)
    })
  })

  test.each(combinations)('%s by %s: after a crash a newcomer still learns how to find its cluster', async (strategy, view) => {
    const planting = planted(strategy, view, { groups: [...groups, 1], options: strategy === 'cfl' ? { splitEvery: [1, 2] } : {}, rounds: 5 })
    const simulation = await plant(planting)
    const { world, sessions, host } = simulation
    for (const session of sessions.slice(0, LATE)) session.start()
    await world.runUntil(() => [...host().state().clients.values()].filter(({ ready }) => ready).length === LATE)
    await host().dispatch({ type: 'federation-started', at: world.clock.now() })
    // No partition follows any more, so that only the restart can have renewed the admission.
    expect(await world.runUntil(() => host().state().round === 3)).toBe(true)
    const { partition } = host().state()
    await simulation.crash(500)
    sessions[LATE].start()
    expect(await world.runUntil(() => recordOf(simulation, host().state(), LATE) !== undefined)).toBe(true)
    expect(await world.runUntil(() => typeof recordOf(simulation, host().state(), LATE)?.cluster === 'number', 20_000)).toBe(true)
    expect(await placementsOf(simulation, LATE)).toMatchObject([[partition, expect.any(Number)]])
    expect(host().state().lifecycle).toBe('running')
    expect(await simulation.run()).toBe(true)
    expectGroups(simulation, planting)
    await expectSound(simulation)
  })

  test.each(combinations.filter(([strategy]) => strategy === 'cfl'))(
    '%s by %s: a finding for clusters that are no more is refused; the client finds its place anew',
    async (_, view) => {
      const planting = planted('cfl', view, { groups: [...groups, 2] })
      const inner = createMemoryEventStore()
      let simulation: Simulation | null = null
      let isHeld = false
      const simulated = await plant({
        ...planting,
        simulation: {
          store: {
            ...inner,
            async append(federation, sequence, events) {
              const isSecond = events.some((event) => event.type === 'round-finished' && event.place !== null) && simulation?.host().state().partition === 1
              if (isSecond && simulation) {
                isHeld = true
                simulation.sessions[LATE].resume() // while the disk is slow with the second split, the newcomer finds a place in the clusters of the first
                await simulation.world.pass(10_000)
              }
              return inner.append(federation, sequence, events)
            },
          },
        },
      })
      simulation = simulated
      const comes = once(
        ({ partition }) => partition === 1,
        () => simulated.sessions[LATE].start(),
      )
      await direct(simulated, {
        absent: [LATE],
        director(state) {
          if (comes(state) && !isHeld && simulated.sessions[LATE].state().kind === 'waiting') simulated.sessions[LATE].pause()
        },
      })
      expect(isHeld).toBe(true)
      const placements = await placementsOf(simulated, LATE)
      expect(placements.map(([partition]) => partition)).toEqual([2])
      expect(simulated.sessions[LATE].outbox().entries.filter(({ name }) => name === 'placed')).toHaveLength(2)
      expectGroups(simulated, planting)
      await expectSound(simulated)
    },
  )

  test.each(combinations.filter(([, view]) => view === 'sums'))('%s by %s: gone in the middle of taking sides', async (strategy) => {
    const planting = planted(strategy, 'sums')
    const simulation = await plant(planting)
    const [never, firstOnly] = [1, GONE]
    const sides = ({ stage }: FederationState): number =>
      stage.kind === 'open' ? stage.closed.filter(({ spec }) => 'procedure' in spec && spec.procedure === 'side').length : 0
    const leaveAtFirst = once(
      (state) => openQuestion(state) === 'side',
      () => void simulation.sessions[never].stop(),
    )
    const leaveAtSecond = once(
      (state) => openQuestion(state) === 'side' && sides(state) === 1,
      () => void simulation.sessions[firstOnly].stop(),
    )
    let atSplit: unknown = null
    const returns = once(
      ({ partition }) => partition > 0,
      (state) => {
        atSplit = [never, firstOnly].map((index) => recordOf(simulation, state, index)?.cluster)
        for (const index of [never, firstOnly]) simulation.sessions[index].start()
      },
    )
    await direct(simulation, {
      director(state) {
        if (leaveAtFirst(state) && leaveAtSecond(state)) returns(state)
      },
    })
    expect(atSplit).toEqual([null, expect.any(Number)]) // who took a side stands there
    expect(await placementsOf(simulation, never)).not.toEqual([])
    expectGroups(simulation, planting)
    await expectSound(simulation)
  })
}
