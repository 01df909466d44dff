import { expect, test } from 'vitest'
import { experimentsOf } from '../../apps/cli/src/reproduce/papers.ts'

/** Sattler 2019, Fig. 3: what can be shown without training. The other figures are `shoal reproduce cfl`'s. */
test('CFL S1: random gradients are told apart up to gamma 1, and a positive gap is never wrong (seed 1)', async () => {
  const plan = { mode: 'quick', seeds: [1] } as const
  const experiment = experimentsOf('cfl')?.find(({ id }) => id === 'S1')
  const finished = new Map<string, unknown>()
  for (const { key, run } of experiment?.units(plan) ?? []) finished.set(key, await run(new AbortController().signal))
  const figures = experiment?.evaluate(plan, finished).figures ?? []
  expect(figures.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual(figures.map(({ name }) => `${name}: reached`))
  expect(figures).toHaveLength(4)
})
