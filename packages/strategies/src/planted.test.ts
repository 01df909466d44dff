import { adjustedRandIndex } from '@shoal/clustering'
import { describe, expect, test } from 'vitest'
import { cfl } from './cfl.ts'
import { ocfl } from './ocfl.ts'
import { type Experiment, plantGroups, play } from './testing-cohort.ts'

/** Whole runs over real vectors: planted groups are found, whatever may be seen of the updates, and a homogeneous population stays together. */
const found = <State, Options>(experiment: Experiment<State, Options>): { agreement: number; clusters: number; rounds: number[] } => {
  const rounds = play(experiment)
  const { clusterOf } = rounds[rounds.length - 1]
  const agreement = adjustedRandIndex(
    clusterOf.map((cluster) => cluster ?? -1),
    experiment.clients.map(({ group }) => group),
  )
  return { agreement, clusters: new Set(clusterOf).size, rounds: rounds.flatMap(({ result }, round) => (result.place === undefined ? [] : [round])) }
}

const views = ['rows', 'sums'] as const
const seeds = ['a', 'b', 'c']
const run = (strategy: 'cfl' | 'ocfl', experiment: Pick<Experiment<never, never>, 'view' | 'clients' | 'seed'>) =>
  strategy === 'cfl' ? found({ ...experiment, strategy: cfl, rounds: 9 }) : found({ ...experiment, strategy: ocfl, rounds: 9 })

describe.each(['cfl', 'ocfl'] as const)('%s', (strategy) => {
  describe.each(views)('by %s', (view) => {
    test.each(seeds)('three groups of five are found exactly (seed "%s")', (seed) => {
      const { agreement, rounds } = run(strategy, { view, seed, clients: plantGroups([5, 5, 5], { seed }) })
      expect(agreement).toBe(1)
      expect(rounds.length).toBeLessThanOrEqual(strategy === 'cfl' ? 2 : 1)
    })

    test('groups of 3, 7 and 5 (seed "unequal")', () => {
      expect(run(strategy, { view, seed: 'unequal', clients: plantGroups([3, 7, 5], { seed: 'unequal' }) }).agreement).toBe(1)
    })

    test.each(seeds)('a homogeneous population is never split (seed "%s")', (seed) => {
      expect(run(strategy, { view, seed, clients: plantGroups([15], { seed }) })).toMatchObject({ clusters: 1, rounds: [] })
    })
  })
})
