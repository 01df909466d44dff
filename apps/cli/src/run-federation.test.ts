import { maskingOf } from '@shoal/coordinator'
import { federationConfigSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { recipeOf } from './recipe.ts'
import { federationConfigOf, levelSentence } from './run-federation.ts'
import type { RunFlags } from './run-request.ts'

const flagsOf = (strategy: string, change: Partial<RunFlags> = {}): RunFlags => {
  const { tabs, rounds } = recipeOf(strategy)
  return {
    strategy,
    privacy: 'masked',
    view: 'sums',
    robust: 'mean',
    init: null,
    expert: null,
    tabs,
    rounds,
    seed: 'shoal',
    backend: 'auto',
    data: null,
    json: null,
    ...change,
  }
}
const configOf = (flags: RunFlags) => federationConfigSchema.parse(federationConfigOf(flags, { testSet: null, largestShard: 1000, entries: 32 }))

test.each(['fedavg', 'cfl', 'ocfl', 'ifca', 'uifca', 'k-fed'])('%s: everybody takes part in every round', (strategy) => {
  const flags = flagsOf(strategy)
  const { cohort } = configOf(flags)
  expect({ fraction: cohort.fraction, max: cohort.max }).toEqual({ fraction: 1, max: flags.tabs })
})

test('groups of four among 16 can be summed, one client can move alone, and the command says what that means', () => {
  const flags = flagsOf('ifca')
  const config = configOf(flags)
  expect(maskingOf(config).kMin).toBe(3)
  // Below 16 a federation counts as small (privacy.md 2.1), and moves of one are let through (3.6).
  expect(config.cohort).toEqual({ fraction: 1, min: 15, max: 16 })
  expect(levelSentence(flags)).toContain('3 volunteers or more')
  expect(levelSentence({ ...flags, privacy: 'sealed' })).toBeNull()
})

test.each([
  ['cfl', 15],
  ['ifca', 64],
  ['uifca', 4],
  ['fedavg', 16],
])('%s with %i: nothing is loosened', (strategy, tabs) => {
  const flags = flagsOf(strategy, { tabs })
  expect(configOf(flags).cohort.min).toBe(configOf(flags).cohort.max)
  expect(levelSentence(flags)).toBeNull()
})

test('a federation of points has no classes and nothing to be measured on, and begins as it is told', () => {
  const { data, model, evaluation, stop, strategy } = configOf(flagsOf('uifca', { init: 'k-fed' }))
  expect(data).toMatchObject({ kind: 'points', shape: [1, 32, 1], classes: [] })
  expect(data.kind === 'points' && data.columns.map(({ name }) => name).slice(0, 2)).toEqual(['x1', 'x2'])
  expect(model.architecture).toBe('affine-flow')
  expect(evaluation).toEqual({ onClients: false, testSet: null })
  expect(stop.accuracy).toBeNull()
  expect(strategy.options).toMatchObject({ clusters: 4, init: 'k-fed' })
})

test('the expert is asked for beside the strategy, and only then', () => {
  expect(configOf(flagsOf('cfl', { expert: 'disue' })).strategy.expert).toEqual({ options: recipeOf('cfl').expertOptions })
  expect(configOf(flagsOf('cfl')).strategy).not.toHaveProperty('expert')
})
