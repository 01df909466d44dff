import { createRingCode } from '@shoal/numeric'
import { bytesOf, type FederationConfig, privacyLevelSchema, viewSchema } from '@shoal/protocol'
import { createQuadraticProcedures, quadraticConfig, type Simulation } from '@shoal/simulator'
import { createSimulation } from '@shoal/simulator/node'
import { STRATEGIES } from '@shoal/strategies'
import { describe, expect, test } from 'vitest'
import { expectSound, jobs, modelsOf, SIZE } from '../faults/clustered-federation.ts'

const CLIENTS = 4
const CLIP = 4
const LEARNING_RATE = 0.5

/** How many clusters there are is given: here one. */
const OF_K_CLUSTERS = ['ifca', 'uifca', 'k-fed', 'flux']
/** They fit points, and average no update of one model: `point-clusters.test.ts`. */
const OF_POINTS = ['uifca', 'k-fed']

const config = (
  strategy: string,
  level: FederationConfig['privacy']['level'],
  view: FederationConfig['privacy']['view'],
  ring: 16 | 32 = 32,
): FederationConfig =>
  quadraticConfig({
    clients: CLIENTS,
    size: SIZE,
    name: 'matrix',
    seed: 'matrix',
    strategy: { name: strategy, options: OF_K_CLUSTERS.includes(strategy) ? { clusters: 1 } : {} },
    privacy: { level, view, ...(level === 'sealed' ? {} : { masking: { cohortSize: 8, kMin: 3, kDiff: 3, ring, clip: CLIP } }) },
    train: { steps: 1, batchSize: 1, learningRate: LEARNING_RATE, momentum: 0, weightDecay: 0, proximalMu: 0 },
    maxWeight: 10, // the examples of each, so that a masked weight is no coarser than a sealed one
    stop: { rounds: 12, accuracy: null },
  })

const simulationOf = (...pairing: Parameters<typeof config>) =>
  createSimulation({
    config: config(...pairing),
    initialModel: new Float32Array(SIZE),
    procedures: Array.from({ length: CLIENTS }, (_, index) =>
      createQuadraticProcedures({ optimum: new Float32Array(SIZE).fill((index - 1) / 2), examples: 10 }),
    ),
    jobs,
  })

async function finished(...pairing: Parameters<typeof config>): Promise<Simulation> {
  const simulation = await simulationOf(...pairing)
  if (!simulation.ok) throw new Error(simulation.failure.code)
  expect(await simulation.value.run()).toBe(true)
  expect(simulation.value.host().state().lifecycle).toBe('finished')
  await expectSound(simulation.value)
  return simulation.value
}

/** What noise does to a federation has tests of its own: the groups planted here are told apart without it. */
const RUN_HERE: readonly string[] = ['sealed', 'masked']
const every = [...STRATEGIES.values()].flatMap(({ name, views, levels = privacyLevelSchema.options }) =>
  privacyLevelSchema.options.flatMap((level) =>
    viewSchema.options.map((view) => ({
      name,
      level,
      view,
      possible: views.includes(view) && levels.includes(level) && !(level === 'masked+dp' && view === 'rows'),
    })),
  ),
)
const pairsOf = (possible: boolean) => every.filter((pair) => pair.possible === possible)
const pairsRun = pairsOf(true).filter(({ name, level }) => RUN_HERE.includes(level) && !OF_POINTS.includes(name))

test('seven strategies, all levels and views: which pairs are refused', () => {
  expect(every).toHaveLength(7 * privacyLevelSchema.options.length * viewSchema.options.length)
  expect(pairsOf(false).map(({ name, level, view }) => `${name} at ${level} by ${view}`)).toEqual([
    'fedavg at sealed by rows',
    'fedavg at masked by rows',
    'fedavg at masked+dp by rows',
    'cfl at masked+dp by sums',
    'cfl at masked+dp by rows',
    'ocfl at masked+dp by sums',
    'ocfl at masked+dp by rows',
    'ifca at masked+dp by sums',
    'ifca at masked+dp by rows',
    'uifca at masked+dp by sums',
    'uifca at masked+dp by rows',
    'k-fed at masked+dp by sums',
    'k-fed at masked+dp by rows',
    'flux at masked+dp by sums',
    'flux at masked+dp by rows',
  ])
  expect(pairsRun).toHaveLength(18)
})

test.each(pairsOf(false))('$name at $level by $view is refused by code', async ({ name, level, view }) => {
  expect(await simulationOf(name, level, view)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING' } })
})

const lossesOf = (simulation: Simulation): number[] =>
  simulation
    .host()
    .state()
    .rounds.map(({ metrics }) => metrics.loss ?? Number.NaN)

const distance = (left: Float32Array, right: Float32Array): number => Math.hypot(...left.map((entry, index) => entry - right[index]))

/**
 * How far the model of a masked federation may be from that of a sealed one. Each client rounds each entry to the next whole number or the one before, so the sum over all is wrong by less than one
 * step for each of them, and the mean by less than a step in each rotated coordinate; what a round inherits shrinks by the learning rate.
 */
function roundingError(ring: 16 | 32): number {
  const range = (5 * CLIP) / Math.sqrt(SIZE)
  const step = range / createRingCode(ring, CLIENTS).largest
  return (step * Math.sqrt(SIZE)) / LEARNING_RATE + 1e-5 // the last for float32
}

describe('one cluster', () => {
  const averaged = finished('fedavg', 'sealed', 'sums')

  test.each(pairsRun)(
    '[8.9] $name at $level by $view: too few to be divided, so it is FedAvg, to the last bit or to that of the ring',
    async ({ name, level, view }) => {
      const simulation = await finished(name, level, view)
      // At the mean of the optima -1/2, 0, 1/2, 1 the mean squared distance over 16 entries is 16 * 1.25 / 4.
      expect(lossesOf(simulation).at(-1)).toBeCloseTo(5, 1)
      expect(lossesOf(simulation)[0]).toBeGreaterThan(5.1)
      const [model] = await modelsOf(simulation)
      const [exact] = await modelsOf(await averaged)
      // In the round of its clustering training is another ask than FedAvg's, and of another seed: what comes of that is halved in each of the 8 rounds after it.
      if (name === 'flux') expect(distance(model, exact)).toBeLessThan(roundingError(32) + 1e-4)
      else if (level === 'sealed') expect(bytesOf(model)).toEqual(bytesOf(exact))
      else expect(distance(model, exact)).toBeLessThan(roundingError(32))
      expect((await modelsOf(simulation)).length).toBe(1)
    },
  )

  test.each([16, 32] as const)('FedAvg at masked in a ring of %i bits is FedAvg at sealed, but for the rounding of its ring', async (ring) => {
    const [exact] = await modelsOf(await averaged)
    const [model] = await modelsOf(await finished('fedavg', 'masked', 'sums', ring))
    const error = distance(model, exact)
    expect(error).toBeLessThan(roundingError(ring))
    if (ring === 16) expect(error).toBeGreaterThan(roundingError(32)) // the bound of 32 bits tells the two apart
  })
})
