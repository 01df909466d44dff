import { Command } from 'commander'
import { expect, test } from 'vitest'
import { parseRunFlags, type RawRunFlags, withRunFlags } from './run-flags.ts'

const parsed = (...args: string[]): RawRunFlags =>
  withRunFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }), { mostTabs: 64, privacy: 'masked' })
    .parse(args, { from: 'user' })
    .opts<RawRunFlags>()

test('the defaults are the demo', () => {
  expect(parseRunFlags(parsed(), 'masked')).toEqual({
    ok: true,
    value: {
      strategy: 'cfl',
      privacy: 'masked',
      view: 'sums',
      robust: 'mean',
      init: null,
      expert: null,
      tabs: 15,
      rounds: 14,
      seed: 'shoal',
      backend: 'auto',
      data: null,
      json: null,
    },
  })
})

test.each([
  ['fedavg', 'sums', 8, 20],
  ['cfl', 'sums', 15, 14],
  ['ocfl', 'rows', 15, 10],
])('%s has a view, a number of volunteers and of rounds of its own', (strategy, view, tabs, rounds) => {
  expect(parseRunFlags(parsed('--strategy', strategy), 'sealed')).toMatchObject({ ok: true, value: { strategy, view, tabs, rounds } })
})

test('every flag arrives', () => {
  const args = '--strategy fedavg --privacy sealed --view sums --robust median --tabs 3 --rounds 5 --seed other --backend webgl --data folder --json out.json'
  expect(parseRunFlags(parsed(...args.split(' ')), 'masked')).toEqual({
    ok: true,
    value: {
      strategy: 'fedavg',
      privacy: 'sealed',
      view: 'sums',
      robust: 'median',
      init: null,
      expert: null,
      tabs: 3,
      rounds: 5,
      seed: 'other',
      backend: 'webgl',
      data: 'folder',
      json: 'out.json',
    },
  })
})

test.each([
  ['--strategy sgd', 'SHOAL_ERR_CONFIG'],
  ['--privacy secret', 'SHOAL_ERR_CONFIG'],
  ['--view columns', 'SHOAL_ERR_CONFIG'],
  ['--robust loudest', 'SHOAL_ERR_CONFIG'],
  ['--strategy fedavg --robust clipped', 'SHOAL_ERR_IMPOSSIBLE_PAIRING'],
  ['--strategy fedavg --privacy masked+dp', 'SHOAL_ERR_CONFIG'],
  ['--strategy cfl --privacy masked+dp', 'SHOAL_ERR_IMPOSSIBLE_PAIRING'],
  ['--strategy fedavg --view rows', 'SHOAL_ERR_IMPOSSIBLE_PAIRING'],
  ['--strategy cfl --init k-fed', 'SHOAL_ERR_CONFIG'],
  ['--strategy cfl --expert oracle', 'SHOAL_ERR_CONFIG'],
])('%s is refused with %s', (args, code) => {
  expect(parseRunFlags(parsed(...args.split(' ')), 'masked')).toMatchObject({ ok: false, failure: { code } })
})

test.each([
  ['--tabs 3', 'sealed'],
  ['--tabs 4', 'masked'],
  ['--tabs 3 --privacy masked', 'masked'],
])('%s runs at level %s', (args, privacy) => {
  expect(parseRunFlags(parsed(...args.split(' ')), 'masked')).toMatchObject({ ok: true, value: { privacy } })
})

test.each(['--tabs 0', '--tabs 65', '--tabs 2.5', '--rounds x', '--backend gpu', '--colour red'])('%s is no command line', (args) => {
  expect(() => parsed(...args.split(' '))).toThrow()
})

test.each(['cfl', 'ocfl', 'ifca'])('%s takes an expert', (strategy) => {
  expect(parseRunFlags(parsed('--strategy', strategy, '--expert', 'disue'), 'masked')).toMatchObject({ ok: true, value: { strategy, expert: 'disue' } })
})

test.each(['fedavg', 'uifca', 'k-fed'])('%s has no groups of volunteers to make an expert of, and the refusal says who has', (strategy) => {
  expect(parseRunFlags(parsed('--strategy', strategy, '--expert', 'disue'), 'masked')).toMatchObject({
    ok: false,
    failure: { code: 'SHOAL_ERR_CONFIG', detail: expect.stringMatching(`${strategy} has none: it is for .*cfl`) },
  })
})
