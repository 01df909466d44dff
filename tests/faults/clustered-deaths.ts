import { bytesOf } from '@shoal/protocol'
import { createMemoryEventStore, type Simulation } from '@shoal/simulator'
import { expect } from 'vitest'
import { clustersOf, groupsOf, type LoggedEvent, modelsOf, mortalStore, type Planting, partitionOf, plant } from './clustered-federation.ts'

/** Federations whose server dies in the very round in which clusters are found. */

export const SPLIT_ROUND = 1
const groups = groupsOf(3, 3)
/** `questions`: those of the round in which clusters are found. */
export const plantings: readonly (Planting & { readonly questions: readonly string[] })[] = [
  { strategy: 'cfl', view: 'rows', questions: ['sketch', 'rows sketch', 'bipartition', 'train', 'evaluate'] },
  { strategy: 'cfl', view: 'sums', questions: ['sketch', 'project', 'histogram', 'side', 'train', 'evaluate'] },
  { strategy: 'ocfl', view: 'rows', questions: ['rows sketch', 'find-clusters', 'train', 'evaluate'] },
  { strategy: 'ocfl', view: 'sums', questions: ['moments', 'sketch', 'project', 'histogram', 'side', 'train', 'evaluate'] },
].map((planting) => ({
  ...(planting as Pick<Planting, 'strategy' | 'view'> & { questions: readonly string[] }),
  groups,
  seed: 'killed',
  rounds: 3,
  options: planting.strategy === 'cfl' ? { splitEvery: [SPLIT_ROUND] } : {},
}))

/** All that a run comes to, without the times. */
export async function resultOf(simulation: Simulation): Promise<unknown> {
  const { rounds, partition, lifecycle } = simulation.host().state()
  const models = await modelsOf(simulation)
  return {
    lifecycle,
    partition,
    clusters: clustersOf(simulation),
    models: models.map(bytesOf),
    rounds: rounds.map(({ startedAt, endedAt, ...round }) => round),
  }
}

/** Whether an event is about this round. */
export const isIn = (event: LoggedEvent, round: number): boolean => {
  if (event.type === 'round-finished') return event.round === round
  if (!('ask' in event)) return false
  const ask = typeof event.ask === 'string' ? event.ask : event.ask.ask
  return ask.startsWith(`${round}.`)
}

/** Runs to the end and kills the server wherever `dies` says so. */
export async function runMortal(planting: Planting, dies: Parameters<typeof mortalStore>[1]): Promise<{ simulation: Simulation; deaths: number }> {
  const mortal = mortalStore(createMemoryEventStore(), dies)
  const simulation = await plant({ ...planting, simulation: { store: mortal.store } })
  let deaths = 0
  await simulation.run(0)
  const isOver = (): boolean => simulation.host().state().lifecycle === 'finished'
  while (await simulation.world.runUntil(() => mortal.isDead() || isOver())) {
    if (!mortal.isDead()) return { simulation, deaths }
    deaths += 1
    mortal.revive()
    await simulation.crash(700)
  }
  throw new Error('the federation stands still')
}

/** What such a federation comes to when its server lives. */
export async function undisturbedResultOf(planting: Planting): Promise<unknown> {
  const simulation = await plant(planting)
  expect(await simulation.run()).toBe(true)
  expect(partitionOf(clustersOf(simulation))).toEqual(groups)
  return resultOf(simulation)
}
