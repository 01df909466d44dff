import type { RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { metricsCsv } from './metrics-export.ts'

const round = (change: Partial<RoundSummary>): RoundSummary => ({
  round: 0,
  outcome: 'updated',
  reason: null,
  clients: 3,
  startedAt: 10,
  endedAt: 20,
  metrics: { accuracy: 0.5, loss: 1.25 },
  clusters: [],
  clusterSizes: [3],
  signals: {},
  notes: [],
  models: [],
  ...change,
})

test('a line for each round, columns for each cluster and signal; what was not measured is empty', () => {
  const split = {
    clusters: [
      { accuracy: 0.6, loss: 1 },
      { accuracy: null, loss: null },
    ],
    clusterSizes: [2, 1],
    signals: { 'ratio.0': 0.25 },
  }
  expect(metricsCsv([round({}), round({ round: 1, ...split, outcome: 'aborted', reason: 'SHOAL_ERR_ASK_ABORTED' })]).split('\r\n')).toEqual([
    'round,outcome,reason,clients,started_at,ended_at,accuracy,loss,cluster_0_clients,cluster_0_accuracy,cluster_0_loss,cluster_1_clients,cluster_1_accuracy,cluster_1_loss,ratio.0',
    '0,updated,,3,10,20,0.5,1.25,3,0.5,1.25,,,,',
    '1,aborted,SHOAL_ERR_ASK_ABORTED,3,10,20,0.5,1.25,2,0.6,1,1,,,0.25',
    '',
  ])
})

test('before the first round there is a header alone', () => {
  expect(metricsCsv([])).toBe('round,outcome,reason,clients,started_at,ended_at,accuracy,loss\r\n')
})

test('names can neither break the table nor be a formula', () => {
  const [header] = metricsCsv([round({ signals: { '=1+1': 1, 'a,"b"': 2, '\t=1+1': 3 } })]).split('\r\n')
  expect(header).toContain(`'=1+1,"a,""b"""`)
  expect(header).toContain("'\t=1+1")
})
