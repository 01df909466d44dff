import { addScaled, norm, subtract } from '@shoal/numeric'
import type { DistilArgs, Distilled } from '@shoal/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cfl } from './cfl.ts'
import type { Ask, Strategy } from './contract.ts'
import { withExpert } from './disue.ts'
import { fedavg } from './fedavg.ts'
import { ifca } from './ifca.ts'
import { kFed } from './k-fed.ts'
import { ocfl } from './ocfl.ts'
import { type Client, type Experiment, PARAMETERS, type PlayedRound, plantGroups, play, replay } from './testing-cohort.ts'
import { uifca } from './uifca.ts'

// Two groups that pull apart: CFL tells them apart in round 1, as it is told to.
const groups = plantGroups([6, 4], { seed: 'disue', noise: 0 })
const SPLIT = { evidence: 'full', splitEvery: [1], gammaMax: 0 }

type Change = Partial<Omit<Experiment<unknown, unknown>, 'strategy'>> & { readonly expert?: Record<string, unknown>; readonly strategy?: Strategy<never> }

/** Half of the way to the model with most examples: better for most than the average of all. */
const towardsMost = ({ teachers, sizes, start }: DistilArgs): Distilled =>
  made(addScaled(start, subtract(teachers[sizes.indexOf(Math.max(...sizes))], start), 0.5))
const made = (universal: Float32Array, change: Partial<Distilled['report']> = {}, refusal: string | null = null): Distilled => ({
  universal,
  generator: Float32Array.of(1, 2),
  samples: new Float32Array(4).fill(0.5),
  refusal,
  report: { fidelity: 0.1, before: 0.4, after: 0.2, collapse: 0.1, entropy: 0.2, iterations: 10, seconds: 1, ...change },
})
/** Away from everybody. */
const harm = ({ start }: DistilArgs): Distilled => made(addScaled(start, new Float32Array(PARAMETERS).fill(0.05), 1))
const nothing = ({ start }: DistilArgs): Distilled => made(start)

const run = ({ expert = {}, strategy = cfl as Strategy<never>, ...change }: Change = {}) =>
  play({
    view: 'rows',
    rounds: 6,
    seed: 'disue',
    clients: groups,
    distils: towardsMost,
    ...change,
    strategy: withExpert(strategy),
    options: { ...(strategy.name === 'cfl' ? SPLIT : {}), ...change.options, expert },
  })
const alone = ({ strategy = cfl as Strategy<never>, ...change }: Change = {}) =>
  play({
    view: 'rows',
    rounds: 6,
    seed: 'disue',
    clients: groups,
    ...change,
    strategy: strategy as Strategy<unknown>,
    options: { ...(strategy.name === 'cfl' ? SPLIT : {}), ...change.options },
  })

type Round = Pick<PlayedRound<unknown>, 'asks' | 'answers' | 'result' | 'models'>
const asksOf = ({ asks }: Round, of: string): Ask[] => asks.filter((ask) => (ask.kind === 'compute' ? ask.job : ask.procedure) === of)
const distilArgs = ({ asks }: Round): DistilArgs | null => asks.flatMap((ask) => (ask.kind === 'compute' && ask.job === 'distil' ? [ask.args] : []))[0] ?? null
const startsOf = ({ asks }: Round): readonly Float32Array[] =>
  asks.flatMap((ask) => (ask.kind === 'sum' && ask.procedure.startsWith('train') ? [ask.question.models] : [])).at(-1) ?? []
const notesOf = (rounds: readonly Round[]): string => rounds.flatMap(({ result }) => result.notes ?? []).join('\n')
/** What a newcomer is offered. */
const offeredBy = (state: unknown): Float32Array | undefined => withExpert(cfl).admit(state as never).fallback
const accuracyOf = (model: Float32Array, clients: readonly Client[]): number =>
  clients.reduce((sum, { target }) => sum + Math.exp(-(norm(subtract(model, target)) ** 2)), 0) / clients.length

describe('a round', () => {
  const rounds = run()

  test('before there are clusters nothing is distilled, and rounds are those of the strategy alone', () => {
    expect(rounds[0].asks).toEqual(alone()[0].asks)
    expect(rounds[0].result.expert).toBeUndefined()
    expect(offeredBy(rounds[0].result.state)).toBeUndefined()
  })

  test('with clusters: labels are counted where clients stand from now on, an expert is distilled, and it and the average are shown to everybody', () => {
    expect(rounds[1].asks.slice(-4).map((ask) => (ask.kind === 'compute' ? ask.job : `${ask.procedure} by ${ask.question.place?.by}`))).toEqual([
      'count-labels by label',
      'distil',
      'evaluate by everyone',
      'evaluate by everyone',
    ])
    const args = distilArgs(rounds[1])!
    expect(args.teachers).toEqual(rounds[1].result.publish)
    expect({ sizes: args.sizes, counts: args.counts }).toEqual({
      sizes: [60, 40],
      counts: [
        [60, 0],
        [0, 40],
      ],
    })
    expect(rounds[1].result.expert!.model).toEqual(towardsMost(args).universal)
    expect(rounds[1].result.expert!.samples).toEqual(new Float32Array(4).fill(0.5))
  })

  test('label counts are asked once while nobody moves', () => {
    expect(rounds.map((round) => asksOf(round, 'count-labels').length)).toEqual([0, 1, 0, 0, 0, 0])
  })

  test('universal: all clients start from the expert, and newcomers are offered it', () => {
    for (const [index, { result }] of rounds.entries()) {
      if (result.expert === undefined) continue
      expect(offeredBy(result.state)).toEqual(result.expert.model)
      for (const start of index + 1 < rounds.length ? startsOf(rounds[index + 1]) : []) expect(start).toEqual(result.expert.model)
    }
  })

  test('mix: they start between the expert and their own, by beta', () => {
    const mixed = run({ expert: { start: 'mix', mix: 0.25 } })
    const [own, expert] = [mixed[2].models[1], mixed[1].result.expert!.model]
    expect(norm(subtract(startsOf(mixed[2])[1], addScaled(own, subtract(expert, own), 0.25)))).toBeLessThan(1e-5)
  })

  test('the hook never changes assignments: where clients start from their own models, every model is bit for bit that of the strategy alone', () => {
    for (const strategy of [cfl, ocfl, ifca] as unknown as Strategy<never>[]) {
      const options = strategy.name === 'ifca' ? { clusters: 2 } : {}
      const shadowed = run({ strategy, options, expert: { start: 'shadow' } })
      expect(shadowed.map(({ clusterOf, result }) => [clusterOf, result.publish])).toEqual(
        alone({ strategy, options }).map(({ clusterOf, result }) => [clusterOf, result.publish]),
      )
    }
  })

  test('every: in between the average stands for the expert', () => {
    const seldom = run({ expert: { every: 2 } })
    expect(seldom.map((round) => distilArgs(round) !== null)).toEqual([false, true, false, true, false, true])
    expect(seldom[2].result.expert!.model).toEqual(startsOf(seldom[3])[0])
  })

  test('invariant 12: a program driven through recorded answers asks the same and ends the same; seeds differ from round to round', () => {
    for (const round of rounds) {
      const again = replay(withExpert(cfl), round as never, structuredClone)
      expect(again.asks).toEqual(round.asks)
      expect(again.result).toEqual(round.result)
    }
    expect(new Set(rounds.map((round) => distilArgs(round)?.seed)).size).toBe(rounds.length)
  })
})

describe('invariant 11', () => {
  test.each([cfl, ocfl] as unknown as Strategy<never>[])('I = 0: over $name the expert is the average of federated averaging, in every round', (strategy) => {
    const averaged = play({ view: 'sums', rounds: 6, seed: 'disue', clients: groups, strategy: fedavg, options: {} })
    const rounds = run({ strategy, distils: nothing, expert: { iterations: 0, gateMargin: 1 } })
    expect(rounds.some(({ result }) => result.expert !== undefined)).toBe(true)
    for (const [round, { result }] of rounds.entries())
      expect(norm(subtract(result.expert?.model ?? result.publish[0], averaged[round].result.publish[0]))).toBeLessThan(1e-6)
  })

  test('where clients start from their own models the average is that of the models, by the examples of those who answered', () => {
    for (const round of run({ expert: { start: 'shadow' } }).slice(1)) {
      const [large, small] = round.result.publish
      expect(norm(subtract(distilArgs(round)!.start, addScaled(large, subtract(small, large), 0.4)))).toBeLessThan(1e-6)
    }
  })

  test('an empty round leaves the expert as it was, and nothing is asked about it', () => {
    const rounds = run({ rounds: 4, withholds: (_, __, round) => round === 3 })
    expect(asksOf(rounds[3], 'distil')).toEqual([])
    expect(rounds[3].result.expert).toBeUndefined()
    expect(offeredBy(rounds[3].result.state)).toEqual(rounds[2].result.expert!.model)
  })
})

test('invariant 5 and design 8.9: with one cluster the hook does nothing, bit for bit', () => {
  const alike = plantGroups([6], { seed: 'alike' })
  const options = { splitEvery: [100] }
  const rounds = run({ clients: alike, options })
  expect(rounds.map(({ asks, result }) => [asks, result.publish])).toEqual(alone({ clients: alike, options }).map(({ asks, result }) => [asks, result.publish]))
})

describe('guard: what was distilled is worth nothing', () => {
  const bad: Readonly<Record<string, (args: DistilArgs) => Distilled>> = {
    'a NaN in it (invariant 15)': ({ start }) => made(Float32Array.from(start, (entry, index) => (index === 7 ? Number.NaN : entry))),
    'another length': () => made(new Float32Array(3)),
    'a huge norm': ({ start }) => made(Float32Array.from(start, (entry) => 1e6 * entry)),
    'refused by its own gate': ({ start }) => made(start, {}, 'the student is no nearer to its teachers'),
    'worse than the average': harm,
    'NaN all over, generator and report too': ({ start }) => ({
      ...made(
        start.map(() => Number.NaN),
        { fidelity: Number.NaN, entropy: Number.NaN, seconds: Number.NaN },
      ),
      generator: Float32Array.of(Number.NaN),
      samples: Float32Array.of(Number.NaN),
    }),
  }

  test.each(Object.entries(bad))('%s: clients start from the average and newcomers are offered it, and the round says why', (_, distils) => {
    const rounds = run({ distils, rounds: 4 })
    for (const [index, round] of rounds.entries()) {
      const args = distilArgs(round)
      if (args === null) continue
      expect(round.result.expert!.model).toEqual(args.start)
      expect(offeredBy(round.result.state)).toEqual(args.start)
      for (const start of index + 1 < rounds.length ? startsOf(rounds[index + 1]) : []) expect(start).toEqual(args.start)
      expect(Object.values(round.result.signals ?? {}).every(Number.isFinite)).toBe(true)
      expect(round.result.expert!.samples?.every(Number.isFinite) ?? true).toBe(true)
      expect(args.generator?.every(Number.isFinite) ?? true).toBe(true)
    }
    expect(notesOf(rounds)).toMatch(/No expert: /)
  })

  test('a job that failed or took too long: the average, a note, and the round goes on', () => {
    const rounds = run({ distils: (): Distilled => undefined as never, failsJobs: true, view: 'sums', rounds: 5 })
    for (const round of rounds) expect(round.result.publish.length).toBeGreaterThan(0)
    const clustered = rounds.filter((round) => distilArgs(round) !== null)
    expect(clustered.length).toBeGreaterThan(0)
    for (const round of clustered) expect(round.result.expert).toEqual({ model: distilArgs(round)!.start, samples: null })
    expect(notesOf(rounds)).toMatch(/came to nothing \(SHOAL_ERR_COMPUTE_FAILED\)/)
  })

  test('whatever comes out, what clients start from and newcomers are offered is never worse for them than the average (seeds 0..99)', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.double({ min: -3, max: 3, noNaN: true }), fc.constantFrom(0, 1, 2), (seed, size, which) => {
        const [random] = plantGroups([1], { seed: `noise ${seed}`, noise: 0, spread: size })
        const distils = ({ start, teachers }: DistilArgs): Distilled => made(addScaled(which === 0 ? start : teachers[which - 1], random.target, 1))
        for (const round of run({ distils, rounds: 3 })) {
          const args = distilArgs(round)
          if (args === null) continue
          const expert = round.result.expert!.model
          expect(accuracyOf(expert, groups)).toBeGreaterThanOrEqual(accuracyOf(args.start, groups) - 1e-6)
          expect(offeredBy(round.result.state)).toEqual(expert)
        }
      }),
      { numRuns: 12 },
    )
  })

  test('isGated false (ablation): whatever is a model is taken', () => {
    const rounds = run({ distils: harm, rounds: 3, expert: { isGated: false } })
    expect(rounds[1].result.expert!.model).toEqual(harm(distilArgs(rounds[1])!).universal)
    expect(notesOf(rounds)).toMatch(/taken without a gate/)
    const huge = run({ distils: ({ start }) => made(start.map((entry) => 1e6 * entry)), rounds: 3, expert: { isGated: false } })
    expect(huge[1].result.expert!.model).toEqual(distilArgs(huge[1])!.start)
  })

  test('too few say how good it is: it is not taken; where nobody evaluates the synthetic gate has the word', () => {
    const silent = run({ rounds: 3, withholds: (ask) => ask.kind === 'sum' && ask.procedure === 'evaluate' && ask.question.place?.by === 'everyone' })
    expect(silent[2].result.expert!.model).toEqual(distilArgs(silent[2])!.start)
    expect(notesOf(silent)).toMatch(/too few said how good it is/)
  })
})

describe('guard: harm is followed by caution (section 4.2, step 9)', () => {
  test('after one harmful expert I and l_adv are halved and the generator is a new one; after two in a row none for 5 rounds, then one with half of both', () => {
    const rounds = run({ distils: harm, rounds: 12 })
    const told = rounds.map((round) => {
      const args = distilArgs(round)
      return args === null ? null : [args.options.iterations, args.options.adversarial, args.generator === null]
    })
    const off = [null, null, null, null, null]
    expect(told).toEqual([null, [10, 0.1, true], [5, 0.05, true], ...off, [5, 0.05, true], null, null, null])
    expect(notesOf(rounds)).toMatch(/Two experts in a row did harm/)
  })

  test('a good one in between ends the caution, and the generator goes on', () => {
    const rounds = run({ distils: (args) => (args.options.iterations === 10 && args.generator === null ? harm(args) : towardsMost(args)), rounds: 5 })
    expect(rounds.map((round) => distilArgs(round)?.options.iterations)).toEqual([undefined, 10, 5, 10, 10])
    expect(rounds.map((round) => distilArgs(round)?.generator ?? null)).toEqual([null, null, null, Float32Array.of(1, 2), Float32Array.of(1, 2)])
  })

  test('generator collapse: one that draws one picture begins anew', () => {
    const rounds = run({ distils: (args) => ({ ...towardsMost(args), ...made(towardsMost(args).universal, { collapse: 0.95 }) }), rounds: 4 })
    for (const round of rounds) expect(distilArgs(round)?.generator ?? null).toBeNull()
  })
})

describe('guard: where to start', () => {
  test('contradicting teachers: while they are, clusters go on from their own models', () => {
    const rounds = run({
      rounds: 6,
      distils: (args) =>
        made(towardsMost(args).universal, args.seed === distilSeedOf(1) || args.seed === distilSeedOf(2) ? { entropy: 0.95, fidelity: 0.5 } : {}),
    })
    expect(startsOf(rounds[2])).toEqual(rounds[2].models)
    expect(startsOf(rounds[3])).toEqual(rounds[3].models)
    expect(startsOf(rounds[4])[0]).toEqual(rounds[3].result.expert!.model)
    expect(notesOf(rounds)).toMatch(/disagree on labels/)
  })
  const distilSeedOf = (round: number): string => distilArgs(run({ rounds: round + 1 })[round])!.seed

  test('clusters whose models become worse for having begun at the expert go on from their own, for 5 rounds and then for 10', () => {
    const rounds = run({ rounds: 20, distils: harm, expert: { isGated: false } })
    const universal = rounds.map((round, index) => index > 1 && startsOf(round)[0] === startsOf(round)[1])
    expect(universal.flatMap((isSo, round) => (isSo ? [round] : []))).toEqual([2, 8, 19])
    expect(notesOf(rounds)).toMatch(/worse for having begun at the expert/)
  })
})

describe('guard: who has a say', () => {
  const withoutSmall = (from: number) => ({
    clients: groups.map((client) => (client.group === 0 ? client : { ...client, isSilent: (round: number) => round >= from })),
    rounds: 8,
  })

  test('dropout of a whole cluster: half as much with each round, and after 3 left out; it keeps its model', () => {
    const rounds = run({ ...withoutSmall(3), expert: { start: 'shadow' } })
    const told = rounds.slice(2).map((round) => [distilArgs(round)!.sizes, distilArgs(round)!.counts])
    const large = (...small: number[][]) => [
      [60, ...small.map(([, count]) => count)],
      [[60, 0], ...small],
    ]
    expect(told).toEqual([large([0, 40]), large([0, 20]), large([0, 10]), large(), large(), large()])
    expect(rounds.at(-1)!.result.publish[1]).toEqual(rounds[2].result.publish[1])
  })

  test('counts unknown: a withheld cluster has none, and is asked again; none at all is null', () => {
    const isCount = (ask: Ask): boolean => ask.kind === 'sum' && ask.procedure === 'count-labels'
    const some = run({ rounds: 4, withholds: (ask, block, round) => isCount(ask) && block === 1 && round < 3 })
    expect(some.map((round) => distilArgs(round)?.counts)).toEqual([
      undefined,
      [
        [60, 0],
        [0, 0],
      ],
      [
        [60, 0],
        [0, 0],
      ],
      [
        [60, 0],
        [0, 40],
      ],
    ])
    const none = run({ rounds: 3, withholds: isCount })
    expect(distilArgs(none[2])!.counts).toBeNull()
    expect(none[2].result.expert).toBeDefined()
  })

  test('malicious cluster model: one far off is brought within three times the usual distance', () => {
    const clients = plantGroups([4, 4, 4], { seed: 'three', noise: 0 })
    const options = { clusters: 3 }
    const spoils = (update: Float32Array, round: number): Float32Array => update.map((entry) => (round < 5 ? 1 : 1000) * entry)
    const spoiled = clients.map((client) => (client.group === 2 ? { ...client, spoils } : client))
    const rounds = run({ strategy: ifca as never, options, clients: spoiled, distils: nothing, expert: { start: 'shadow' } })
    const near = rounds[4].result.expert!.model
    const [told, published] = [distilArgs(rounds[5])!.teachers, rounds[5].result.publish].map((models) =>
      models.map((model) => norm(subtract(model, near))).sort((left, right) => left - right),
    )
    expect(published[2]).toBeGreaterThan(10 * published[1])
    expect(told.slice(0, 2)).toEqual(published.slice(0, 2))
    expect(told[2] / told[1]).toBeCloseTo(3, 4)
  })
})

describe('a candidate over IFCA', () => {
  const chosen = (change: Change = {}) => run({ strategy: ifca as never, view: 'sums', options: { clusters: 2 }, ...change })

  test('the expert is one model more to choose: who does trains it further, and what comes of it is a cluster', () => {
    const rounds = chosen({ clients: plantGroups([5, 4], { seed: 'disue', noise: 0 }) })
    expect(rounds.map(({ result }) => result.publish.length)).toEqual([3, 3, 3, 3, 3, 3])
    for (const [index, { result }] of rounds.slice(0, -1).entries()) expect(startsOf(rounds[index + 1])[2]).toEqual(result.expert!.model)
    for (const { clusterOf } of rounds) for (const cluster of clusterOf) expect([0, 1, 2]).toContain(cluster)
  })

  test('nobody has to choose it: then the assignment and the models of the others are those of IFCA alone', () => {
    // An expert that is nobody's: far from all.
    const rounds = chosen({ distils: harm, expert: { isGated: false } })
    const plain = alone({ strategy: ifca as never, view: 'sums', options: { clusters: 2 } })
    expect(rounds.map(({ clusterOf }) => clusterOf)).toEqual(plain.map(({ clusterOf }) => clusterOf))
    expect(rounds.map(({ result }) => result.publish.slice(0, 2))).toEqual(plain.map(({ result }) => result.publish))
  })

  test('a repair neither gives it up nor halves it', () => {
    for (const { asks } of chosen({ rounds: 8, options: { clusters: 3 } }))
      for (const ask of asks)
        if (ask.kind === 'sum' && ask.procedure === 'train-chosen')
          expect([ask.question.args.repair?.dropped, ask.question.args.repair?.halved]).not.toContain(3)
  })
})

describe('options', () => {
  const refusal = (strategy: unknown, options: Record<string, unknown>): string | undefined => {
    const parsed = withExpert(strategy as Strategy<never>).parseOptions(options)
    return parsed.ok ? undefined : parsed.failure.detail
  }

  test('clusters of points and federated averaging are refused in words', () => {
    for (const strategy of [uifca, kFed, fedavg]) expect(refusal(strategy, { expert: {} })).toMatch(/^expert: .+ has no clusters of clients/)
  })

  test('clients start from the expert as suits the strategy, unless the operator says otherwise', () => {
    const startFor = (strategy: unknown): unknown => {
      const parsed = withExpert(strategy as Strategy<never>).parseOptions({ expert: {} })
      return parsed.ok ? parsed.value.own.start : parsed.failure
    }
    expect([cfl, ocfl, ifca, { ...cfl, name: 'flux' }].map(startFor)).toEqual(['universal', 'universal', 'candidate', 'shadow'])
  })

  test.each([
    [cfl, { expert: { iteration: 3 } }, /there is no option iteration/],
    [cfl, { expert: { iterations: 0.5 } }, /iterations must be a whole number/],
    [cfl, { expert: { start: 'candidate' } }, /do not choose among models/],
    [ifca, { heads: 1, expert: {} }, /with heads all models share/],
    [cfl, { expert: [] }, /fields with values/],
    [cfl, { sketchLenght: 3, expert: {} }, /^cfl: there is no option sketchLenght/],
  ])('%# what is wrong is named', (strategy, options, words) => {
    expect(refusal(strategy, options)).toMatch(words)
  })
})
