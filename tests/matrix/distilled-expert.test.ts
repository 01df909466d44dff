import { type EventStore, type FederationState, type Jobs, policyOf } from '@shoal/coordinator'
import { addScaled, subtract } from '@shoal/numeric'
import { bytesOf, type DistilArgs, type Distilled, type FederationId, succeeded } from '@shoal/protocol'
import { createMemoryEventStore, type Simulation } from '@shoal/simulator'
import { describe, expect, test } from 'vitest'
import {
  clustersOf,
  configOf,
  expectSound,
  groupsOf,
  jobs,
  modelsOf,
  mortalStore,
  type Planting,
  type Procedures,
  partitionOf,
  plant,
} from '../faults/clustered-federation.ts'

/** An expert over clusters (DisUE): what it changes, and what it must not. */

const MASKING = { cohortSize: 16, kMin: 3, kDiff: 3, ring: 32, clip: 4 } as const
type Level = 'sealed' | 'masked'

/** Distillation is for networks. Of points the expert is one that lies nearer to the models with more examples than their average does: halfway to the one with most. */
function distil({ teachers, sizes, counts, start, options }: DistilArgs): Distilled {
  const examples = counts === null ? sizes : counts.map((classes) => classes.reduce((sum, count) => sum + count, 0))
  const largest = teachers[examples.indexOf(Math.max(...examples))]
  const universal = options.iterations === 0 ? start : addScaled(start, subtract(largest, start), 0.5)
  const report = { fidelity: 0.1, before: 0.4, after: 0.2, collapse: 0.1, entropy: 0.2, iterations: options.iterations, seconds: 1 }
  return { universal, generator: new Float32Array([options.iterations]), samples: new Float32Array(2), refusal: null, report }
}

const jobsWith = (of: (args: DistilArgs) => Distilled): Jobs => ({
  run: async (job, args, ...rest) => (job === 'distil' ? succeeded(of(args as unknown as DistilArgs) as never) : jobs.run(job, args, ...rest)),
})

/** Clients of even groups have examples of the first class, the others of the second. */
const counting =
  (groups: readonly number[]) =>
  (procedures: Procedures, client: number): Procedures => ({
    ...procedures,
    run: async (call, onProgress) =>
      call.procedure === 'count-labels'
        ? succeeded({
            kind: 'parts',
            parts: [{ block: call.block ?? 0, vector: Float32Array.of(Number(groups[client] % 2 === 0), Number(groups[client] % 2 === 1)), weight: 10 }],
          })
        : procedures.run(call, onProgress),
  })

interface Expertise {
  readonly strategy: 'cfl' | 'ifca' | 'fedavg'
  readonly level: Level
  readonly groups: readonly number[]
  readonly seed: string
  readonly rounds?: number
  readonly expert?: Readonly<Record<string, unknown>>
  readonly store?: EventStore
  readonly onRound?: (state: FederationState) => void
}

const OPTIONS = { cfl: { evidence: 'full', splitEvery: [1] }, ifca: { clusters: 2 }, fedavg: {} }

const plantWith = ({ strategy, level, expert, store, onRound, ...planting }: Expertise): Promise<Simulation> =>
  plant({
    ...planting,
    strategy: strategy as Planting['strategy'],
    view: 'sums',
    wrap: counting(planting.groups),
    config: {
      privacy: { level, view: 'sums', ...(level === 'masked' ? { masking: MASKING } : {}) },
      strategy: { name: strategy, options: OPTIONS[strategy], ...(expert === undefined ? {} : { expert: { options: expert } }) },
    },
    simulation: { jobs: jobsWith(distil), ...(store === undefined ? {} : { store }), ...(onRound === undefined ? {} : { onRound }) },
  })

/** All that a run comes to, without the times. */
async function resultOf(simulation: Simulation): Promise<unknown> {
  const { rounds, expert } = simulation.host().state()
  return {
    clusters: clustersOf(simulation),
    models: (await modelsOf(simulation)).map(bytesOf),
    expert,
    rounds: rounds.map(({ startedAt, endedAt, ...round }) => round),
  }
}

/** Runs to the end. The server dies where `dies` says so, once, and comes back. */
async function runMortal(expertise: Expertise, dies: Parameters<typeof mortalStore>[1]): Promise<{ simulation: Simulation; deaths: number }> {
  let deaths = 0
  const mortal = mortalStore(createMemoryEventStore(), (...event) => (deaths === 0 ? dies(...event) : null))
  const simulation = await plantWith({ ...expertise, store: mortal.store })
  await simulation.run(0)
  while (await simulation.world.runUntil(() => mortal.isDead() || simulation.host().state().lifecycle === 'finished')) {
    if (!mortal.isDead()) return { simulation, deaths }
    deaths += 1
    mortal.revive()
    await simulation.crash(700)
  }
  throw new Error('the federation stands still')
}

const groups = groupsOf(4, 3)
/** Masks cost time. */
const ROUNDS = { sealed: 4, masked: 2 }
const pairings = (['cfl', 'ifca'] as const).flatMap((strategy) => (['sealed', 'masked'] as const).map((level) => ({ strategy, level })))

describe.each(pairings)('an expert over $strategy at $level', ({ strategy, level }) => {
  const expertise: Expertise = { strategy, level, groups, seed: 'expert', rounds: ROUNDS[level], expert: {} }

  test('is distilled once there are clusters, taken for better than their average, and served (seed expert)', async () => {
    const plain = await plantWith(expertise)
    expect(await plain.run()).toBe(true)
    expect(partitionOf(clustersOf(plain))).toEqual(partitionOf(groups))
    const { rounds, expert } = plain.host().state()
    expect(rounds.at(-1)?.notes.join()).toMatch(/The expert is taken/)
    expect(rounds.at(-1)?.signals.expertAccuracy).toBeGreaterThan(rounds.at(-1)?.signals.averageAccuracy ?? 1)
    expect(plain.host().view().expert).toEqual(expert)
    for (const digest of [expert?.model, expert?.samples]) {
      expect(plain.host().serves(digest!)).toBe(true)
      expect((await plain.blobs.get(digest!)).ok).toBe(true)
    }
    // Who joins now is offered it.
    expect(plain.host().standingOf(plain.clients[0]).admission?.fallback).toBe(expert?.model)
    await expectSound(plain)
  })
})

test.each(['cfl', 'ifca'] as const)(
  'over %s, a server killed right after its distillation comes to the same models and expert, bit for bit (seed killed)',
  async (strategy) => {
    const expertise: Expertise = { strategy, level: 'sealed', groups, seed: 'killed', rounds: 3, expert: {} }
    const plain = await plantWith(expertise)
    expect(await plain.run()).toBe(true)
    const { simulation, deaths } = await runMortal(expertise, (event, question) => (event.type === 'ask-closed' && question === 'distil' ? 'after' : null))
    expect(deaths).toBe(1)
    expect(await resultOf(simulation)).toEqual(await resultOf(plain))
  },
)

test('invariant 11: with I = 0 the expert over CFL is the model of federated averaging, bit for bit and in every round (seed average)', async () => {
  const histories: (string | undefined)[][] = []
  for (const strategy of ['cfl', 'fedavg'] as const) {
    const history: (string | undefined)[] = []
    const onRound = ({ expert, models }: FederationState): void => void history.push(expert?.model ?? models[0])
    const expert = strategy === 'cfl' ? { iterations: 0, gateMargin: 1 } : undefined
    const simulation = await plantWith({ strategy, level: 'sealed', groups, seed: 'average', rounds: 5, ...(expert === undefined ? {} : { expert }), onRound })
    expect(await simulation.run()).toBe(true)
    histories.push(history)
  }
  expect(new Set(histories[0]).size).toBe(5)
  expect(histories[0]).toEqual(histories[1])
})

test('the policy says that an expert is distilled, and is as it was where none is', () => {
  const [id, config] = ['fed-policy' as FederationId, configOf({ strategy: 'cfl', view: 'sums', groups, seed: 'policy' })]
  expect(policyOf(id, { ...config, strategy: { ...config.strategy, expert: { options: {} } } })).toEqual({ ...policyOf(id, config), expert: true })
  expect(Object.keys(policyOf(id, config))).not.toContain('expert')
})

test('a strategy with one model is refused in words', async () => {
  await expect(plantWith({ strategy: 'fedavg', level: 'sealed', groups, seed: 'refused', expert: {} })).rejects.toThrow(
    /SHOAL_ERR_CONFIG expert: fedavg has no clusters/,
  )
})
