import type { RunReport } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { closingTable, groupTable, newcomerLines, progressBar, roundLine, roundLines } from './demo-display.ts'

const PLAIN = { clusters: [], clusterSizes: [1], signals: {}, notes: [] }
const filled = (bar: string): number => [...bar].filter((cell) => cell === '█').length

test('the bar is empty at chance, half full where the error is the geometric mean, and full at the target; never longer', () => {
  expect(filled(progressBar(null, 0.955))).toBe(0)
  expect(filled(progressBar(0.1, 0.955))).toBe(0)
  expect(filled(progressBar(1 - Math.sqrt(0.9 * 0.045) - 0.001, 0.955))).toBe(11)
  expect(filled(progressBar(0.955, 0.955))).toBe(24)
  expect(progressBar(0.999, 0.955)).toHaveLength(24)
})

test('a round is one line with accuracy, loss, clients, seconds and bytes; what was not measured is a dash', () => {
  const line = roundLine({ round: 3, accuracy: 0.93456, loss: null, clients: 8, ...PLAIN, bytesUp: 3_256_640, bytesDown: 3_256_640, seconds: 2.04 }, 0.955)
  expect(line).toMatch(/^round {3}3 /)
  for (const part of ['accuracy 0.9346 of 0.955', 'loss -', '8 clients', '2.0 s', 'up 3.26 MB']) expect(line).toContain(part)
  expect(line).not.toContain('\n')
})

const REPORT: RunReport = {
  strategy: 'fedavg',
  privacy: 'sealed',
  view: 'sums',
  tabs: 4,
  backend: 'wasm',
  rounds: [{ round: 0, accuracy: 0.94, loss: 0.2, clients: 4, ...PLAIN, bytesUp: 8e6, bytesDown: 4e6, seconds: 1 }],
  accuracy: 0.94,
  baselineAccuracy: 0.9412,
  ari: null,
  purity: null,
  clusters: 1,
  groups: [],
  bytesUp: 8e6,
  bytesDown: 4e6,
  seconds: 12.34,
  baselineSeconds: 5,
}

test('the closing table says whether the target was reached, what computed, and the bytes of one tab', () => {
  const table = closingTable(REPORT, { verdict: 'missed 0.95', who: 'tabs', computed: 'wasm (wasm simd)', ended: 'all 1 rounds are done' })
  for (const part of ['0.9400 on the official test set (missed 0.95)', '4, computing with wasm (wasm simd)', '2.00 MB each (8.00 MB in all)', '0.9412', '12.3'])
    expect(table).toContain(part)
})

test('a simulation is not compared with itself', () => {
  expect(closingTable(REPORT, { verdict: '', who: 'clients', computed: 'wasm', ended: '' })).not.toContain('in the simulator')
})

test('a round with clusters names each, and says what the strategy found', () => {
  const clusters = [0.91, null].map((accuracy) => ({ accuracy, loss: null }))
  const round = { ...REPORT.rounds[0], clusters, clusterSizes: [10, 5], notes: ['Cluster 0 (15 clients) splits'] }
  expect(roundLines(round, 0.9).split('\n').slice(1)).toEqual(['           clusters  0: 0.910 (10)   1: - (5)', '           > Cluster 0 (15 clients) splits'])
  expect(roundLines(REPORT.rounds[0], 0.9)).not.toContain('\n')
})

test('the groups that were found stand beside what was planted and what one model for all reaches', () => {
  const groups = [{ cluster: 0, clients: 5, planted: [5, 0], accuracy: 0.93, baselineAccuracy: 0.71 }]
  expect(groupTable({ groups }).split('\n')).toEqual([
    '  cluster  clients  of group 1  of group 2  accuracy  FedAvg',
    '        0        5           5           0    0.9300  0.7100',
  ])
  const table = closingTable({ ...REPORT, ari: 1, purity: 1, clusters: 3, groups }, { verdict: 'found exactly', who: 'clients', computed: '', ended: '' })
  expect(table).toContain('found exactly: 3 clusters, adjusted Rand index 1.000, purity 1.000')
  expect(table).toContain('FedAvg in the simulator')
})

test('clusters, their expert and FedAvg stand side by side, after every round and at the end; without an expert nothing is said of one', () => {
  const clusters = [0.91, 0.9].map((accuracy) => ({ accuracy, loss: null }))
  const round = { ...REPORT.rounds[0]!, clusters, clusterSizes: [10, 5], signals: { expertAccuracy: 0.8124, averageAccuracy: 0.7124 } }
  expect(roundLines(round, 0.9).split('\n').slice(1)).toEqual([
    '           clusters  0: 0.910 (10)   1: 0.900 (5)',
    "           expert  0.812 for everybody, the clusters' average 0.712",
  ])
  expect(roundLines({ ...round, signals: {} }, 0.9)).not.toContain('expert')
  const options = { verdict: '', who: 'tabs', computed: '', ended: '' } as const
  const table = closingTable({ ...REPORT, ari: 1, purity: 1, expertAccuracy: 0.8124 }, options)
  expect(table).toMatch(/accuracy +0\.9400[\s\S]*expert +0\.8124 on the same pictures[\s\S]*FedAvg in the simulator +0\.9412/)
  expect(closingTable({ ...REPORT, ari: 1, purity: 1 }, options)).not.toContain('expert')
})

test('clusters of points: a round says how many points each has and how many changed; no accuracy, and no FedAvg, for there is no right answer to count', () => {
  const round = { ...REPORT.rounds[0]!, accuracy: null, loss: 41.2, clusterSizes: [1003, 997], signals: { changed: 0.0312 } }
  const lines = roundLines(round, null)
  for (const part of ['loss 41.200', '3.1 % of the points changed', 'points of each cluster  0: 1003   1: 997']) expect(lines).toContain(part)
  expect(lines).not.toContain('accuracy')
  expect(roundLines({ ...round, loss: null, clients: 0, bytesUp: 2100, signals: {} }, null)).toBe('round   0  1.0 s  up 2.1 kB  down 4.00 MB')

  const groups = [{ cluster: 0, clients: 4, points: 1003, planted: [1003, 0], accuracy: null, baselineAccuracy: null }]
  expect(groupTable({ groups, clustersOf: 'points' }).split('\n')).toEqual([
    '  cluster  clients  points  of group 1  of group 2',
    '        0        4    1003        1003           0',
  ])
  const report: RunReport = {
    ...REPORT,
    accuracy: null,
    baselineAccuracy: null,
    baselineSeconds: null,
    ari: 0.998,
    purity: 0.999,
    clusters: 2,
    clustersOf: 'points',
    groups,
  }
  const table = closingTable(report, { verdict: 'the planted clusters were recovered', who: 'tabs', computed: '', ended: '' })
  expect(table).toContain('the planted clusters were recovered: 2 clusters, adjusted Rand index 0.998, purity 0.999')
  expect(table).toContain('this command has looked into tabs of its own')
  expect(table).not.toMatch(/accuracy|FedAvg/)
})

test('who came without labels: the cluster that it found, whether that is right, and what it brought', () => {
  const groups = [
    { cluster: 0, clients: 5, planted: [0, 5], accuracy: 0.9, baselineAccuracy: 0.7 },
    { cluster: 1, clients: 5, planted: [5, 0], accuracy: 0.9, baselineAccuracy: 0.7 },
  ]
  const newcomer = { planted: 1, cluster: 0, before: 0.5124, after: 0.912 }
  expect(newcomerLines({ groups, newcomer })).toContain('found cluster 0: the right one')
  expect(newcomerLines({ groups, newcomer })).toContain('0.5124 with the general model, 0.9120 with the one that it got')
  expect(newcomerLines({ groups, newcomer: { ...newcomer, cluster: 1 } })).toContain('found cluster 1: not the one of group 2')
  expect(newcomerLines({ groups, newcomer: { ...newcomer, cluster: null } })).toContain('found no group like its pictures: not the one of group 2')
  expect(newcomerLines({ groups })).toBe('')
})
