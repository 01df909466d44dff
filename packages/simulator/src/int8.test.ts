import { policyOf } from '@shoal/coordinator'
import { createRng } from '@shoal/numeric'
import { bytesOf, type FederationConfig, failed, federationIdSchema, policySchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createSimulation } from './node-platform.ts'
import { quadraticConfig } from './quadratic-config.ts'
import { createQuadraticProcedures } from './quadratic-procedures.ts'
import type { Simulation, SimulationOptions } from './simulation.ts'

const CLIENTS = 5
const SIZE = 3000

const configOf = (change: Partial<FederationConfig> = {}): FederationConfig =>
  quadraticConfig({
    clients: CLIENTS,
    size: SIZE,
    name: 'int8',
    seed: 'int8',
    privacy: { level: 'sealed', view: 'sums', encoding: 'int8' },
    stop: { rounds: 5, accuracy: null },
    ...change,
  })

const rng = createRng('optima')
const clients = Array.from({ length: CLIENTS }, (_, index) => ({
  optimum: Float32Array.from({ length: SIZE }, () => rng.uniform() * 4 - 2),
  examples: 10 * (index + 1),
}))

const create = (change: Partial<SimulationOptions> = {}) =>
  createSimulation({
    config: configOf(),
    initialModel: new Float32Array(SIZE),
    procedures: clients.map(createQuadraticProcedures),
    jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set here') },
    ...change,
  })

async function simulationOf(change: Partial<SimulationOptions> = {}): Promise<Simulation> {
  const simulation = await create(change)
  if (!simulation.ok) throw new Error(`${simulation.failure.code} ${simulation.failure.detail ?? ''}`)
  return simulation.value
}

async function modelAfter(
  change: Partial<SimulationOptions> = {},
  happens: (simulation: Simulation) => Promise<void> = async () => undefined,
): Promise<Float32Array> {
  const simulation = await simulationOf(change)
  await happens(simulation)
  expect(await simulation.run()).toBe(true)
  expect(
    simulation
      .host()
      .state()
      .rounds.every(({ outcome, clients: trained }) => outcome === 'updated' && trained === CLIENTS),
  ).toBe(true)
  const bytes = await simulation.blobs.get(simulation.host().state().models[0])
  if (!bytes.ok) throw new Error(bytes.failure.code)
  return new Float32Array(bytes.value.buffer, 0, SIZE)
}

test("a federation in int8 goes to the weighted mean of its clients' optima as closely as its steps are fine", async () => {
  const model = await modelAfter({ config: configOf({ stop: { rounds: 14, accuracy: null } }) })
  const total = clients.reduce((sum, { examples }) => sum + examples, 0)
  let square = 0
  for (let entry = 0; entry < SIZE; entry += 1) {
    const mean = clients.reduce((sum, { optimum, examples }) => sum + (optimum[entry] * examples) / total, 0)
    square += (model[entry] - mean) ** 2 / SIZE
  }
  // Updates stay as large as the optima lie apart, rms 0.6; each is off by a hundredth of that, and the mean of five by less.
  expect(Math.sqrt(square)).toBeLessThan(0.006)
})

test('[2.1] an update takes P + P / 64 + 300 bytes at most; with the small sums beside it no upload is larger', async () => {
  const trainOnly = await simulationOf({ config: configOf({ evaluation: { onClients: false, testSet: null } }) })
  await trainOnly.run()
  for (let round = 0; round < 5; round += 1) expect(trainOnly.traffic(round).bytesUp).toBeLessThanOrEqual(CLIENTS * (SIZE + SIZE / 64 + 300))
})

test('[8.1][8.8] the same seed gives the same model bit for bit: after other delays, another order of arrival, and a crash in the middle', async () => {
  const plain = bytesOf(await modelAfter())
  expect(bytesOf(await modelAfter({ delays: { latencyMs: [5, 500], bytesPerMs: 100 }, computeMs: [0, 9000] }))).toEqual(plain)
  const crashed = await modelAfter({}, async (simulation) => {
    await simulation.run(1300)
    await simulation.crash(700)
  })
  expect(bytesOf(crashed)).toEqual(plain)
  expect(bytesOf(await modelAfter({ config: configOf({ privacy: { level: 'sealed', view: 'sums' } }) }))).not.toEqual(plain)
})

test('the policy says how updates travel', () => {
  const policy = policySchema.parse(policyOf(federationIdSchema.parse('fed-simulation'), configOf()))
  expect(policy.privacy).toEqual({ level: 'sealed', view: 'sums', encoding: 'int8' })
})

test('a model with running statistics is refused: they would be rounded as if they were part of the update', async () => {
  const parameters = [
    { name: 'w', shape: [SIZE - 1] },
    { name: 'mean', shape: [1], isBuffer: true },
  ]
  const model = { architecture: 'quadratic', parameters, buffers: 'mean' } as const
  expect(await create({ config: configOf({ model }) })).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING' } })
  expect(await create({ config: configOf({ model, privacy: { level: 'sealed', view: 'sums' } }) })).toMatchObject({ ok: true })
})
