import { createRng } from '@shoal/numeric'
import { type FederationConfig, failed, federationConfigSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createQuadraticProcedures } from './quadratic-procedures.ts'
import { createSimulation, type Simulation, type SimulationOptions } from './simulation.ts'

const CLIENTS = 6
const SIZE = 40

const config = (change: Partial<FederationConfig> = {}): FederationConfig =>
  federationConfigSchema.parse({
    name: 'masked quadratic',
    description: '',
    operator: 'nobody',
    seed: 'quadratic',
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'masked', view: 'sums' },
    model: { architecture: 'quadratic', parameters: [{ name: 'w', shape: [SIZE] }] },
    data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: CLIENTS, max: CLIENTS },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 30_000,
    computeDeadlineMs: 30_000,
    maxWeight: 1000,
    evaluation: { onClients: true, testSet: null },
    stop: { rounds: 6, accuracy: null },
    ...change,
  })

const rng = createRng('optima')
const clients = Array.from({ length: CLIENTS }, () => ({
  optimum: Float32Array.from({ length: SIZE }, () => rng.uniform() * 4 - 2),
  examples: 1000,
}))

async function simulationOf(change: Partial<SimulationOptions> = {}): Promise<Simulation> {
  const simulation = await createSimulation({
    config: config(),
    initialModel: new Float32Array(SIZE),
    procedures: clients.map(createQuadraticProcedures),
    jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set here') },
    onReport: (what, failure) => console.log(what, failure),
    ...change,
  })
  if (!simulation.ok) throw new Error(`${simulation.failure.code} ${simulation.failure.detail ?? ''}`)
  return simulation.value
}

test('a masked federation goes to the mean of its clients', async () => {
  const simulation = await simulationOf()
  expect(await simulation.run(600_000)).toBe(true)
  const state = simulation.host().state()
  console.log(JSON.stringify(state.rounds.map(({ outcome, clients: n, reason, metrics }) => [outcome, n, reason, metrics])), state.reason)
  console.log(simulation.sessions.map((session) => JSON.stringify(session.state())).join('\n'))
})
