import { type FederationConfig, failed, federationConfigSchema, privacyLevelSchema, viewSchema } from '@shoal/protocol'
import { createQuadraticProcedures, createSimulation } from '@shoal/simulator'
import { fedavg, type Strategy } from '@shoal/strategies'
import { expect, test } from 'vitest'

const STRATEGIES: readonly Pick<Strategy<unknown>, 'name' | 'views'>[] = [fedavg]
const CLIENTS = 4

const config = (strategy: string, level: FederationConfig['privacy']['level'], view: FederationConfig['privacy']['view']): FederationConfig =>
  federationConfigSchema.parse({
    name: 'matrix',
    description: '',
    operator: 'nobody',
    seed: `matrix/${strategy}/${level}/${view}`,
    strategy: { name: strategy, options: {} },
    privacy: { level, view },
    model: { architecture: 'quadratic', parameters: [{ name: 'w', shape: [16] }] },
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

const every = STRATEGIES.flatMap(({ name, views }) =>
  privacyLevelSchema.options.flatMap((level) =>
    viewSchema.options.map((view) => ({ name, level, view, possible: level === 'sealed' && views.includes(view) })),
  ),
)

test.each(every)('$name at $level by $view: possible is $possible', async ({ name, level, view, possible }) => {
  const simulation = await createSimulation({
    config: config(name, level, view),
    initialModel: new Float32Array(16),
    procedures: Array.from({ length: CLIENTS }, (_, index) => createQuadraticProcedures({ optimum: new Float32Array(16).fill(index - 1), examples: 10 })),
    jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set') },
  })
  if (!possible) {
    expect(simulation).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING' } })
    return
  }
  if (!simulation.ok) throw new Error(simulation.failure.code)
  expect(await simulation.value.run()).toBe(true)
  const { lifecycle, rounds } = simulation.value.host().state()
  expect(lifecycle).toBe('finished')
  const losses = rounds.map(({ metrics }) => metrics.loss ?? Number.NaN)
  // At the mean of the optima -1, 0, 1, 2 the mean squared distance over 16 entries is 16 * 1.25.
  expect(losses.at(-1)).toBeCloseTo(20, 1)
  expect(losses[0]).toBeGreaterThan(20.5)
})
