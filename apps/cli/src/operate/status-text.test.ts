import { type FederationView, federationIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { CommandError } from '../exit-code.ts'
import { durationMs } from './duration.ts'
import { columns, statusLines } from './status-text.ts'

const view = (patch: Partial<FederationView>): FederationView => ({
  id: federationIdSchema.parse('fed-0000000000000001'),
  version: 3,
  name: 'Digits',
  strategy: 'fedavg',
  privacy: 'sealed',
  lifecycle: 'running',
  reason: 'waiting for 2 more volunteers',
  round: 4,
  clientsHere: 1,
  clientsNeeded: 3,
  openAsk: null,
  models: [],
  rounds: [],
  ...patch,
})

test('columns are as wide as their widest text, and nothing trails', () => {
  expect(
    columns([
      ['a', 'bcd', 'e'],
      ['fgh', 'i', 'jk'],
    ]),
  ).toEqual(['a    bcd  e', 'fgh  i    jk'])
})

test('a federation is one line: state, round, who is here, accuracy, why', () => {
  expect(statusLines([view({})])).toEqual(['fed-0000000000000001  running  round 4  1 here of 3  -  Digits: waiting for 2 more volunteers'])
  expect(statusLines([])[0]).toMatch(/no federation yet/)
})

test('times are minutes, hours or days, and nothing else', () => {
  expect([durationMs('90m'), durationMs('12h'), durationMs('7d')]).toEqual([5_400_000, 43_200_000, 604_800_000])
  for (const text of ['', '7', 'd', '1.5h', '-3d', '7 d']) expect(() => durationMs(text)).toThrow(CommandError)
})

test('a name that would steer the terminal is written with question marks', () => {
  expect(columns([['fed-1', 'a\u001b[2Jb\nc\u202ed']])).toEqual(['fed-1  a?[2Jb?c?d'])
})
