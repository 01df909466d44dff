import { createRng } from '@shoal/numeric'
import { describe, expect, test } from 'vitest'
import { createAsks } from './asks.ts'
import type { Answer, Ask, RoundContext } from './contract.ts'
import { fedavg } from './fedavg.ts'

const train = { steps: 1, batchSize: 1, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 }
const model = Float32Array.of(1, 2)
const context = (change: Partial<RoundContext> = {}): RoundContext => ({
  round: 0,
  start: () => model,
  model: () => model,
  view: 'sums',
  clusters: 1,
  rounds: 10,
  pending: 0,
  cohortSize: 2,
  clusterSizes: [2],
  release: { clients: 1, movers: 1 },
  train,
  evaluation: { onClients: false, onServer: false },
  rng: createRng('fedavg'),
  ...change,
})

/** Drives a round with the given answers; returns what was asked and what came out. */
function play(answers: Answer[], roundContext = context()) {
  const asks: Ask[] = []
  const program = fedavg.round({ model }, createAsks(), roundContext)
  let step = program.next()
  while (!step.done) {
    asks.push(step.value)
    const answer = answers[asks.length - 1]
    if (answer === undefined) throw new Error('asked more than there are answers')
    step = program.next(answer)
  }
  return { asks, result: step.value }
}

const trained: Answer = { kind: 'sum', blocks: new Map([[0, { total: Float64Array.of(30, -10), weight: 10, count: 2 }]]) }

describe('federated averaging', () => {
  test('the new model is the start plus the mean update, weighted by examples', () => {
    const { asks, result } = play([trained])
    expect(asks.map((ask) => ask.kind === 'sum' && ask.procedure)).toEqual(['train'])
    expect(result.publish).toEqual([Float32Array.of(1 + 3, 2 - 1)])
    expect(result.state).toEqual({ model: result.publish[0] })
  })

  test('a withheld sum leaves the model as it is', () => {
    const { result } = play([{ kind: 'sum', blocks: new Map([[0, { withheld: 'no-quorum' }]]) }])
    expect(result).toEqual({ state: { model }, publish: [] })
    expect(play([{ kind: 'sum', blocks: new Map() }]).result.publish).toEqual([])
  })

  test('updates are added to the model that clients really started from', () => {
    const { result } = play([trained], context({ start: () => Float32Array.of(100, 100) }))
    expect(result.publish).toEqual([Float32Array.of(103, 99)])
  })

  test('evaluation: the clients answer first, the public test set has the word', () => {
    const report: Answer = { kind: 'sum', blocks: new Map([[0, { total: Float64Array.of(9, 2), weight: 10, count: 2 }]]) }
    const onClients = play([trained, report], context({ evaluation: { onClients: true, onServer: false } }))
    expect(onClients.result.metrics).toEqual({ accuracy: 0.9, loss: 0.2 })
    const both = play([trained, report, { kind: 'compute', value: { accuracy: 0.5, loss: 1 } }], context({ evaluation: { onClients: true, onServer: true } }))
    expect(both.result.metrics).toEqual({ accuracy: 0.5, loss: 1 })
    const failing = play(
      [trained, report, { kind: 'compute', failure: { code: 'SHOAL_ERR_COMPUTE_FAILED' } }],
      context({ evaluation: { onClients: true, onServer: true } }),
    )
    expect(failing.result.metrics).toEqual({ accuracy: 0.9, loss: 0.2 })
  })

  test("an answer of the wrong kind is the runner's error and stops the program", () => {
    expect(() => play([{ kind: 'compute', value: 1 }])).toThrow('asked for sum, answered with compute')
  })

  test('it has no option', () => {
    expect(fedavg.parseOptions({})).toEqual({ ok: true, value: {} })
    expect(fedavg.parseOptions({ speed: 1 })).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_CONFIG' } })
  })

  test('a newcomer takes the present model', () => {
    expect(fedavg.admit({ model })).toEqual({ procedure: 'adopt', args: {}, models: [model] })
  })
})
