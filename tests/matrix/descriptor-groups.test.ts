import { bytesOf } from '@shoal/protocol'
import type { Simulation } from '@shoal/simulator'
import { describe, expect, test } from 'vitest'
import { clustersOf, expectSound, groupsOf, modelsOf, optimumOf, type Planting, partitionOf, plant } from '../faults/clustered-federation.ts'

/** FLUX through the real machines of both sides: descriptors of latents that scatter around each client's optimum. */

const pairings = (['sealed', 'masked'] as const).flatMap((level) => (['rows', 'sums'] as const).map((view) => ({ level, view })))
const MASKING = { cohortSize: 16, kMin: 3, kDiff: 3, ring: 32, clip: 4 } as const
const TRAIN = { steps: 1, batchSize: 1, learningRate: 0.9, momentum: 0, weightDecay: 0, proximalMu: 0 }

const plantAt = (level: 'sealed' | 'masked', { options, ...planting }: Omit<Planting, 'strategy'>): Promise<Simulation> =>
  plant({
    examples: 60,
    ...planting,
    strategy: 'flux',
    options: { length: 12, clusterAt: 1, ...(planting.view === 'sums' ? { clusters: new Set(planting.groups).size } : {}), ...options },
    config: { privacy: { level, view: planting.view, ...(level === 'masked' ? { masking: MASKING } : {}) }, train: TRAIN },
  })

const roundsOf = (simulation: Simulation) => simulation.host().state().rounds

describe.each(pairings)('flux at $level by $view', ({ level, view }) => {
  test('planted groups are found from descriptors, and each gets its own model (seed flux)', async () => {
    const isMasked = level === 'masked'
    const groups = isMasked ? groupsOf(3, 3) : groupsOf(3, 3, 3) // masks cost time
    const simulation = await plantAt(level, { view, groups, seed: 'flux', rounds: isMasked ? 2 : 4 })
    expect(await simulation.run()).toBe(true)
    expect(roundsOf(simulation)[1].notes[0]).toContain(`${groups.length} clients in ${isMasked ? 2 : 3} clusters of 3, 3`)
    expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(groups))
    const models = await modelsOf(simulation)
    for (const [client, cluster] of clustersOf(simulation).entries()) {
      const optimum = optimumOf(groups[client], client, 'flux')
      expect(Math.hypot(...optimum.map((entry, index) => entry - models[cluster ?? -1][index]))).toBeLessThan(0.6) // the groups are 4 apart
    }
    await expectSound(simulation)
  })
})

// The clustering takes from 3 s to 7 s by rows, and to 19 s by sums.
test.each([
  ['rows', [3300, 5000]],
  ['sums', [3300, 12_000]],
] as const)('by %s: a server that is killed in the clustering comes to the same models, bit for bit (seed killed)', async (view, kills) => {
  const planting = { view, groups: groupsOf(3, 3, 3), seed: 'killed', rounds: 3 }
  const plain = await plantAt('sealed', planting)
  expect(await plain.run()).toBe(true)
  for (const killAt of kills) {
    const crashed = await plantAt('sealed', planting)
    await crashed.run(killAt)
    await crashed.crash(700)
    expect(await crashed.run()).toBe(true)
    expect((await modelsOf(crashed)).map((model) => bytesOf(model))).toEqual((await modelsOf(plain)).map((model) => bytesOf(model)))
    expect(clustersOf(crashed)).toEqual(clustersOf(plain))
  }
})
