import type { FederationConfig, Robust } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { clustersOf, expectSound, groupsOf, modelsOf, optimumOf, partitionOf, plant } from '../faults/clustered-federation.ts'

/** Strategies do not know what stands for the mean: groups are found by sums that stay exact, and each gets the centre of its own updates. */
const cases: readonly [strategy: 'cfl' | 'ocfl' | 'ifca', view: FederationConfig['privacy']['view'], robust: Robust, rounds: number][] = [
  ['cfl', 'sums', 'clipped', 8],
  ['cfl', 'rows', 'clipped', 8],
  ['ocfl', 'rows', 'trimmed', 6],
  ['ifca', 'sums', 'median', 9],
]

test.each(['median', 'trimmed'] as const)(
  '[CO84] cfl waits for a mean that vanishes, which the %s of groups that pull apart never does: it is refused',
  async (robust) => {
    const planting = { strategy: 'cfl', view: 'sums', groups: groupsOf(3, 3), seed: 'refused', rounds: 1 } as const
    await expect(plant({ ...planting, config: { privacy: { level: 'sealed', view: 'sums', robust } } })).rejects.toThrow('SHOAL_ERR_IMPOSSIBLE_PAIRING')
  },
)

test.each(cases)('[CO80] %s by %s: three planted groups are found exactly where updates are put together as %s', async (strategy, view, robust, rounds) => {
  const groups = groupsOf(4, 4, 4)
  const seed = 'compared'
  const simulation = await plant({ strategy, view, groups, seed, rounds, config: { privacy: { level: 'sealed', view, robust } } })
  expect(await simulation.run()).toBe(true)
  expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(groups))
  const models = await modelsOf(simulation)
  for (const [client, cluster] of clustersOf(simulation).entries()) {
    const optimum = optimumOf(groups[client], client, seed)
    expect(Math.hypot(...optimum.map((entry, index) => entry - models[cluster ?? -1][index]))).toBeLessThan(0.6) // the groups are 4 apart
  }
  await expectSound(simulation)
})
