import { createRng, deriveSeed } from '@shoal/numeric'
import type { FederationConfig } from '@shoal/protocol'
import { createQuadraticProcedures, quadraticConfig, type Simulation } from '@shoal/simulator'
import { createSimulation } from '@shoal/simulator/node'
import { expect, test } from 'vitest'
import { clustersOf, expectSound, jobs, modelsOf, partitionOf } from '../faults/clustered-federation.ts'

/** IFCA whose clusters share all layers but the last (Ghosh 2020, section 3.3): groups want the same of the trunk, and different things of the head. */

const TRUNK = 10
const HEAD = 6
const CLUSTERS = 3
const GROUPS = [0, 0, 0, 1, 1, 1, 2, 2, 2]

function optimumOf(client: number): Float32Array {
  const rng = createRng(deriveSeed('shared trunk', client))
  return Float32Array.from({ length: TRUNK + HEAD }, (_, entry) => (entry < TRUNK ? 1 : entry - TRUNK === GROUPS[client] ? 3 : 0) + 0.2 * (rng.uniform() - 0.5))
}

async function finished(privacy: FederationConfig['privacy']): Promise<Simulation> {
  const created = await createSimulation({
    config: quadraticConfig({
      clients: GROUPS.length,
      size: TRUNK + HEAD,
      seed: 'shared trunk',
      strategy: { name: 'ifca', options: { clusters: CLUSTERS, heads: 1 } },
      privacy,
      model: {
        architecture: 'quadratic',
        parameters: [
          { name: 'trunk/kernel', shape: [TRUNK] },
          { name: 'head/kernel', shape: [HEAD] },
        ],
      },
      stop: { rounds: 14, accuracy: null },
    }),
    initialModel: new Float32Array(TRUNK + HEAD),
    procedures: GROUPS.map((_, client) => createQuadraticProcedures({ optimum: optimumOf(client), examples: 10 })),
    jobs,
  })
  if (!created.ok) throw new Error(`${created.failure.code} ${created.failure.detail ?? ''}`)
  expect(await created.value.run()).toBe(true)
  await expectSound(created.value)
  return created.value
}

test.each([
  { level: 'sealed', view: 'sums' },
  { level: 'sealed', view: 'sums', robust: 'median' },
  { level: 'masked', view: 'sums', masking: { cohortSize: 16, kMin: 3, kDiff: 3, ring: 32, clip: 8 } },
] as const)('at $level $robust: groups are found by their heads, all models have one trunk to the last bit, and it is that of everybody', async (privacy) => {
  const simulation = await finished(privacy)
  expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(GROUPS))
  const models = await modelsOf(simulation)
  const [first] = models
  for (const model of models) expect(model.subarray(0, TRUNK)).toEqual(first.subarray(0, TRUNK))
  for (const entry of first.subarray(0, TRUNK)) expect(Math.abs(entry - 1)).toBeLessThan(0.1)
  for (const [client, cluster] of clustersOf(simulation).entries()) expect(models[cluster ?? -1][TRUNK + GROUPS[client]]).toBeGreaterThan(2.5)
})

test('a client downloads one trunk and K heads a round, and none of them twice', async () => {
  const simulation = await finished({ level: 'sealed', view: 'sums' })
  // In a round that moves nobody: the heads of others to choose among, then the new trunk and its own new head to measure.
  const perClient = 4 * ((CLUSTERS - 1) * HEAD + TRUNK + HEAD)
  expect(simulation.traffic(12).bytesDown).toBe(GROUPS.length * perClient)
})
