import { createRng, deriveSeed } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { clustersOf, expectPartition, expectSound, groupsOf, type Planting, plant } from './clustered-federation.ts'

/** Random schedules: clients come, go, come back, pause and are slow, the server is killed. Whatever happens, what is always true stays true. */

const ROUNDS = 5
const CLIENTS = 9
const HOUR_MS = 3_600_000
const combinations = [
  ['cfl', 'rows'],
  ['cfl', 'sums'],
  ['ocfl', 'rows'],
  ['ocfl', 'sums'],
] as const

const schedules = Array.from({ length: 16 }, (_, index) => [`schedule ${index}`, ...combinations[index % combinations.length]] as const)

test.each(schedules)('[8.1][8.2][8.5] seed "%s": %s by %s', async (seed, strategy, view) => {
  const rng = createRng(deriveSeed('clustered', seed))
  const groups = groupsOf(3, 3, 3)
  const reports: string[] = []
  const planting: Planting = {
    strategy,
    view,
    groups,
    seed,
    rounds: ROUNDS,
    options: strategy === 'cfl' ? { splitEvery: [1, 2, 3], minClients: 4, smallestPart: 2, quorum: 0.5 } : { minClusterSize: 2 },
    config: { cohort: { fraction: 1, min: 4, max: 16 }, evaluation: { onClients: rng.uniform() < 0.3, testSet: null }, deadlineMs: 8000 },
    // Some are slower than the deadline.
    simulation: { computeMs: [100, rng.uniform() < 0.3 ? 9000 : 1500], onReport: (what, { code }) => reports.push(`${what}: ${code}`) },
  }
  const simulation = await plant(planting)
  const { world, sessions } = simulation
  const here = sessions.map(() => rng.uniform() < 0.8)
  for (const [index, isHere] of here.entries()) if (isHere) sessions[index].start()
  await simulation.host().dispatch({ type: 'federation-started', at: world.clock.now() })

  const check = (): boolean => {
    const state = simulation.host().state()
    const { stage, clients, models, rounds } = state
    expectPartition(state)
    if (stage.kind === 'open' && stage.open?.kind === 'question') {
      const { asked, blocks, spec } = stage.open
      for (const client of asked) {
        if (models.length > 1) expect(clients.get(client)?.cluster).toEqual(expect.any(Number))
        if (spec.place.by !== 'choice') expect(blocks.get(client)).toEqual(expect.any(Number))
      }
    }
    const last = rounds.at(-1)
    if (stage.kind === 'idle' && last) expect(last.clusterSizes).toHaveLength(models.length)
    return state.lifecycle === 'finished' || state.lifecycle === 'paused'
  }
  for (let step = 0; step < 60 && !check(); step += 1) {
    const client = rng.below(CLIENTS)
    const what = rng.uniform()
    if (what < 0.06) await simulation.crash(50 + rng.below(3000))
    else if (what < 0.25) {
      if (here[client]) void sessions[client].stop()
      else sessions[client].start()
      here[client] = !here[client]
    } else if (what < 0.35) sessions[client].pause()
    else if (what < 0.5) sessions[client].resume()
    await world.runUntil(check, 100 + rng.below(900))
  }
  // Everybody comes back in the end, and the federation goes through what is left of its rounds.
  for (const session of sessions) session.start()
  for (const session of sessions) session.resume()
  const ended = await world.runUntil(check, HOUR_MS)
  expect({ ended, round: simulation.host().state().round }).toEqual({ ended: true, round: ROUNDS })
  const state = simulation.host().state()
  expect(state.lifecycle).toBe('finished')
  expect(state.rounds).toHaveLength(ROUNDS)
  const clusters = clustersOf(simulation)
  for (const { clusterSizes } of state.rounds) expect(clusterSizes.reduce((total, size) => total + size, 0)).toBeLessThanOrEqual(CLIENTS)
  const sizes = state.models.map((_, cluster) => clusters.filter((other) => other === cluster).length)
  expect(sizes.reduce((total, size) => total + size, 0)).toBe(clusters.filter((cluster) => typeof cluster === 'number').length)
  for (const { outcome, reason } of state.rounds) expect([outcome, reason]).not.toContain('aborted')
  expect(reports).toEqual([])
  await expectSound(simulation)
})
