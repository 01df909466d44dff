import { bytesOf } from '@shoal/protocol'
import { createMemoryEventStore, type Simulation } from '@shoal/simulator'
import { describe, expect, test } from 'vitest'
import { clustersOf, expectSound, groupsOf, type LoggedEvent, modelsOf, mortalStore, type Planting, partitionOf, plant } from './clustered-federation.ts'

/** The server dies in the very round in which clusters are found, at every step there is: what comes of it is what would have come without. */

const SPLIT_ROUND = 1
const groups = groupsOf(3, 3)
const plantings: readonly (Planting & { questions: readonly string[] })[] = [
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
async function resultOf(simulation: Simulation): Promise<unknown> {
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

const isIn = (event: LoggedEvent, round: number): boolean => {
  if (event.type === 'round-finished') return event.round === round
  if (!('ask' in event)) return false
  const ask = typeof event.ask === 'string' ? event.ask : event.ask.ask
  return ask.startsWith(`${round}.`)
}

/** Runs to the end and kills the server wherever `dies` says so. */
async function runMortal(planting: Planting, dies: Parameters<typeof mortalStore>[1]): Promise<{ simulation: Simulation; deaths: number }> {
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

interface Kill {
  /** Empty: the event is about none. */
  readonly question: string
  readonly type: LoggedEvent['type']
  readonly death: 'before' | 'after'
}

const isComputed = (question: string): boolean => question === 'bipartition' || question === 'find-clusters'

describe.each(plantings)('$strategy by $view', (planting) => {
  const plain = (async () => {
    const simulation = await plant(planting)
    expect(await simulation.run()).toBe(true)
    expect(partitionOf(clustersOf(simulation))).toEqual(groups)
    return resultOf(simulation)
  })()

  // What lies between is among the many deaths of the last test.
  const kills = planting.questions.flatMap((question): [string, Kill][] => [
    isComputed(question)
      ? [`while ${question} is under way`, { question, type: 'ask-closed', death: 'before' }]
      : [`while only memory knows an answer to ${question}`, { question, type: 'contributions-folded', death: 'before' }],
    [`right after ${question} is on record`, { question, type: 'ask-closed', death: 'after' }],
  ])
  const ends = (['before', 'after'] as const).map((death): [string, Kill] => [
    `right ${death} the round is booked`,
    { question: '', type: 'round-finished', death },
  ])

  test.each([...kills, ...ends])('[8.1][8.3] killed %s: the same clusters, the same models bit for bit', async (_, { question, type, death }) => {
    let isDue = true
    const { simulation, deaths } = await runMortal(planting, (event, of) => {
      if (!isDue || event.type !== type || of !== question || !isIn(event, SPLIT_ROUND)) return null
      isDue = false
      return death
    })
    expect(deaths).toBe(1)
    expect(await resultOf(simulation)).toEqual(await plain)
    await expectSound(simulation)
  })

  test('[8.1][8.3] killed before and after everything that is written down in that round, one death after the other', async () => {
    const died = new Map<string, number>()
    const { simulation, deaths } = await runMortal(planting, (event) => {
      if (!isIn(event, SPLIT_ROUND)) return null
      const ask = 'ask' in event ? (typeof event.ask === 'string' ? event.ask : event.ask.ask) : ''
      const times = died.get(`${event.type} ${ask}`) ?? 0
      died.set(`${event.type} ${ask}`, times + 1)
      return times === 0 ? 'before' : times === 1 ? 'after' : null
    })
    expect(deaths).toBeGreaterThan(4 * planting.questions.length)
    expect(await resultOf(simulation)).toEqual(await plain)
    await expectSound(simulation)
  })
})
