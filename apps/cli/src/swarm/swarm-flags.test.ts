import { Command } from 'commander'
import { expect, test } from 'vitest'
import { parseChurn, parseDrop, parseSwarmFlags, parseThink, type RawSwarmFlags, withSwarmFlags } from './swarm-flags.ts'

/** The flags as the command line gives them. `SHOAL_TOKEN` of whoever runs the tests is left out. */
function flagsOf(...words: string[]): ReturnType<typeof parseSwarmFlags> {
  const command = withSwarmFlags(new Command('swarm').exitOverride().configureOutput({ writeErr: () => undefined }))
  const token = process.env.SHOAL_TOKEN
  delete process.env.SHOAL_TOKEN
  try {
    command.parse(words, { from: 'user' })
  } finally {
    if (token !== undefined) process.env.SHOAL_TOKEN = token
  }
  return parseSwarmFlags(command.opts<RawSwarmFlags>())
}
const detailOf = (...words: string[]): string => {
  const flags = flagsOf(...words)
  return flags.ok ? 'accepted' : (flags.failure.detail ?? flags.failure.code)
}

test('what is not said: a server of its own, five rounds, sealed fedavg, no mishaps, one thread', () => {
  expect(flagsOf('--clients', '20')).toMatchObject({
    ok: true,
    value: {
      url: null,
      token: null,
      federation: null,
      made: { strategy: 'fedavg', privacy: 'sealed', view: 'sums', architecture: 'cnn-6186', cohort: null },
      tabs: 0,
      workers: 1,
      rounds: 5,
      shape: { clients: 20, thinkMs: [0, 0], churnPerMinute: 0, drop: { before: 0, mid: 0, after: 0, duplicate: 0, slow: 0 } },
    },
  })
  expect(flagsOf('--clients', '2500')).toMatchObject({ value: { workers: 3 } })
  expect(flagsOf('--clients', '20', '--duration', '90')).toMatchObject({ value: { rounds: null, seconds: 90 } })
})

test('only the origin of an address is kept, and the token goes with an address alone', () => {
  expect(flagsOf('--clients', '1', '--url', 'http://127.0.0.1:8787/dashboard?x#y', '--token', 't')).toMatchObject({
    value: { url: 'http://127.0.0.1:8787', token: 't' },
  })
  expect(flagsOf('--clients', '1', '--token', 't')).toMatchObject({ value: { url: null, token: null } })
})

test('what can not be is refused in a sentence', () => {
  expect(detailOf()).toMatch(/--clients or --tabs/)
  expect(detailOf('--clients', '5', '--federation', 'fed-1')).toMatch(/--url too/)
  expect(detailOf('--clients', '5', '--strategy', 'none')).toMatch(/there is no strategy none/)
  expect(detailOf('--clients', '5', '--privacy', 'masked+dp')).toMatch(/sealed or masked/)
  expect(detailOf('--clients', '5', '--view', 'none')).toMatch(/no view none/)
  expect(detailOf('--clients', '5', '--strategy', 'fedavg', '--view', 'rows')).not.toBe('accepted')
  expect(detailOf('--clients', '5', '--model', 'none')).toMatch(/no model none/)
  expect(detailOf('--clients', '5', '--strategy', 'uifca', '--model', 'cnn-6186')).toMatch(/takes no --model/)
  expect(detailOf('--clients', '5', '--tabs', '1', '--cohort', '7')).toMatch(/needs more than 6/)
  expect(detailOf('--clients', '5', '--url', 'https://shoal.example', '--token', 't')).toMatch(/--i-run-this-server/)
})

test.each([
  ['--think', 'soon'],
  ['--think', '20-10'],
  ['--churn', '11'],
  ['--churn', ''],
  ['--drop', 'before'],
  ['--drop', 'during=0.1'],
  ['--drop', 'before=0.6,after=0.6'],
  ['--tabs', '65'],
  ['--backend', 'cpu'],
  ['--rounds', '0'],
])('%s %s is no flag', (flag, value) => {
  expect(() => flagsOf('--clients', '5', flag, value)).toThrow()
})

test('thinking, churn and mishaps as they are written', () => {
  expect(parseThink('200')).toEqual([200, 200])
  expect(parseThink('100-2000')).toEqual([100, 2000])
  expect(parseChurn('0.1/min')).toBe(0.1)
  expect(parseChurn('2')).toBe(2)
  expect(parseDrop('before=0.01,slow=1')).toEqual({ before: 0.01, mid: 0, after: 0, duplicate: 0, slow: 1 })
  expect(parseDrop('')).toEqual({ before: 0, mid: 0, after: 0, duplicate: 0, slow: 0 })
})
