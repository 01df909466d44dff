import { askIdOf, type Encoding, type FederationConfig, MAX_CONTRIBUTION_OVERHEAD_BYTES } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { encodingOf, mostBytesOf } from './contribution-size.ts'
import type { RowsAskSpec, SumAskSpec } from './federation-event.ts'

const about = { ask: askIdOf(0, 0), args: {}, models: [], vectors: [], of: null } as const
const train: SumAskSpec = { ...about, kind: 'sum', procedure: 'train', place: { by: 'cluster', only: null }, vectorLengths: [1000, 300] }
const evaluate: SumAskSpec = { ...train, procedure: 'evaluate', vectorLengths: [2, 2] }
const rows: RowsAskSpec = { ...about, kind: 'rows', procedure: 'sketch', place: { by: 'everyone' }, rowLength: 64, maxRows: 3 }
const choice = { by: 'choice', blocks: 2 } as const
const configOf = (encoding?: Encoding): Pick<FederationConfig, 'privacy'> => ({ privacy: { level: 'sealed', view: 'sums', ...(encoding ? { encoding } : {}) } })

test('[CO28] updates travel as the federation says, all else as float32', () => {
  for (const spec of [train, evaluate, rows]) for (const config of [configOf(), configOf('float32')]) expect(encodingOf(spec, config)).toBe('float32')
  expect([train, evaluate, rows].map((spec) => encodingOf(spec, configOf('int8')))).toEqual(['int8', 'float32', 'float32'])
})

test.each([
  ['an update', train, 'float32', 4000],
  ['an update in int8', train, 'int8', 1000 + 4 * 4],
  ['updates of all blocks', { ...train, place: choice }, 'float32', 5200],
  ['updates of all blocks in int8', { ...train, place: choice }, 'int8', 1000 + 300 + 4 * (4 + 2)],
  ['a small sum', evaluate, 'int8', 8],
  ['rows', rows, 'int8', 768],
] as const)('[CO22] %s: no more bytes are taken in than it can have', (_what, spec, encoding, bytes) => {
  expect(mostBytesOf(spec, configOf(encoding))).toBe(bytes + MAX_CONTRIBUTION_OVERHEAD_BYTES)
})
