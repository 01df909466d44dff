import { Command } from 'commander'
import { expect, test } from 'vitest'
import { parseRunFlags, type RawRunFlags, withRunFlags } from './run-flags.ts'

const parsed = (...args: string[]): RawRunFlags =>
  withRunFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }), { tabs: 8, mostTabs: 64 })
    .parse(args, { from: 'user' })
    .opts<RawRunFlags>()

test('the defaults are the demo', () => {
  expect(parseRunFlags(parsed())).toEqual({
    ok: true,
    value: { strategy: 'fedavg', privacy: 'sealed', view: 'sums', tabs: 8, rounds: 20, seed: 'shoal', backend: 'auto', data: null, json: null },
  })
})

test('every flag arrives', () => {
  const args = '--strategy fedavg --privacy sealed --view sums --tabs 3 --rounds 5 --seed other --backend webgl --data folder --json out.json'
  expect(parseRunFlags(parsed(...args.split(' ')))).toEqual({
    ok: true,
    value: { strategy: 'fedavg', privacy: 'sealed', view: 'sums', tabs: 3, rounds: 5, seed: 'other', backend: 'webgl', data: 'folder', json: 'out.json' },
  })
})

test.each([
  ['--strategy cfl', 'SHOAL_ERR_CONFIG'],
  ['--privacy secret', 'SHOAL_ERR_CONFIG'],
  ['--view columns', 'SHOAL_ERR_CONFIG'],
  ['--privacy masked', 'SHOAL_ERR_IMPOSSIBLE_PAIRING'],
  ['--view rows', 'SHOAL_ERR_IMPOSSIBLE_PAIRING'],
])('%s is refused with %s', (args, code) => {
  expect(parseRunFlags(parsed(...args.split(' ')))).toMatchObject({ ok: false, failure: { code } })
})

test.each(['--tabs 0', '--tabs 65', '--tabs 2.5', '--rounds x', '--backend gpu', '--colour red'])('%s is no command line', (args) => {
  expect(() => parsed(...args.split(' '))).toThrow()
})
