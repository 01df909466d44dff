import { createSyntheticCohort, createSyntheticProcedures } from '@shoal/cli'
import type { Procedures } from '@shoal/client'
import { type FederationConfig, PROCEDURES } from '@shoal/protocol'
import { quadraticConfig } from '@shoal/simulator'
import { createSimulation } from '@shoal/simulator/node'
import { STRATEGIES } from '@shoal/strategies'
import { describe, expect, test } from 'vitest'
import { expectSound, jobs } from '../faults/clustered-federation.ts'

/** The clients of a load test, which have no data, in every strategy: whatever they are asked they answer. */

const CLIENTS = 6
const GROUPS = 2
const SIZE = 12
const ENTRIES = 4
const OF_POINTS = ['uifca', 'k-fed']
const OPTIONS: Readonly<Record<string, Record<string, unknown>>> = {
  ifca: { clusters: GROUPS },
  flux: { clusters: GROUPS, clusterAt: 1, length: 8 },
  uifca: { clusters: GROUPS, restarts: 2, assignments: 4 },
  'k-fed': { clusters: GROUPS },
  ocfl: { evidence: 'sketch' },
}
/** What only newcomers, an expert and looks for drift ask for: [procedure, arguments, models, entries of its vectors]. */
const ASKED_APART = [
  ['adopt', {}, 1, []],
  ['count-labels', { classes: 2 }, 1, []],
  ['check-drift', { length: 8, classes: 2, seed: 'drift', leastExamples: 2 }, 1, [12]],
  ['find-points', {}, GROUPS, []],
  ['find-centroids', { localClusters: 2, most: 2, minPoints: 2 }, GROUPS, []],
] as const

const configOf = (strategy: string, view: FederationConfig['privacy']['view']): FederationConfig =>
  quadraticConfig({
    clients: CLIENTS,
    size: OF_POINTS.includes(strategy) ? ENTRIES : SIZE,
    seed: 'synthetic',
    strategy: { name: strategy, options: OPTIONS[strategy] ?? {} },
    privacy: { level: 'sealed', view },
    ...(OF_POINTS.includes(strategy)
      ? {
          data: { kind: 'points', shape: [1, ENTRIES, 1], classes: [], columns: ['a', 'b', 'c', 'd'].map((name) => ({ name, center: 0, unit: 1 })) },
          evaluation: { onClients: false, testSet: null },
        }
      : {}),
    stop: { rounds: 8, accuracy: null },
  })

const asked = new Map<string, string[]>()

/** Notes what came of each run. */
const noted = (procedures: Procedures): Procedures => ({
  ...procedures,
  async run(call, onProgress) {
    const result = await procedures.run(call, onProgress)
    asked.set(call.procedure, [...(asked.get(call.procedure) ?? []), result.ok ? 'answered' : `${result.failure.code} ${result.failure.detail ?? ''}`])
    return result
  },
})

const every = [...STRATEGIES.values()].flatMap(({ name, views }) => views.map((view) => ({ name, view })))

describe('clients without data', () => {
  test.each(every)('$name by $view: every ask is answered, and the federation ends (seed synthetic)', async ({ name, view }) => {
    const config = configOf(name, view)
    const cohort = createSyntheticCohort(config, { seed: 'synthetic', groups: GROUPS })
    const created = await createSimulation({
      config,
      initialModel: new Float32Array(OF_POINTS.includes(name) ? ENTRIES : SIZE),
      procedures: Array.from({ length: CLIENTS }, (_, client) =>
        noted(createSyntheticProcedures({ learner: cohort.learner(client), think: () => 0, secretWord: () => 1 })),
      ),
      jobs,
    })
    if (!created.ok) throw new Error(`${created.failure.code} ${created.failure.detail ?? ''}`)
    expect(await created.value.run(3_600_000)).toBe(true)
    expect(created.value.host().state().lifecycle).toBe('finished')
    await expectSound(created.value)
  })

  test.each(ASKED_APART)('%s is answered', async (procedure, args, models, vectors) => {
    const isOfPoints = procedure.startsWith('find-')
    const config = configOf(isOfPoints ? 'uifca' : 'fedavg', 'sums')
    const cohort = createSyntheticCohort(config, { seed: 'synthetic', groups: GROUPS })
    const procedures = noted(createSyntheticProcedures({ learner: cohort.learner(0), think: () => 0, secretWord: () => 1 }))
    const size = isOfPoints ? ENTRIES : SIZE
    const given = {
      models: Array.from({ length: models }, (_, model) => new Float32Array(size).fill(model)),
      vectors: vectors.map((length) => new Float32Array(length).fill(1)),
    }
    const result = await procedures.run(
      { procedure, kind: 'sum', args, ...given, block: null, of: null, cluster: null, seed: 'apart', maxWeight: 10 },
      () => undefined,
    )
    expect(result).toMatchObject({ ok: true })
  })

  test('that is every procedure of the registry, and none of them failed', () => {
    expect([...asked].filter(([, results]) => results.some((result) => result !== 'answered'))).toEqual([])
    expect([...asked.keys()].sort()).toEqual(Object.keys(PROCEDURES).sort())
  })
})
