import { adjustedRandIndex } from '@shoal/clustering'
import { addScaled, norm } from '@shoal/numeric'
import { describe, expect, test } from 'vitest'
import { cfl } from './cfl.ts'
import { fedavg } from './fedavg.ts'
import { type Client, type Experiment, PARAMETERS, plantGroups, play, replay } from './testing-cohort.ts'

type Change = Partial<Omit<Experiment<never, never>, 'strategy'>>
const run = (clients: readonly Client[], change: Change = {}) =>
  play({ strategy: cfl, view: 'rows', rounds: 6, seed: 'cfl', clients, ...change, options: { evidence: 'full', ...change.options } })
const vector = (...entries: number[]): Float32Array => Float32Array.from({ length: PARAMETERS }, (_, index) => entries[index] ?? 0)
/** A client whose update is always the same. */
const steady = (entries: number[], change: Partial<Client> = {}): Client => ({
  target: vector(),
  examples: 10,
  noise: 0,
  group: 0,
  spoils: () => vector(...entries),
  ...change,
})
const clustersOf = (clients: readonly Client[], change: Change = {}) => run(clients, change).at(-1)!.clusterOf
const notesOf = (rounds: ReturnType<typeof run>): string => rounds.flatMap(({ result }) => result.notes ?? []).join('\n')
const views = ['rows', 'sums'] as const
const agreementOf = (clients: readonly Client[], change: Change = {}) =>
  adjustedRandIndex(
    clustersOf(clients, change).map((cluster) => cluster ?? -1),
    clients.map(({ group }) => group),
  )

/** Two groups that pull apart evenly in the plane of the first two entries, `size` each, with a little of their own. */
const opposed = (size: number): Client[] =>
  Array.from({ length: 2 * size }, (_, index) => {
    const side = index < size ? 1 : -1
    return steady([side, 0.1 * Math.sin(index + 1)], { group: side > 0 ? 0 : 1 })
  })

describe('the worked example', () => {
  const four = [steady([1, 0]), steady([0.9, 0.1]), steady([-1, 0.2]), steady([-0.8, -0.1])]

  test('is split in {a, b}, {c, d} at cross cosine -.9529, from mean norm .0559 and max norm 1.0198', () => {
    const [{ result, clusterOf }] = run(four, { options: { smallestPart: 2 }, rounds: 1 })
    expect(clusterOf).toEqual([0, 0, 1, 1])
    expect(result.signals?.['cross-cosine.0']).toBeCloseTo(-0.9529, 4)
    expect(result.signals?.['mean-norm.0']).toBeCloseTo(0.0559, 4)
    expect(Math.abs(Math.log(result.signals!['max-norm.0'] / 1.0198))).toBeLessThan(0.09) // a quarter octave wide
    expect(result.notes).toEqual(['Cluster 0 (4 clients) splits: 2 stay, 2 become cluster 1; largest cosine across -0.95.'])
  })

  test('by sums the same sides explain nearly all of the spread, but four clients are too few to be sure: the bar is 3/(m - 1)', () => {
    const [{ result }] = run(four, { options: { smallestPart: 2 }, rounds: 1, view: 'sums' })
    expect(result.signals!['explained-share.0']).toBeGreaterThan(0.98)
    expect(result.notes).toEqual(['Cluster 0 (4 clients) pulls in different directions and stays whole: its best two sides explain only 99 % of the spread.'])
  })

  test('the children are aggregated in the same round, each over its own clients', () => {
    const [{ result, models }] = run(four, { options: { smallestPart: 2 }, rounds: 1 })
    expect(result.publish[0].slice(0, 2)).toEqual(addScaled(models[0], vector(0.95, 0.05), 1).slice(0, 2))
    expect(result.publish[1].slice(0, 2)).toEqual(addScaled(models[0], vector(-0.9, 0.05), 1).slice(0, 2))
  })
})

describe.each(views)('invariants, by %s', (view) => {
  const clients = plantGroups([4, 5, 6], { seed: 'tree' })
  const rounds = run(clients, { view, rounds: 10, options: { evidence: 'sketch' } })

  test('6: clusters partition the clients, a split adds one, the leaves of the tree are the clusters', () => {
    let clusters = 1
    for (const { result, clusterOf } of rounds) {
      const { tree, models, since } = result.state
      const splits = tree.filter(({ round }) => rounds.findIndex((other) => other.result === result) === round).length
      expect(models).toHaveLength(clusters + splits)
      clusters = models.length
      expect(clusterOf.every((cluster) => cluster !== null && cluster < clusters)).toBe(true)
      expect(since).toHaveLength(clusters)
      const children = tree.flatMap((node) => node.children)
      if (tree.length > 0) expect(children.filter((child) => child < 0).sort()).toEqual(models.map((_, k) => -1 - k).sort())
      expect(children.filter((child) => child >= 0)).toEqual(tree.slice(1).map((_, index) => index + 1))
    }
    expect(clusters).toBe(3)
  })

  test("a node keeps the model that its clients started from, and the two branches' mean directions", () => {
    const { tree } = rounds.at(-1)!.result.state
    for (const node of tree) {
      expect(rounds[node.round].models).toContainEqual(node.model)
      expect(node.branches.every((mean) => norm(mean) > 0.3 && norm(mean) <= 1)).toBe(true)
      expect(node.meanNorm).toBeLessThan(node.maxNorm)
    }
  })

  test('4: the mean norm does not exceed the largest norm, to the width of a bin', () => {
    for (const { result } of rounds) expect(result.signals!['mean-norm.0']).toBeLessThan(1.1 * result.signals!['max-norm.0'])
  })

  test('7: raising gammaMax never adds a split', () => {
    const counts = [0, 0.5, 0.72, 0.8, 1].map(
      (gammaMax) => run(clients, { view, options: { gammaMax, evidence: 'sketch' } }).at(-1)!.result.state.models.length,
    )
    expect(counts).toEqual([...counts].sort((left, right) => right - left))
    expect(counts[0]).toBeGreaterThan(1)
    expect(counts.at(-1)).toBe(1)
  })

  test('a program driven through recorded answers asks and ends the same', () => {
    for (const round of rounds) {
      const again = replay(cfl, round, structuredClone)
      expect(again.asks).toEqual(round.asks)
      expect(again.result).toEqual(round.result)
    }
  })
})

test('8: with congruent clients nothing is split, for any thresholds', () => {
  const clients = plantGroups([8], { seed: 'congruent', noise: 0 })
  for (const epsilon2 of [0.01, 0.1, 0.5])
    expect(run(clients, { options: { epsilon1: 0.01, epsilon2 }, rounds: 12 }).at(-1)!.result.state.models).toHaveLength(1)
})

test('9: two quadratics: averaging ends half way, one split, then each half reaches its own optimum', () => {
  const [a, b] = [vector(1, 0), vector(-1, 0.5)]
  const clients = [a, b].flatMap((target, group) => Array.from({ length: 3 }, (): Client => ({ target, examples: 10, noise: 0, group })))
  const rounds = run(clients, { rounds: 40, options: { epsilon1: 1e-4, epsilon2: 0.1 } })
  const split = rounds.findIndex(({ result }) => result.place !== undefined)
  expect(norm(addScaled(rounds[split].models[0], vector(0, 0.25), -1))).toBeLessThan(1e-3)
  expect(rounds[split].result.signals!['cross-cosine.0']).toBeCloseTo(-1, 3)
  expect(rounds.filter(({ result }) => result.place !== undefined)).toHaveLength(1)
  expect(norm(addScaled(rounds.at(-1)!.result.publish[0], a, -1))).toBeLessThan(1e-3)
  expect(norm(addScaled(rounds.at(-1)!.result.publish[1], b, -1))).toBeLessThan(1e-3)
})

test('10: criterion and aggregate weigh clients alike', () => {
  const heavy = opposed(3).map((client): Client => ({ ...client, examples: client.group === 0 ? 30 : 10 }))
  const [{ result, models }] = run(heavy, { rounds: 1 })
  const step = norm(addScaled(result.publish[0], models[0], -1))
  expect(step).toBeCloseTo(0.5, 2) // 3/4 - 1/4
  expect(result.signals!['mean-norm.0']).toBeCloseTo(step, 5)
  expect(result.place).toBeUndefined() // the heavy group has not stopped moving
})

test.each(views)('with one cluster it is FedAvg, bit for bit (by %s)', (view) => {
  const clients = plantGroups([15], { seed: 'same' })
  const averaged = play({ strategy: fedavg, view: 'sums', rounds: 6, seed: 'same', clients }).map(({ result }) => [result.publish, result.metrics])
  expect(run(clients, { view, seed: 'same' }).map(({ result }) => [result.publish, result.metrics])).toEqual(averaged)
})

describe.each(views)('guards, by %s', (view) => {
  test('m = 1, m = 2: never split', () => {
    for (const clients of [[steady([1])], [steady([1]), steady([-1])], opposed(2)]) expect(new Set(clustersOf(clients, { view })).size).toBe(1)
    expect(new Set(clustersOf(opposed(3), { view })).size).toBe(2)
    expect(new Set(clustersOf(opposed(3), { view, options: { minClients: 7 } })).size).toBe(1)
  })

  test('zero-norm updates: nobody has a direction, nothing is split; one of them does not prevent a split', () => {
    expect(
      clustersOf(
        Array.from({ length: 8 }, () => steady([])),
        { view },
      ),
    ).toEqual(Array(8).fill(0))
    expect(new Set(clustersOf([...opposed(4), steady([])], { view })).size).toBe(2)
  })

  test('NaN: a sum that is not finite decides nothing', () => {
    const rounds = run([...opposed(4), steady([Number.NaN])], { view, rounds: 2 })
    for (const { result } of rounds) expect(result.place).toBeUndefined()
  })

  test('all updates identical: no split', () => {
    for (const options of [{}, { splitEvery: 1 }])
      expect(
        new Set(
          clustersOf(
            Array.from({ length: 8 }, () => steady([1, 2])),
            { view, options },
          ),
        ).size,
      ).toBe(1)
  })

  test('one outlier: it is no part of its own, and does not hide the groups', () => {
    const strange = steady([0, -9, 2])
    expect(new Set(clustersOf([...plantGroups([9], { seed: 'calm' }), strange], { view, rounds: 8 })).size).toBe(1)
    const angled = opposed(4).map(({ group }, index) => steady([0.64, group === 0 ? 0.77 : -0.77, 0.02 * index], { group }))
    const clusters = clustersOf([...angled, steady([-5, 0.1])], { view, rounds: 1 })
    expect(new Set(clusters.slice(0, 4)).size).toBe(1)
    expect(new Set(clusters.slice(4, 8)).size).toBe(1)
    expect(new Set(clusters).size).toBe(2)
  })

  test('a cluster of noise alone stays whole; a cap on clusters holds', () => {
    const noise = plantGroups([12], { seed: 'noise', spread: 0 })
    const rounds = run(noise, { view, rounds: 3 })
    expect(rounds.every(({ result }) => result.place === undefined)).toBe(true)
    expect(notesOf(rounds)).toMatch(/stays whole/)
    const capped = run(plantGroups([5, 5, 5], { seed: 'cap' }), { view, rounds: 9, options: { maxClusters: 2 } })
    expect(capped.at(-1)!.result.state.models).toHaveLength(2)
    expect(notesOf(capped)).toMatch(/there are 2 clusters already/)
  })

  test('drop-outs: no split below the quorum; who did not show a side finds it as a newcomer does', () => {
    const silent = (clients: Client[], absent: readonly number[]): Client[] =>
      clients.map((client, index) => ({ ...client, isSilent: (round) => round === 0 && absent.includes(index) }))
    const below = run(silent(opposed(5), [0, 5, 9]), { view, rounds: 1 })
    expect(below[0].result.place).toBeUndefined()
    expect(notesOf(below)).toMatch(/only 7 of its 10 clients answered/)
    const enough = run(silent(opposed(5), [0]), { view, rounds: 2 })
    expect(enough[0].result).toMatchObject({ unplaced: [0] })
    const groups = enough[1].clusterOf
    expect(groups[0]).toBe(groups[1])
    expect(groups[0]).not.toBe(groups[9])
  })

  test('census: with partial participation only a cohort that is (nearly) the whole cluster is examined', () => {
    const draws = (here: readonly number[], round: number) => (round === 3 ? here : here.filter((client) => (client + round) % 2 === 0))
    const rounds = run(opposed(8), { view, draws, rounds: 5 })
    expect(rounds.map(({ result }) => result.place !== undefined)).toEqual([false, false, false, true, false])
    // Half of them look torn in round 0. Everybody is asked for once, and after a pause again; the cohort of all that comes by itself is no sample.
    const never = run(opposed(8), { view, draws: (here, round) => here.filter((client) => (client + round) % 2 === 0), rounds: 7 })
    expect(never.map(({ result }) => result.isCensusDue)).toEqual([true, false, false, false, false, true, false])
    expect(rounds[3].result.isCensusDue).toBe(false)
  })

  test('late joiners: before the first split they join the root, later they walk the tree', () => {
    const clients = plantGroups([5, 5, 5], { seed: 'late' })
    const late = [
      ...clients,
      ...clients
        .filter((_, index) => index % 5 === 0)
        .flatMap((client) => [
          { ...client, joins: 1 },
          { ...client, joins: 9 },
        ]),
    ]
    const rounds = run(late, { view, rounds: 11 })
    expect(rounds[0].result.state.tree).toEqual([])
    expect(cfl.admit(rounds[0].result.state).procedure).toBe('adopt')
    expect(cfl.admit(rounds.at(-1)!.result.state)).toMatchObject({ procedure: 'walk-tree', args: { margin: 0.02 } })
    expect(agreementOf(late, { view, rounds: 11 })).toBe(1)
  })

  test('withheld: whichever kind of answer is missing, the round ends with a partition and no model of its own invention', () => {
    const clients = opposed(4)
    const kinds = new Set(run(clients, { view, rounds: 1 })[0].asks.flatMap((ask) => (ask.kind === 'compute' ? [] : [ask.procedure])))
    for (const kind of kinds) {
      for (const missing of [0, 1]) {
        const withholds: Change['withholds'] = (ask, block) => ask.kind !== 'compute' && ask.procedure === kind && block === missing
        const [{ result, clusterOf, models }] = run(clients, { view, rounds: 1, withholds })
        expect(clusterOf.every((cluster) => cluster !== null && cluster < Math.max(1, result.publish.length))).toBe(true)
        if (kind === 'train') expect(result.publish[missing]).toEqual(models[0])
        else if (missing === 0 && kind !== 'evaluate') expect(result.place).toBeUndefined()
      }
    }
  })

  test('failing jobs, or everything withheld: the round ends, and brings nothing but perhaps the mean', () => {
    if (view === 'rows') expect(notesOf(run(opposed(4), { view, failsJobs: true, rounds: 1 }))).toMatch(/could not be computed/)
    const [{ result }] = run(opposed(4), { view, rounds: 1, withholds: () => true })
    expect(result.publish).toEqual([])
  })
})

describe('options', () => {
  const failureOf = (options: Record<string, unknown>) => {
    const parsed = cfl.parseOptions(options)
    return parsed.ok ? null : [parsed.failure.code, parsed.failure.detail]
  }

  test('defaults', () => {
    expect(cfl.parseOptions({})).toEqual({
      ok: true,
      value: {
        sketchLength: 1024,
        test: { by: 'ratio', below: 0.3 },
        gammaMax: 0.72,
        smallestPart: 3,
        cooldown: 0,
        minClients: 3,
        quorum: 0.8,
        linkage: 'single',
        maxClusters: 16,
      },
    })
  })

  test.each([
    [{ sketchLength: 1 }, /sketchLength must be a whole number from 2 to 65536/],
    [{ evidence: 'half' }, /evidence must be one of sketch, full/],
    [{ normRatio: '0.3' }, /normRatio must be a number from 0 to 1/],
    [{ gammaMax: Number.NaN }, /gammaMax must be a number/],
    [{ epsilon1: 0.4 }, /epsilon1 and epsilon2 are given together/],
    [{ epsilon1: 1.6, epsilon2: 0.4 }, /epsilon2 must not be below epsilon1/],
    [{ epsilon1: 0.4, epsilon2: 1.6, normRatio: 0.3 }, /normRatio stands for/],
    [{ splitEvery: 0 }, /splitEvery must be a period/],
    [{ splitEvery: [3, 'x'] }, /splitEvery must be a period/],
    [{ splitEvery: 5, normRatio: 0.2 }, /splitEvery takes the place/],
    [{ weighting: 'uniform' }, /weighting must be one of samples/],
    [{ speed: 1 }, /there is no option speed/],
  ])('%j is refused', (options, words) => expect(failureOf(options)).toEqual(['SHOAL_ERR_CONFIG', expect.stringMatching(words)]))

  test('epsilon1 and epsilon2: the mean below the one, the largest above the other', () => {
    const splits = (epsilon1: number, epsilon2: number) => run(opposed(4), { rounds: 1, options: { epsilon1, epsilon2 } })[0].result.place !== undefined
    expect([splits(0.3, 0.9), splits(0.3, 1.5), splits(0.001, 0.9)]).toEqual([true, false, false])
  })

  test('splitEvery examines in its rounds whatever the norms say, and in no other', () => {
    const heavy = opposed(3).map((client): Client => ({ ...client, examples: client.group === 0 ? 30 : 10 }))
    const splitIn = (splitEvery: number | number[]) => run(heavy, { options: { splitEvery } }).flatMap(({ result }, round) => (result.place ? [round] : []))
    expect(splitIn(4)).toEqual([4])
    expect(splitIn([2, 5])).toEqual([2])
    expect(run(heavy).some(({ result }) => result.place)).toBe(false)
  })

  test('cooldown: not before a cluster has existed for so many rounds', () => {
    const splitIn = (options: Record<string, unknown>) =>
      run(plantGroups([5, 5, 5], { seed: 'cool' }), { rounds: 14, options }).flatMap(({ result }, round) => (result.place ? [round] : []))
    const [first, second] = splitIn({})
    expect(second).toBeLessThan(first + 5)
    const [late, later] = splitIn({ cooldown: 5 })
    expect(late).toBeGreaterThanOrEqual(5)
    expect(later).toBeGreaterThanOrEqual(late + 6)
  })

  test("complete linkage replays the authors' demo", () => {
    const [{ asks }] = run(opposed(4), { rounds: 1, options: { linkage: 'complete' } })
    expect(asks.find((ask) => ask.kind === 'compute')).toMatchObject({ job: 'bipartition', args: { linkage: 'complete' } })
  })
})
