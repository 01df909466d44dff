import type { FederationState } from '@shoal/coordinator'
import type { RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { federationReport } from './federation-report.ts'

const config = {
  name: 'Digits <script>alert(1)</script>',
  description: 'Numbers & letters',
  operator: 'Somebody',
  strategy: { name: 'cfl', options: { normRatio: 0.3 } },
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture: 'mlp', parameters: [{ name: 'w', shape: [3, 4] }] },
  data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1'] },
  train: { steps: 5, batchSize: 8, learningRate: 0.1 },
  cohort: { min: 3, max: 9 },
  stop: { rounds: 2000, accuracy: null },
}
const round = (number: number): RoundSummary => ({
  round: number,
  outcome: 'updated',
  reason: null,
  clients: 3,
  startedAt: 1000 * number,
  endedAt: 1000 * number + 500,
  metrics: { accuracy: 1 - 1 / (number + 2), loss: 1 / (number + 1) },
  clusters: [
    { accuracy: 0.5, loss: 1 },
    { accuracy: 0.6, loss: null },
  ],
  clusterSizes: [2, 1],
  signals: {},
  notes: number === 3 ? ['Cluster 0 (3 clients) splits: 2 < 3.'] : [],
  models: [],
})
const facts = {
  clusters: { tree: [], similarity: null },
  privacy: {
    level: 'sealed',
    view: 'sums',
    operatorSees: ['Every update.'],
    operatorDoesNotSee: ['Your examples.'],
    sums: [],
    refusals: { SHOAL_ERR_WEIGHT: 2 },
    ledger: null,
  },
  policyHash: 'hash-of-the-policy',
  fingerprint: '12345 67890',
} as const
const reportOf = (rounds: readonly RoundSummary[]): string =>
  federationReport(
    { id: 'fed-1', config, lifecycle: 'running', reason: '', rounds, clients: new Map() } as unknown as FederationState,
    structuredClone(facts) as unknown as Parameters<typeof federationReport>[1],
  )

test('the report stands by itself, and what people wrote is text in it', () => {
  const report = reportOf([round(0), round(1), round(2), round(3)])
  expect(report).not.toContain('<script')
  expect(report).not.toMatch(/(src|href|url)\s*[=(]/)
  for (const wanted of ['12 parameters', 'normRatio', 'hash-of-the-policy', '2 &#60; 3', 'Numbers &#38; letters', 'SHOAL_ERR_WEIGHT', 'cluster 1'])
    expect(report).toContain(wanted)
  expect(report.match(/<polyline/g)).toHaveLength(5)
  expect(report).not.toContain('NaN')
})

test('before the first round it says that nothing was measured', () => {
  const report = reportOf([])
  expect(report).toContain('Accuracy: not measured.')
  expect(report).not.toMatch(/NaN|Infinity|undefined/)
})

test('a single round has a point in the curve', () => {
  const report = reportOf([round(0)])
  expect(report).toContain('<circle')
  expect(report).not.toMatch(/NaN|Infinity|undefined/)
})

test('of a long history the table has the latest rounds and the curves some of all', () => {
  const report = reportOf(Array.from({ length: 1500 }, (_, number) => round(number)))
  expect(report).toContain('The latest 1000 of 1500.')
  const [curve] = report.match(/points="[^"]*"/) ?? ['']
  expect(curve.split(' ').length).toBeLessThanOrEqual(501)
  expect(report.length).toBeLessThan(400_000)
})
