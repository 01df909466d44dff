import { bytesOf, type FederationConfig, federationConfigSchema, privacyLevelSchema, viewSchema } from '@shoal/protocol'
import { createQuadraticProcedures, createSimulation, type Simulation } from '@shoal/simulator'
import { STRATEGIES } from '@shoal/strategies'
import { describe, expect, test } from 'vitest'
import { clustersOf, expectSound, groupsOf, jobs, modelsOf, optimumOf, outcomesOf, partitionOf, plant, SIZE } from '../faults/clustered-federation.ts'

const CLIENTS = 4

const config = (strategy: string, level: FederationConfig['privacy']['level'], view: FederationConfig['privacy']['view']): FederationConfig =>
  federationConfigSchema.parse({
    name: 'matrix',
    description: '',
    operator: 'nobody',
    seed: 'matrix',
    strategy: { name: strategy, options: {} },
    privacy: { level, view },
    model: { architecture: 'quadratic', parameters: [{ name: 'w', shape: [SIZE] }] },
    data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: CLIENTS, max: CLIENTS },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 30_000,
    computeDeadlineMs: 30_000,
    maxWeight: 100,
    evaluation: { onClients: true, testSet: null },
    stop: { rounds: 12, accuracy: null },
  })

const simulationOf = (...pairing: Parameters<typeof config>) =>
  createSimulation({
    config: config(...pairing),
    initialModel: new Float32Array(SIZE),
    procedures: Array.from({ length: CLIENTS }, (_, index) => createQuadraticProcedures({ optimum: new Float32Array(SIZE).fill(index - 1), examples: 10 })),
    jobs,
  })

async function finished(...pairing: Parameters<typeof config>): Promise<Simulation> {
  const simulation = await simulationOf(...pairing)
  if (!simulation.ok) throw new Error(simulation.failure.code)
  expect(await simulation.value.run()).toBe(true)
  expect(simulation.value.host().state().lifecycle).toBe('finished')
  return simulation.value
}

const every = [...STRATEGIES.values()].flatMap(({ name, views }) =>
  privacyLevelSchema.options.flatMap((level) =>
    viewSchema.options.map((view) => ({ name, level, view, possible: level === 'sealed' && views.includes(view) })),
  ),
)
const pairsOf = (possible: boolean) => every.filter((pair) => pair.possible === possible)

test('three strategies, all levels and views: five pairs run', () => {
  expect(every).toHaveLength(3 * privacyLevelSchema.options.length * viewSchema.options.length)
  expect(pairsOf(true).map(({ name, view }) => `${name} by ${view}`)).toEqual(['fedavg by sums', 'cfl by sums', 'cfl by rows', 'ocfl by sums', 'ocfl by rows'])
})

test.each(pairsOf(false))('$name at $level by $view is refused by code', async ({ name, level, view }) => {
  expect(await simulationOf(name, level, view)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING' } })
})

describe('one cluster', () => {
  const averaged = finished('fedavg', 'sealed', 'sums')

  test.each(pairsOf(true))('[8.9] $name at $level by $view: too few to be divided, so it is FedAvg bit for bit', async ({ name, level, view }) => {
    const simulation = await finished(name, level, view)
    const losses = simulation
      .host()
      .state()
      .rounds.map(({ metrics }) => metrics.loss ?? Number.NaN)
    // At the mean of the optima -1, 0, 1, 2 the mean squared distance over 16 entries is 16 * 1.25.
    expect(losses.at(-1)).toBeCloseTo(20, 1)
    expect(losses[0]).toBeGreaterThan(20.5)
    expect((await modelsOf(simulation)).map(bytesOf)).toEqual((await modelsOf(await averaged)).map(bytesOf))
  })
})

const clustered = [
  { strategy: 'cfl', view: 'rows' },
  { strategy: 'cfl', view: 'sums' },
  { strategy: 'ocfl', view: 'rows' },
  { strategy: 'ocfl', view: 'sums' },
] as const

test.each(['rows', 'sums'] as const)('cfl by %s: where rounds take half of the clients, a census finds the planted groups (seed half)', async (view) => {
  const groups = groupsOf(4, 4, 4)
  const cohort = { fraction: 0.5, min: 6, max: 12 }
  const simulation = await plant({ strategy: 'cfl', view, groups, seed: 'half', rounds: 24, config: { cohort } })
  expect(await simulation.run()).toBe(true)
  const { rounds } = simulation.host().state()
  const taken = rounds.map(({ clients }) => clients)
  expect(new Set(taken)).toEqual(new Set([6, 12]))
  expect(taken.filter((clients) => clients === 12).length).toBeLessThanOrEqual(6)
  expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(groups))
  await expectSound(simulation)
})

describe.each(clustered)('$strategy by $view', ({ strategy, view }) => {
  test.each([
    { seed: 'nine', groups: groupsOf(3, 3, 3) },
    { seed: 'mixed', groups: [2, 0, 1, 1, 0, 2, 0, 1, 2, 0, 1, 1] },
  ])('three planted groups are found exactly, and each gets its own model (seed $seed)', async ({ seed, groups }) => {
    const simulation = await plant({ strategy, view, groups, seed, rounds: strategy === 'cfl' ? 8 : 6 })
    expect(await simulation.run()).toBe(true)
    expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(groups))
    expect(outcomesOf(simulation).every((outcome) => outcome === 'updated')).toBe(true)
    const models = await modelsOf(simulation)
    for (const [client, cluster] of clustersOf(simulation).entries()) {
      const optimum = optimumOf(groups[client], client, seed)
      expect(Math.hypot(...optimum.map((entry, index) => entry - models[cluster ?? -1][index]))).toBeLessThan(0.6) // the groups are 4 apart
    }
    await expectSound(simulation)
  })

  test.each(['alike a', 'alike b'])('nobody is ever split where all are alike (seed "%s")', async (seed) => {
    const simulation = await plant({ strategy, view, groups: groupsOf(9), seed, rounds: 8 })
    expect(await simulation.run()).toBe(true)
    const { models, partition, rounds } = simulation.host().state()
    expect({ clusters: models.length, partition }).toEqual({ clusters: 1, partition: 0 })
    expect(rounds.some(({ notes }) => notes.length > 0)).toBe(true) // it was looked for
  })
})
