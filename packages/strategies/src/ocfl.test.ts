import { adjustedRandIndex, cosineDistances, temperature } from '@shoal/clustering'
import { addScaled, norm } from '@shoal/numeric'
import { describe, expect, test } from 'vitest'
import { isWithheld } from './contract.ts'
import { fedavg } from './fedavg.ts'
import { ocfl } from './ocfl.ts'
import { type Client, type Experiment, PARAMETERS, plantGroups, play, replay } from './testing-cohort.ts'

type Change = Partial<Omit<Experiment<never, never>, 'strategy'>>
const run = (clients: readonly Client[], change: Change = {}) => play({ strategy: ocfl, view: 'rows', rounds: 5, seed: 'ocfl', clients, ...change })
const views = ['rows', 'sums'] as const
type Rounds = ReturnType<typeof run>
const firing = (rounds: Rounds): number => rounds.findIndex(({ result }) => result.place !== undefined)
const notesOf = (rounds: Rounds): string => rounds.flatMap(({ result }) => result.notes ?? []).join('\n')
const agreementOf = (rounds: Rounds, clients: readonly Client[]): number =>
  adjustedRandIndex(
    rounds.at(-1)!.clusterOf.map((cluster) => cluster ?? -1),
    clients.map(({ group }) => group),
  )
const vector = (...entries: number[]): Float32Array => Float32Array.from({ length: PARAMETERS }, (_, index) => entries[index] ?? 0)
const groups = plantGroups([5, 5, 5], { seed: 'ocfl' })

describe.each(views)('by %s', (view) => {
  const rounds = run(groups, { view, rounds: 4 })
  const fired = firing(rounds)

  test('6: before the trigger it is FedAvg, bit for bit', () => {
    const averaged = play({ strategy: fedavg, view: 'sums', rounds: fired, seed: 'ocfl', clients: groups }).map(({ result }) => [
      result.publish,
      result.metrics,
    ])
    expect(fired).toBeGreaterThan(0)
    expect(rounds.slice(0, fired).map(({ result }) => [result.publish, result.metrics])).toEqual(averaged)
  })

  test('it fires at the first rise, finds the groups, and starts every one of them from the global model', () => {
    const temperatures = rounds.slice(0, fired + 1).map(({ result }) => result.signals?.temperature ?? Number.NaN)
    expect(temperatures.at(-1)).toBeGreaterThan(temperatures.at(-2)!)
    expect(agreementOf(rounds, groups)).toBe(1)
    expect(rounds[fired].result.state.clustering).toMatchObject({ shots: 1, temperature: temperatures.at(-1) })
    expect(rounds[fired].result.state.clustering?.origin).toEqual(rounds[fired].models[0])
    expect(rounds[fired].result).toMatchObject({ unplaced: [0] })
  })

  test('5: clusters partition the population, and nothing of the update is lost', () => {
    const { asks, answers, models, result, clusterOf } = rounds[fired]
    const answer = answers[asks.findIndex((ask) => ask.kind === 'sum' && ask.procedure === 'train')]
    const blocks = answer.kind === 'sum' ? [...answer.blocks.values()].flatMap((block) => (isWithheld(block) ? [] : [block])) : []
    expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(groups.length)
    expect(new Set(clusterOf)).toEqual(new Set([0, 1, 2]))
    const mean = result.publish.reduce((sum, model) => addScaled(sum, addScaled(model, models[0], -1), 1 / 3), new Float32Array(PARAMETERS))
    const total = blocks.reduce<Float32Array>((sum, block) => addScaled(sum, block.total, 1 / 150), new Float32Array(PARAMETERS))
    expect(norm(addScaled(mean, total, -1))).toBeLessThan(1e-6)
  })

  test('afterwards the partition is frozen and nothing is asked about directions', () => {
    for (const { asks, result } of rounds.slice(fired + 1)) {
      expect(asks.flatMap((ask) => (ask.kind === 'sum' ? [ask.procedure] : [ask.kind]))).toEqual(['train', 'evaluate'])
      expect(result.place).toBeUndefined()
      expect(result.clusterMetrics).toHaveLength(3)
    }
  })

  test('a program driven through recorded answers asks and ends the same', () => {
    for (const round of rounds) {
      const again = replay(ocfl, round, structuredClone)
      expect(again.asks).toEqual(round.asks)
      expect(again.result).toEqual(round.result)
    }
  })

  test('late joiners find their cluster by their direction from the global model of the trigger', () => {
    const late = [...groups, ...[0, 5, 10].map((index): Client => ({ ...groups[index], joins: 4 }))]
    const later = run(late, { view, rounds: 6 })
    expect(ocfl.admit(later[0].result.state).procedure).toBe('adopt')
    expect(ocfl.admit(later.at(-1)!.result.state)).toMatchObject({ procedure: 'nearest-direction', args: { margin: 0.05 } })
    expect(agreementOf(later, late)).toBe(1)
  })

  test('dropout in the trigger round: whoever was absent is placed as a newcomer', () => {
    const clients = groups.map((client, index): Client => (index === 7 ? { ...client, isSilent: (round) => round === fired } : client))
    const absent = run(clients, { view, rounds: 4 })
    expect(firing(absent)).toBe(fired)
    expect(absent[fired].clusterOf[7]).toBeNull()
    expect(agreementOf(absent, groups)).toBe(1)
  })

  test('more than 20 % dropped: the round does not count for the trigger', () => {
    const clients = groups.map((client, index): Client => (index % 3 === 0 ? { ...client, isSilent: (round) => round === fired } : client))
    expect(firing(run(clients, { view, rounds: 5 }))).toBe(fired + 1)
  })

  test('n below 6, NaN, identical updates, zero updates: never', () => {
    const still = (entries: number[]): Client => ({ target: vector(), examples: 10, noise: 0, group: 0, spoils: () => vector(...entries) })
    const cases: Client[][] = [
      plantGroups([2, 3], { seed: 'few' }),
      [...plantGroups([4], { seed: 'nan' }), ...Array.from({ length: 4 }, () => still([Number.NaN]))],
      Array.from({ length: 8 }, () => still([1, 2])),
      Array.from({ length: 8 }, () => still([])),
    ]
    for (const clients of cases) expect(firing(run(clients, { view, rounds: 5 }))).toBe(-1)
  })

  test('one client with a huge norm has no effect on the temperature', () => {
    const huge = groups.map((client, index): Client => (index === 3 ? { ...client, spoils: (update) => update.map((entry) => 1024 * entry) } : client))
    const [calm, loud] = [groups, huge].map((clients) => run(clients, { view, rounds: 1 })[0].result.signals!.temperature)
    expect(loud).toBeCloseTo(calm, 5)
  })

  test('no structure: the model stays global, attempts are counted, pause and end', () => {
    const strict = view === 'rows' ? { minSilhouette: 1 } : { minClusterSize: 8 }
    const vain = run(groups, { view, rounds: 24, options: { ...strict, cooldown: 2, maxAttempts: 2 } })
    const tries = vain.flatMap(({ result }, round) => (result.notes?.some((note) => note.startsWith('No structure')) ? [round] : []))
    expect(tries).toHaveLength(2)
    expect(tries[1]).toBeGreaterThan(tries[0] + 2)
    expect(vain.at(-1)!.result.state).toMatchObject({ attempts: 2, clustering: null })
    expect(vain.at(-1)!.asks.map((ask) => ask.kind === 'sum' && ask.procedure)).toEqual(['train', 'evaluate'])
    expect(vain.every(({ result }) => result.place === undefined)).toBe(true)
  })

  test('withheld: without evidence nothing is decided; a withheld block keeps the global model', () => {
    const blind = run(groups, { view, withholds: (ask) => ask.kind === 'rows' || (ask.kind === 'sum' && ask.procedure === 'moments') })
    expect(firing(blind)).toBe(-1)
    expect(blind[0].result.publish).toHaveLength(1)
    const [{ result }] = run(groups, { view, rounds: 1, withholds: () => true })
    expect(result.publish).toEqual([])
    const partly = run(groups, { view, rounds: fired + 1, withholds: (ask, block) => ask.kind === 'sum' && ask.procedure === 'train' && block === 2 })[fired]
    expect(partly.result.publish[2]).toEqual(partly.models[0])
    expect(partly.result.publish[1]).not.toEqual(partly.models[0])
    if (view === 'sums') {
      for (const procedure of ['sketch', 'project', 'histogram', 'side'])
        expect(firing(run(groups, { view, rounds: 3, withholds: (ask) => ask.kind === 'sum' && ask.procedure === procedure }))).toBe(-1)
    } else expect(notesOf(run(groups, { view, failsJobs: true }))).toMatch(/could not be computed/)
  })

  test('partial participation: temperatures of different panels are not compared', () => {
    const draws = (here: readonly number[], round: number) => here.filter((client) => (client + round) % 2 === 0)
    expect(firing(run(plantGroups([10, 10], { seed: 'panel' }), { view, draws, rounds: 6 }))).toBe(-1)
  })

  test('a second shot only if maxShots says so, inside clusters that stay warm', () => {
    const once = run(groups, { view, rounds: 10 })
    const twice = run(groups, { view, rounds: 10, options: { maxShots: 2 } })
    expect(notesOf(once)).not.toMatch(/Warm for/)
    expect(Object.keys(twice.at(-1)!.result.signals ?? {})).toContain('temperature.2')
    expect(agreementOf(twice, groups)).toBe(1) // groups of five without structure: searched perhaps, never split
  })
})

test('a second shot finds what the first could not: a group that falls apart later', () => {
  // All pull one way at first; then half of them the other way, and from round 4 on these to two places.
  const pull = (group: number, round: number): Float32Array => {
    if (round === 0) return vector(1)
    if (group === 0) return vector(1)
    return round < 4 ? vector(-1) : vector(-0.2, group === 1 ? 1 : -1)
  }
  const clients = Array.from({ length: 18 }, (_, index): Client => {
    const group = Math.floor(index / 6)
    const own = Array<number>(index + 2).fill(0)
    const spoils = (_update: Float32Array, round: number): Float32Array => addScaled(pull(group, round), vector(...own, 1), 0.1)
    return { target: vector(), examples: 10, noise: 0, group, spoils }
  })
  const rounds = run(clients, { rounds: 14, options: { maxShots: 2 } })
  expect(rounds.filter(({ result }) => result.place !== undefined)).toHaveLength(2)
  expect(agreementOf(rounds, clients)).toBe(1)
  const { clustering, models } = rounds.at(-1)!.result.state
  expect(models).toHaveLength(3)
  expect(clustering).toMatchObject({ shots: 2 })
  expect(clustering!.directions).toHaveLength(3)
})

test('by sums the temperature is that of the rows, but for the error of sketches of 64', () => {
  const [rows, sums] = views.map((view) => run(groups, { view, rounds: 2 }).map(({ result }) => result.signals!.temperature))
  for (const [round, exact] of rows.entries()) expect(Math.abs(sums[round] / exact - 1)).toBeLessThan(0.1)
})

test('p = 1 is taken from the same rows', () => {
  const [{ answers, result }] = run(groups, { rounds: 1, options: { norm: 1 } })
  const rows = answers[0].kind === 'rows' ? answers[0].rows.map((row) => row.vector) : []
  expect(result.signals!.temperature).toBe(temperature(cosineDistances(rows), 1))
})

describe('noise and methods', () => {
  // All pull one way at first; then there are two groups, and one client that is like none of them.
  const directions = [vector(1), vector(0.5, 0.87), vector(-0.7, -0.7)]
  const clients = Array.from({ length: 13 }, (_, index): Client => {
    const group = Math.floor(index / 6)
    const own = vector(...Array<number>(index + 2).fill(0), 1)
    return { target: vector(), examples: 10, noise: 0, group, spoils: (_update, round) => addScaled(directions[round === 0 ? 0 : group], own, 0.2) }
  })

  test.each(['nearest', 'group', 'global'] as const)("'%s': an outlier that is near no cluster goes on alone, from the global model", (noise) => {
    const rounds = run(clients, { rounds: 3, options: { noise } })
    const { clusterOf, result, models } = rounds[firing(rounds)]
    expect(new Set(clusterOf.slice(0, 12))).toEqual(new Set([0, 1]))
    expect(clusterOf[12]).toBe(2)
    expect(result.publish[2][0] - models[0][0]).toBeCloseTo(-0.7, 5)
  })

  test.each(['hdbscan', 'k-means', 'affinity-propagation'] as const)('%s finds the groups', (method) => {
    const rounds = run(groups, { rounds: 4, options: { method, ...(method === 'k-means' ? { clusters: 3 } : {}) } })
    expect(agreementOf(rounds, groups)).toBe(1)
  })

  test('mean-shift comes to an end, with structure or without', () => {
    expect(notesOf(run(groups, { rounds: 4, options: { method: 'mean-shift' } }))).toMatch(/clusters/)
  })
})

describe('options', () => {
  test('defaults', () => {
    expect(ocfl.parseOptions({})).toEqual({
      ok: true,
      value: {
        sketchLength: 1024,
        method: 'hdbscan',
        minClusterSize: 3,
        clusters: 2,
        noise: 'nearest',
        minRounds: 1,
        patience: 1,
        relativeRise: 0,
        window: 1,
        minSilhouette: 0.2,
        minContrast: 0.2,
        cooldown: 3,
        maxAttempts: 3,
        maxShots: 1,
        norm: 2,
      },
    })
  })

  test.each([
    [{ method: 'dbscan' }, /method must be one of hdbscan, mean-shift, k-means, affinity-propagation/],
    [{ method: 'k-means' }, /k-means needs clusters/],
    [{ clusters: 3 }, /clusters is for k-means/],
    [{ noise: 'drop' }, /noise must be one of nearest, group, global/],
    [{ window: 0 }, /window must be a whole number from 1/],
    [{ patience: 1.5 }, /patience must be a whole number/],
    [{ maxShots: 0 }, /maxShots must be a whole number from 1/],
    [{ norm: 0.5 }, /norm must be a number from 1/],
    [{ relativeRise: -1 }, /relativeRise must be a number from 0 to 1/],
    [{ smallestPart: 3 }, /there is no option smallestPart/],
  ])('%j is refused', (options, words) => {
    const parsed = ocfl.parseOptions(options)
    expect(parsed.ok ? null : parsed.failure).toEqual({ code: 'SHOAL_ERR_CONFIG', detail: expect.stringMatching(words) })
  })
})
