import { expect, test } from 'vitest'
import type { Experiment } from '../experiment.ts'
import { allLevels, firstLevels } from './levels.ts'

const PLAN = { mode: 'full', seeds: [1, 2, 3] } as const

/** Every unit finished, each score being what `score` says. */
const finishedOf = (experiment: Experiment, score: (parameters: Readonly<Record<string, string | number>>) => { known: number; test: number; lot: number }) =>
  new Map(
    experiment
      .units(PLAN)
      .map(({ key, parameters }) => [key, { ...score(parameters), clusters: 3, trueClusters: 3, ari: 1, clusteredIn: 4, found: 1, far: 0 }]),
  )

test('levels: both methods at all levels of a shift and fold come before the next shift, and all-levels has the same units', () => {
  const units = firstLevels.units(PLAN)
  expect(units).toHaveLength(4 * 4 * 2 * 2)
  expect(units.slice(0, 8).map(({ parameters: { shift, fold, level, method } }) => `${shift} ${fold} ${level} ${method}`)).toEqual([
    'px 1 1 flux',
    'px 1 1 fedavg',
    'px 1 3 flux',
    'px 1 3 fedavg',
    'px 1 6 flux',
    'px 1 6 fedavg',
    'px 1 8 flux',
    'px 1 8 fedavg',
  ])
  const all = new Set(allLevels.units(PLAN).map(({ key }) => key))
  expect(all.size).toBe(4 * 8 * 3 * 2)
  for (const { key } of units) expect(all).toContain(key)
  expect(firstLevels.units({ mode: 'quick', seeds: [1] })).toEqual([])
})

test('figures: the test score leaves pyx out, means are held against the paper, and one shift alone is no mean over shifts', () => {
  const known = { known: 0.92, test: 0.94, lot: 0.5 }
  const store = finishedOf(firstLevels, ({ method, shift }) => (method === 'flux' ? { ...known, test: shift === 'pyx' ? 0.1 : 0.94 } : { ...known, test: 0.7 }))
  const { figures, plots } = firstLevels.evaluate(PLAN, store)
  const of = (name: string) => figures.find((figure) => figure.name.startsWith(name))
  // The paper's means at these levels: 93.98 for FLUX and 85.45 for FedAvg.
  expect(of('FLUX, test')).toMatchObject({ verdict: 'reached', ours: expect.stringContaining('94.0 94.0 94.0 94.0: +0.0') })
  expect(of('FedAvg, test')).toMatchObject({ verdict: 'missed', ours: expect.stringContaining('-15.4') })
  expect(of('px: the cluster')).toMatchObject({ verdict: 'reached', ours: expect.stringContaining('94.0 against 50.0') })
  expect(plots.map(({ title }) => title)).toContain('Accuracy by level, pxy')

  const half = new Map([...store].filter(([key]) => key.includes('"px"')))
  expect(firstLevels.evaluate(PLAN, half).figures.find(({ name }) => name.startsWith('FLUX, test'))?.verdict).toBe('not run')
  expect(firstLevels.evaluate(PLAN, half).figures.find(({ name }) => name.startsWith('px'))?.verdict).toBe('reached')
})
