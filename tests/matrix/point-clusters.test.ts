import { createRng, deriveSeed } from '@shoal/numeric'
import type { FederationConfig } from '@shoal/protocol'
import { createQuadraticProcedures, quadraticConfig, type Simulation } from '@shoal/simulator'
import { createSimulation } from '@shoal/simulator/node'
import { describe, expect, test } from 'vitest'
import { expectSound, jobs, modelsOf } from '../faults/clustered-federation.ts'

/** UIFCA and k-FED through the real machines of both sides: clients whose points lie around three places, in other shares at each of them. */

const CLIENTS = 4
const POINTS = 90
const ENTRIES = 4
const CENTRES = [0, 1, 2].map((group) => Float32Array.from({ length: ENTRIES }, (_, entry) => (entry === group ? 8 : 0)))

function pointsOf(client: number): { readonly count: number; readonly entries: number; readonly values: Float32Array } {
  const rng = createRng(deriveSeed('points', client))
  const values = new Float32Array(POINTS * ENTRIES)
  for (let place = 0; place < POINTS; place += 1) {
    // Half of a client's points lie around one place, the others anywhere.
    const centre = CENTRES[place % 2 === 0 ? client % CENTRES.length : rng.below(CENTRES.length)]
    for (let entry = 0; entry < ENTRIES; entry += 1) values[place * ENTRIES + entry] = centre[entry] + 0.3 * rng.normal()
  }
  return { count: POINTS, entries: ENTRIES, values }
}

async function finished(
  strategy: string,
  options: Record<string, unknown>,
  privacy: FederationConfig['privacy'],
  killAt: number | null = null,
): Promise<Simulation> {
  const created = await createSimulation({
    config: quadraticConfig({
      clients: CLIENTS,
      size: ENTRIES,
      seed: 'point clusters',
      strategy: { name: strategy, options: { clusters: 3, ...options } },
      privacy: { ...privacy, ...(privacy.level === 'sealed' ? {} : { masking: { cohortSize: 8, kMin: 3, kDiff: 3, ring: 32, clip: 20 } }) },
      data: { kind: 'points', shape: [1, ENTRIES, 1], classes: [], columns: ['a', 'b', 'c', 'd'].map((name) => ({ name, center: 0, unit: 1 })) },
      maxWeight: POINTS,
      train: { steps: 1, batchSize: 1, learningRate: 0.8, momentum: 0, weightDecay: 0, proximalMu: 0 },
      evaluation: { onClients: false, testSet: null },
      stop: { rounds: 24, accuracy: null },
    }),
    initialModel: new Float32Array(ENTRIES),
    procedures: Array.from({ length: CLIENTS }, (_, client) =>
      createQuadraticProcedures({ optimum: new Float32Array(ENTRIES), examples: POINTS, points: pointsOf(client) }),
    ),
    jobs,
  })
  if (!created.ok) throw new Error(`${created.failure.code} ${created.failure.detail ?? ''}`)
  if (killAt !== null) {
    await created.value.run(killAt)
    await created.value.crash(700)
  }
  await created.value.run(3_600_000)
  await expectSound(created.value)
  return created.value
}

/** How far each planted centre is from the nearest model. */
const misses = (models: readonly Float32Array[]): number[] =>
  CENTRES.map((centre) => Math.min(...models.map((model) => Math.hypot(...centre.map((entry, index) => entry - model[index])))))

const pairings = (['sealed', 'masked'] as const).flatMap((level) => (['sums', 'rows'] as const).map((view) => ({ level, view })))

describe.each(pairings)('clusters of points at $level by $view', ({ level, view }) => {
  test.each([
    ['k-fed', { localClusters: 3 }],
    ['uifca', { restarts: 4, assignments: 10 }],
    ['uifca', { init: 'k-fed', localClusters: 3, restarts: 1, assignments: 4 }],
  ] as const)('%s %j: a model stands at each planted place, sizes are points, and no client is placed', async (strategy, options) => {
    const simulation = await finished(strategy, options, { level, view })
    const state = simulation.host().state()
    expect(state.models).toHaveLength(3)
    for (const miss of misses(await modelsOf(simulation))) expect(miss).toBeLessThan(0.5) // the places are 11 apart
    expect([...state.clients.values()].map(({ cluster }) => cluster)).toEqual(Array.from({ length: CLIENTS }, () => 0))
    const sizes = state.rounds.at(-1)?.clusterSizes ?? []
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(0.97 * CLIENTS * POINTS)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1.03 * CLIENTS * POINTS)
  })
})

test('[CO80] uifca: a model stands at each planted place where the updates of each model are compared', async () => {
  const simulation = await finished('uifca', { restarts: 4, assignments: 10 }, { level: 'sealed', view: 'sums', robust: 'median' })
  for (const miss of misses(await modelsOf(simulation))) expect(miss).toBeLessThan(0.5)
})

test.each([400, 900])('uifca: a server killed after %i ms comes to the same models, bit for bit', async (killAt) => {
  const options = { restarts: 2, assignments: 4 }
  const [plain, crashed] = [
    await finished('uifca', options, { level: 'sealed', view: 'sums' }),
    await finished('uifca', options, { level: 'sealed', view: 'sums' }, killAt),
  ]
  expect(await modelsOf(crashed)).toEqual(await modelsOf(plain))
})
