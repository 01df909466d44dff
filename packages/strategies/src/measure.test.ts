import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { createAsks } from './asks.ts'
import type { Answer, Ask, Placement, RoundContext } from './contract.ts'
import { measureClusters } from './measure.ts'
import { TRAIN } from './testing-cohort.ts'

const model = Float32Array.of(0)
const place: Placement = { by: 'cluster' }

function measure(models: readonly Float32Array[], answers: readonly Answer[], evaluation: RoundContext['evaluation']) {
  const context: RoundContext = {
    round: 0,
    start: () => model,
    model: () => model,
    view: 'sums',
    clusters: models.length,
    clusterSizes: models.map(() => 4),
    rounds: 10,
    pending: 0,
    cohortSize: 4,
    release: { clients: 1, movers: 1 },
    train: TRAIN,
    evaluation,
    rng: createRng('measure'),
  }
  const asks: Ask[] = []
  const program = measureClusters(models, place, createAsks(), context)
  let step = program.next()
  while (!step.done) {
    asks.push(step.value)
    step = program.next(answers[asks.length - 1])
  }
  return { asks, measured: step.value }
}

test('each cluster on its own clients; overall their mean, weighed by examples; a withheld cluster is unmeasured', () => {
  const blocks = new Map([
    [0, { total: Float64Array.of(9, 2), weight: 10, count: 2 }],
    [1, { total: Float64Array.of(15, 27), weight: 30, count: 2 }],
    [2, { withheld: 'below-kmin' as const }],
  ])
  const { asks, measured } = measure([model, model, model], [{ kind: 'sum', blocks }], { onClients: true, onServer: true })
  expect(asks).toHaveLength(1) // the server's test set belongs to no cluster
  expect(measured.metrics).toEqual({ accuracy: 24 / 40, loss: 29 / 40 })
  expect(measured.clusterMetrics).toEqual([
    { accuracy: 0.9, loss: 0.2 },
    { accuracy: 0.5, loss: 0.9 },
    { accuracy: null, loss: null },
  ])
})

test('a single model is measured as federated averaging measures its own', () => {
  const answers: Answer[] = [
    { kind: 'sum', blocks: new Map([[0, { total: Float64Array.of(9, 2), weight: 10, count: 2 }]]) },
    { kind: 'compute', value: { accuracy: 0.5, loss: 1 } },
  ]
  const { asks, measured } = measure([model], answers, { onClients: true, onServer: true })
  expect(asks.map((ask) => ask.kind)).toEqual(['sum', 'compute'])
  expect(measured).toEqual({ metrics: { accuracy: 0.5, loss: 1 }, clusterMetrics: [] })
})

test('nothing asked, nothing measured', () => {
  const { asks, measured } = measure([model, model], [], { onClients: false, onServer: true })
  expect(asks).toEqual([])
  expect(measured).toEqual({ metrics: { accuracy: null, loss: null }, clusterMetrics: [] })
})
