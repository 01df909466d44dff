import type { FederationConfig } from '@shoal/protocol'
import { createQuadraticProcedures, quadraticConfig, type Simulation } from '@shoal/simulator'
import { createSimulation } from '@shoal/simulator/node'
import { expect, test } from 'vitest'
import { jobs, modelsOf } from '../faults/clustered-federation.ts'

const CLIENTS = 12
const SIZE = 16
const ROUNDS = 6
const NOISE = { noiseMultiplier: 0.25, delta: 1e-5, budget: 400, assumeDropped: 0.1, assumeColluding: 0 }

async function noisy(noise: Partial<typeof NOISE>, change: Partial<FederationConfig> = {}): Promise<Simulation> {
  const simulation = await createSimulation({
    config: quadraticConfig({
      clients: CLIENTS,
      size: SIZE,
      name: 'noisy',
      seed: 'noisy',
      privacy: { level: 'masked+dp', view: 'sums', masking: { cohortSize: 16, kMin: 3, kDiff: 3, ring: 32, clip: 2 }, dp: { ...NOISE, ...noise } },
      maxWeight: 10,
      evaluation: { onClients: false, testSet: null },
      stop: { rounds: ROUNDS, accuracy: null },
      ...change,
    }),
    initialModel: new Float32Array(SIZE),
    procedures: Array.from({ length: CLIENTS }, () => createQuadraticProcedures({ optimum: new Float32Array(SIZE).fill(0.25), examples: 10 })),
    jobs,
  })
  if (!simulation.ok) throw new Error(`${simulation.failure.code} ${simulation.failure.detail ?? ''}`)
  return simulation.value
}

const outcomesOf = (simulation: Simulation): string[] =>
  simulation
    .host()
    .state()
    .rounds.map(({ outcome }) => outcome)

test('[5.1.9] fedavg at masked+dp trains under noise, and every device keeps an account that only rises', async () => {
  const simulation = await noisy({})
  expect(await simulation.run()).toBe(true)
  expect(outcomesOf(simulation)).toEqual(Array.from({ length: ROUNDS }, () => 'updated'))
  const [model] = await modelsOf(simulation)
  // Near the optimum, 0.25 in each entry, and not at it: a sum's noise has the standard deviation z C = 0.5, which the mean over 12 has a twelfth of.
  const errors = [...model.subarray(0, SIZE)].map((entry) => Math.abs(entry - 0.25))
  expect(Math.max(...errors)).toBeLessThan(0.4)
  expect(Math.max(...errors)).toBeGreaterThan(0.01)
  for (const session of simulation.sessions) {
    const spent = session.sums().map(({ epsilon }) => epsilon?.spent ?? 0)
    expect(spent).toHaveLength(ROUNDS)
    for (let sum = 1; sum < spent.length; sum += 1) expect(spent[sum]).toBeGreaterThan(spent[sum - 1])
    expect(Math.max(...spent)).toBeLessThanOrEqual(NOISE.budget)
  }
})

test('past the budget devices give nothing any more, and say so', async () => {
  const simulation = await noisy({ budget: 100 })
  expect(await simulation.run()).toBe(true)
  const outcomes = outcomesOf(simulation)
  const given = outcomes.filter((outcome) => outcome === 'updated').length
  expect(given).toBeGreaterThan(0)
  expect(outcomes.slice(given).length).toBeGreaterThan(0)
  expect(outcomes.slice(given).every((outcome) => outcome === 'unchanged')).toBe(true)
  for (const session of simulation.sessions) {
    expect(session.state()).toMatchObject({ why: { kind: 'sat-out', code: 'SHOAL_ERR_PRIVACY_BUDGET' } })
    expect(Math.max(...session.sums().map(({ epsilon }) => epsilon?.spent ?? 0))).toBeLessThanOrEqual(100)
  }
})

test('noise that nobody is left to add, or that is not said, is refused when the federation is made', async () => {
  await expect(noisy({ assumeColluding: CLIENTS })).rejects.toThrow('SHOAL_ERR_CONFIG')
  await expect(noisy({}, { privacy: { level: 'masked+dp', view: 'sums' } })).rejects.toThrow('SHOAL_ERR_CONFIG level masked+dp needs its noise')
})
