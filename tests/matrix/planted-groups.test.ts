import type { Simulation } from '@shoal/simulator'
import { describe, expect, test } from 'vitest'
import { clustersOf, expectSound, groupsOf, modelsOf, optimumOf, outcomesOf, type Planting, partitionOf, plant, SIZE } from '../faults/clustered-federation.ts'

const clustered = (['cfl', 'ocfl'] as const).flatMap((strategy) =>
  (['sealed', 'masked'] as const).flatMap((level) => (['rows', 'sums'] as const).map((view) => ({ strategy, level, view }))),
)

/** Masked, one sum or table holds everybody, and a group of three can still be opened. */
const plantAt = (level: 'sealed' | 'masked', planting: Planting): Promise<Simulation> =>
  plant(
    level === 'sealed'
      ? planting
      : {
          ...planting,
          // By sums evidence is a sketch; eight numbers for each of the model's, so that hardly two fall together.
          options: { ...(planting.view === 'sums' ? { evidence: 'sketch', sketchLength: 8 * SIZE } : {}), ...planting.options },
          config: { privacy: { level, view: planting.view, masking: { cohortSize: 16, kMin: 3, kDiff: 3, ring: 16, clip: 4 } }, ...planting.config },
        },
  )

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

describe.each(clustered)('$strategy at $level by $view', ({ strategy, level, view }) => {
  const planted = [
    { seed: 'nine', groups: groupsOf(3, 3, 3) },
    { seed: 'mixed', groups: [2, 0, 1, 1, 0, 2, 0, 1, 2, 0, 1, 1] },
    { seed: 'nine mixed', groups: [2, 0, 1, 1, 0, 2, 0, 1, 2] },
  ]
  // Masks cost time: what they could change shows in one of each.
  const isMasked = level === 'masked'

  test.each(isMasked ? planted.slice(2) : planted.slice(0, 2))(
    'three planted groups are found exactly, and each gets its own model (seed $seed)',
    async ({ seed, groups }) => {
      const simulation = await plantAt(level, { strategy, view, groups, seed, rounds: strategy === 'cfl' ? 8 : 6 })
      expect(await simulation.run()).toBe(true)
      expect(partitionOf(clustersOf(simulation))).toEqual(partitionOf(groups))
      expect(outcomesOf(simulation).every((outcome) => outcome === 'updated')).toBe(true)
      const models = await modelsOf(simulation)
      for (const [client, cluster] of clustersOf(simulation).entries()) {
        const optimum = optimumOf(groups[client], client, seed)
        expect(Math.hypot(...optimum.map((entry, index) => entry - models[cluster ?? -1][index]))).toBeLessThan(0.6) // the groups are 4 apart
      }
      await expectSound(simulation)
    },
  )

  test.each(isMasked ? ['alike a'] : ['alike a', 'alike b'])('nobody is ever split where all are alike (seed "%s")', async (seed) => {
    const simulation = await plantAt(level, { strategy, view, groups: groupsOf(isMasked ? 7 : 9), seed, rounds: 8 })
    expect(await simulation.run()).toBe(true)
    const { models, partition, rounds } = simulation.host().state()
    expect({ clusters: models.length, partition }).toEqual({ clusters: 1, partition: 0 })
    expect(rounds.some(({ notes }) => notes.length > 0)).toBe(true) // it was looked for
  })
})
