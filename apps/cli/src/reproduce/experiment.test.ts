import { expect, test } from 'vitest'
import { defineExperiment, type Plan } from './experiment.ts'

const plan: Plan = { mode: 'full', seeds: [1, 2] }

const doubled = (version = 1) =>
  defineExperiment<{ seed: number }, number>({
    id: 'E1',
    title: 'doubling',
    notes: [],
    source: 'doubling',
    version,
    parameters: ({ seeds }) => seeds.map((seed) => ({ seed })),
    run: async ({ seed }) => 2 * seed,
    figures: [
      {
        name: 'sum',
        paper: '6',
        tolerance: 'exactly',
        judge: (finished) => {
          const sum = finished.reduce((total, { data }) => total + data, 0)
          return { ours: String(sum), isReached: sum === 6 }
        },
      },
      {
        name: 'first',
        paper: '2',
        tolerance: 'exactly',
        isAbout: ({ seed }) => seed === 1,
        judge: ([{ data }]) => ({ ours: String(data), isReached: data === 2 }),
      },
      {
        name: 'beside a third',
        paper: '-',
        tolerance: '-',
        judge: ([, , third]) => (third === undefined ? null : { ours: String(third.data), isReached: true }),
      },
    ],
    plots: (finished) => [
      {
        title: 'doubles',
        xLabel: 'seed',
        yLabel: 'double',
        caption: '',
        series: [{ name: 'a', points: finished.map(({ parameters, data }) => [parameters.seed, data]) }],
      },
    ],
  })

const verdicts = (finished: ReadonlyMap<string, unknown>, of: Plan = plan) =>
  doubled()
    .evaluate(of, finished)
    .figures.map(({ verdict }) => verdict)

test('a figure is judged when the last run that it is about is finished, and not before', async () => {
  const [first, second] = doubled().units(plan)
  const finished = new Map<string, unknown>()
  expect(verdicts(finished)).toEqual(['not run', 'not run', 'not run'])
  expect(doubled().evaluate(plan, finished).plots).toEqual([])
  finished.set(first.key, await first.run(new AbortController().signal))
  expect(verdicts(finished)).toEqual(['not run', 'reached', 'not run'])
  expect(doubled().evaluate(plan, finished).figures[0].ours).toBe('1 of 2 runs finished')
  finished.set(second.key, await second.run(new AbortController().signal))
  expect(verdicts(finished)).toEqual(['reached', 'reached', 'not run'])
  finished.set(second.key, 5)
  expect(verdicts(finished)).toEqual(['missed', 'reached', 'not run'])
})

test('a figure that the plan has no run for is not run', () => {
  expect(doubled().evaluate({ mode: 'full', seeds: [2] }, new Map()).figures[1]).toMatchObject({ ours: 'not part of this plan', verdict: 'not run' })
})

test('keys: other parameters or another version are other work; the order of parameters is not', () => {
  const keys = [...doubled().units(plan), ...doubled(2).units(plan)].map(({ key }) => key)
  expect(new Set(keys).size).toBe(4)
  const named = (parameters: { a: number; b: number }) =>
    defineExperiment<{ a: number; b: number }, number>({
      id: '',
      title: '',
      notes: [],
      source: 's',
      version: 1,
      parameters: () => [parameters],
      run: async () => 0,
      figures: [],
      plots: () => [],
    }).units(plan)[0].key
  expect(named({ a: 1, b: 2 })).toBe(named({ b: 2, a: 1 }))
})
