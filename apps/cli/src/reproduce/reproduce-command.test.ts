import { expect, test } from 'vitest'
import { firstSplitRound } from './cfl/congruence.ts'
import { epochSteps } from './cfl/label-swap.ts'
import { firstLastingRound } from './cfl/separation-by-round.ts'
import { experimentsOf, SYSTEMS } from './papers.ts'
import { parseSeeds } from './reproduce-command.ts'

test('seeds: ranges and lists, each once and in order', () => {
  expect(parseSeeds('3,1-2,2')).toEqual([1, 2, 3])
  for (const text of ['', 'a', '3-1', '1-1000', '-1', '1.5']) expect(() => parseSeeds(text), text).toThrow(/seeds/)
})

test('the experiments of a paper have ids of their own, and units with keys of their own', () => {
  for (const system of SYSTEMS) {
    const experiments = experimentsOf(system) ?? []
    expect(new Set(experiments.map(({ id }) => id)).size).toBe(experiments.length)
    for (const mode of ['full', 'quick'] as const)
      for (const experiment of experiments) {
        const keys = experiment.units({ mode, seeds: [1, 2] }).map(({ key }) => key)
        expect(new Set(keys).size).toBe(keys.length)
      }
  }
  expect(experimentsOf('nothing')).toBeNull()
})

test('a quick plan of CFL needs the runs of one experiment twice only where they are the same', () => {
  const keys = (experimentsOf('cfl') ?? []).flatMap((experiment) => experiment.units({ mode: 'full', seeds: [1] }).map(({ key }) => key))
  expect(new Set(keys).size).toBeLessThan(keys.length)
})

test('the first lasting round is the first of three in a row', () => {
  const gaps = (...values: number[]) => values.map((gap) => ({ gap }))
  expect(firstLastingRound(gaps(-1, 1, 1, -1, 1, 1, 1))).toBe(5)
  expect(firstLastingRound(gaps(1, 1, 1))).toBe(1)
  expect(firstLastingRound(gaps(-1, 1, 1))).toBeNull()
})

test('three passes: whole batches of a hundred, or one batch of everything', () => {
  expect(epochSteps(200, 3, 100)).toEqual({ steps: 6, batchSize: 100 })
  expect(epochSteps(20, 3, 100)).toEqual({ steps: 3, batchSize: 20 })
})

test('the paper splits where the mean is small and the largest is not', () => {
  expect(firstSplitRound({ mean: [10, 2, 0.9], max: [12, 9, 5] })).toBe(3)
  expect(firstSplitRound({ mean: [10, 2, 0.9], max: [12, 9, 3] })).toBeNull()
})
