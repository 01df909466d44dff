import { createLayout } from '@shoal/numeric'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAsks } from './asks.ts'
import { upTo } from './cluster-models.ts'
import type { Answer, BlockAnswer } from './contract.ts'
import { fedavg } from './fedavg.ts'
import { replay } from './testing-cohort.ts'
import { type PointExperiment, playPoints } from './testing-points.ts'
import { uifca } from './uifca.ts'

const run = (change: Partial<PointExperiment<never, never>> = {}) => {
  const { options = {}, ...others } = change
  return playPoints({
    rounds: 12,
    seed: 'uifca 0',
    holdings: [
      [20, 20, 0],
      [0, 20, 20],
      [20, 0, 20],
    ],
    ...others,
    strategy: uifca,
    options: { clusters: 3, restarts: 5, roundsPerAssignment: 2, assignments: 5, ...options },
  })
}
type Round = ReturnType<typeof run>[number]
const words = ({ asks }: Round): string => asks.map((ask) => (ask.kind === 'compute' ? ask.job : ask.procedure)).join(' ')
const modelsOf = ({ asks }: Round): readonly Float32Array[] => {
  const ask = asks.find((candidate) => candidate.kind === 'sum' && candidate.procedure === 'train-points')
  return ask?.kind === 'sum' ? ask.question.models : []
}
const argsOf = ({ asks }: Round, procedure: 'assign-points' | 'train-points') =>
  asks.flatMap((ask) => (ask.kind === 'sum' && ask.procedure === procedure ? [ask.question.args] : []))
const notesOf = (rounds: readonly Round[]): string => rounds.flatMap(({ result }) => result.notes ?? []).join('\n')

describe('a run', () => {
  test.each(['a', 'b', 'c'])('finds the groups of all points among restarts, and then asks nothing any more (seed "%s")', (seed) => {
    const rounds = run({ seed })
    const last = rounds.at(-1)
    expect([last?.purity, last?.asks, last?.result.publish]).toEqual([1, [], []])
    expect([...(rounds.findLast(({ result }) => result.points !== undefined)?.result.points ?? [])]).toEqual([40, 40, 40])
  })

  test('assigns after every second round of averaging, with the models just fitted', () => {
    const rounds = run()
    expect(rounds.slice(0, 3).map(words)).toEqual(['assign-points train-points', 'train-points assign-points', 'train-points'])
    const [, second, third] = rounds
    expect(second.asks[1]).toMatchObject({ question: { models: modelsOf(third), joined: true } })
    expect(modelsOf(third)).toHaveLength(15)
  })

  test('publishes the restart of the least mean loss, and tells what it measured', () => {
    const [, second] = run()
    const [, answer] = second.answers
    const block = answer.kind === 'sum' ? answer.blocks.get(0) : undefined
    if (block === undefined || 'withheld' in block) throw new Error('everybody answers')
    const losses = upTo(5).map((restart) => block.total[11 * restart + 4] / block.weight)
    const best = losses.indexOf(Math.min(...losses))
    expect(second.result.signals).toMatchObject({ best, loss: losses[best], spread: Math.max(...losses) - losses[best] })
    expect(second.result.metrics).toEqual({ accuracy: null, loss: losses[best] })
    expect(second.result.publish).toEqual(second.asks[1].kind === 'sum' ? second.asks[1].question.models.slice(3 * best, 3 * best + 3) : [])
  })

  test('ends before T where fewer than 0.1 % of the points change, and says so', () => {
    const rounds = run({ options: { assignments: 50 }, rounds: 40 })
    expect(notesOf(rounds)).toMatch(/Fewer than 0.1 % .* ends at assignment/)
    expect(rounds.at(-1)?.result.state).toMatchObject({ isDone: true, models: [] })
    expect(rounds.filter(({ result }) => result.done !== undefined)).toHaveLength(1)
  })

  test('a fresh program driven through the recorded answers asks the same and ends the same', () => {
    for (const options of [{}, { folds: 3, restarts: 1 }, { warmStart: false }, { init: 'k-fed', restarts: 1 }])
      for (const round of run({ options })) {
        const again = replay(uifca, round, (value) => value)
        expect([again.asks, again.result]).toEqual([round.asks, round.result])
      }
  })
})

describe('how it begins', () => {
  test('guard: the K models of a restart differ from the start, by noise around one base, and no noise is refused', () => {
    const [first] = run({ options: { startNoise: 0.01 } })
    const models = modelsOf(first)
    expect(new Set(models.map((model) => model.join())).size).toBe(15)
    for (const model of models) for (const [entry, base] of [4, 6].entries()) expect(Math.abs(model[entry] - base)).toBeLessThan(0.02)
    expect(uifca.parseOptions({ clusters: 2, startNoise: 0 })).toMatchObject({ ok: false })
  })

  test('by the models, where it is told to', () => {
    const [first] = run({ options: { start: 'models' } })
    expect(first.asks[0]).toMatchObject({ question: { models: modelsOf(first), args: { start: 'models' } } })
  })

  test.each(['rows', 'sums'] as const)('invariant 6: from the labels of k-FED by %s, each client with one cluster, labels stay as they are', (view) => {
    const rounds = run({
      view,
      options: { init: 'k-fed', restarts: 1 },
      holdings: [
        [20, 0, 0],
        [0, 20, 0],
        [0, 0, 20],
      ],
    })
    expect(words(rounds[0])).toMatch(/label-points assign-points train-points$/)
    expect(rounds.map(({ purity }) => purity)).toEqual(rounds.map(() => 1))
    expect(rounds[1].result.signals).toMatchObject({ changed: 0 })
  })

  test('nothing begins while too few clients take part', () => {
    for (const options of [{}, { init: 'k-fed', restarts: 1 }]) {
      const [first] = run({ options, withholds: () => true })
      expect(first.result).toMatchObject({ publish: [], state: first.before, notes: [expect.stringContaining('oo few')] })
      expect(uifca.admit(first.result.state)).toMatchObject({ procedure: 'adopt' })
    }
  })
})

describe('invariants', () => {
  test('invariant 2: K = 1 is federated averaging of one density, bit for bit from the same sums', () => {
    for (const { asks, answers, context, models, result } of run({ options: { clusters: 1, restarts: 1 }, rounds: 3 })) {
      const at = asks.findIndex((ask) => ask.kind === 'sum' && ask.procedure === 'train-points')
      if (at < 0) continue
      const program = fedavg.round({ model: models[0] }, createAsks(), context())
      program.next()
      const averaged = program.next(answers[at])
      expect(averaged.done && averaged.value.publish).toEqual(result.publish)
    }
  })

  /** One round from a state in the middle of a run: `sums` for the models, then counts. */
  const roundFrom = (models: readonly Float32Array[], sums: readonly BlockAnswer[]) => {
    const clusters = models.length
    const [{ before, context }] = run({ options: { clusters, restarts: 1, roundsPerAssignment: 5 }, rounds: 1 })
    const program = uifca.round({ ...before, models }, createAsks(), context())
    program.next()
    const answer: Answer = { kind: 'sum', blocks: new Map(sums.map((sum, block) => [block, sum])) }
    const step = program.next(answer)
    if (!step.done) throw new Error('nothing else is asked')
    return step.value.publish
  }
  const place = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }))
  const planted = fc.array(fc.record({ model: place, update: place, weight: fc.integer({ min: 0, max: 9 }), isWithheld: fc.boolean() }), {
    minLength: 2,
    maxLength: 6,
  })
  const sumsOf = (blocks: readonly { update: readonly number[]; weight: number; isWithheld: boolean }[]): BlockAnswer[] =>
    blocks.map(({ update, weight, isWithheld }, block) =>
      isWithheld && block > 0 ? { withheld: 'below-kmin' } : { total: Float64Array.from(update, (entry) => weight * entry), weight, count: 3 },
    )

  test('invariant 1: relabelled models give relabelled models', () => {
    fc.assert(
      fc.property(planted, (blocks) => {
        const seen = blocks.map((block) => ({ ...block, isWithheld: false }))
        const models = seen.map(({ model }) => Float32Array.from(model))
        const turned = roundFrom(models.toReversed(), sumsOf(seen.toReversed()))
        expect(turned).toEqual([...roundFrom(models, sumsOf(seen))].reverse())
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  test('invariant 3: a model that nobody had points for stays as it is, and the others take the mean update', () => {
    fc.assert(
      fc.property(planted, (blocks) => {
        const published = roundFrom(
          blocks.map(({ model }) => Float32Array.from(model)),
          sumsOf(blocks),
        )
        for (const [block, { model, update, weight, isWithheld }] of blocks.entries()) {
          const stays = weight === 0 || (isWithheld && block > 0)
          for (const entry of [0, 1]) expect(published[block][entry]).toBeCloseTo(stays ? model[entry] : model[entry] + update[entry], 4)
        }
      }),
      { seed: 3, numRuns: 100 },
    )
  })
})

describe('guards', () => {
  /** The second assignment of one restart of three clusters, after the first has left these empty for so long. `sizes` is what it comes to, of 20 points. */
  const secondAssignment = (emptyFor: readonly number[], sizes: readonly number[], assignments = 9) => {
    const [first] = run({ options: { restarts: 1, roundsPerAssignment: 1, assignments }, rounds: 1 })
    const start = (k: number): Float32Array => first.result.publish[k]
    const program = uifca.round({ ...first.result.state, emptyFor }, createAsks(), { ...first.context(), clusters: 3, start, model: start })
    program.next()
    const sums = upTo(3).map((block) => [block, { total: Float64Array.of(1, 1), weight: 20, count: 3 }] as const)
    const asked = program.next({ kind: 'sum', blocks: new Map(sums) })
    const answer = { total: Float64Array.of(...sizes, 0, 20, 0, 0, 0, 0, 0, 0), weight: 20, count: 3 }
    const step = program.next({ kind: 'sum', blocks: new Map([[0, answer]]) })
    if (asked.done || asked.value.kind !== 'sum' || asked.value.procedure !== 'assign-points' || !step.done) throw new Error('one assignment is asked for')
    return { reseed: asked.value.question.args.reseed, result: step.value }
  }

  test('guard: a cluster that was empty at three assignments in a row is seeded from points of high loss', () => {
    const { reseed, result } = secondAssignment([2, 0, 3], [0, 20, 0])
    expect(reseed).toEqual([[0, 2]])
    expect(result.notes).toEqual(['Cluster 2 of restart 0 was empty 3 times: it takes points of high loss.'])
    expect(result.state).toMatchObject({ emptyFor: [3, 0, 0], isDone: false }) // though no point has changed: an empty cluster has its other beginning first
    expect(secondAssignment([0, 0, 0], [0, 0, 20]).result.state.emptyFor).toEqual([1, 1, 0])
  })

  test('guard: merged groups: the worst model is split, its points are assigned once more, and the run does not end with it', () => {
    const parsed = uifca.parseOptions({ clusters: 3, restarts: 1, roundsPerAssignment: 1 })
    if (!parsed.ok) throw new Error('legal options')
    const layout = createLayout([
      { name: 'flow/matrix', shape: [2, 2] },
      { name: 'flow/shift', shape: [2] },
    ])
    const begun = uifca.init({ initialModel: new Float32Array(6), layout, classes: 0, options: parsed.value, seed: '' })
    const wide = Float32Array.of(0.1, 0, 0, 1, 0, 0) // spreads by 10 along the first axis
    const models = [Float32Array.of(1, 0, 0, 1, 50, 0), Float32Array.of(1, 0, 0, 1, 51, 0), wide]
    const [{ context }] = run({ rounds: 1 })
    const program = uifca.round({ ...begun, models }, createAsks(), context())
    const answerOf = (vector: readonly number[]): Answer => ({
      kind: 'sum',
      blocks: new Map([[0, { total: Float64Array.from(vector), weight: 40, count: 3 }]]),
    })
    program.next()
    const nothing = new Map(upTo(3).map((block) => [block, { total: new Float64Array(6), weight: 0, count: 3 }]))
    program.next({ kind: 'sum', blocks: nothing })
    const again = program.next(answerOf([10, 10, 20, 0, 60, 10, 10, 40, 1, 2, 900]))
    if (again.done || again.value.kind !== 'sum' || again.value.procedure !== 'assign-points') throw new Error('points are assigned again')
    const split = [...again.value.question.models].map((model) => [...model].map((entry) => Math.round(10 * entry) / 10))
    expect(split[1]).toEqual([1, 0, 0, 1, 51, 0])
    expect([split[0], split[2]].sort(([, , , , one], [, , , , other]) => one - other).map((model) => model.slice(0, 5))).toEqual([
      [0.1, 0, 0, 1, -1],
      [0.1, 0, 0, 1, 1],
    ])
    const step = program.next(answerOf([20, 10, 10, 1, 50, 20, 10, 20, 900, 900, 900]))
    if (!step.done) throw new Error('nothing else is asked')
    expect(step.value).toMatchObject({ state: { repairs: [1], isDone: false, points: [20, 10, 10] }, signals: { changed: 0 } })
    expect(step.value.publish).toEqual(again.value.question.models)
    expect(step.value).not.toHaveProperty('done')
  })

  test('the last assignment seeds nothing: nothing would be fitted to it', () => {
    expect(secondAssignment([0, 3, 0], [10, 0, 10], 2)).toMatchObject({ reseed: [], result: { state: { isDone: true } } })
  })

  test('guard: too few points to fit a model locally: the upload is skipped, the model kept', () => {
    const [first] = run({ options: { minPoints: 1000 } })
    expect(first.result.publish).toEqual([])
    expect(modelsOf(first)).toHaveLength(15)
  })

  test('an assignment that is withheld is asked again after one more round of fitting', () => {
    const rounds = run({ withholds: (ask, _, round) => round === 1 && ask.kind === 'sum' && ask.procedure === 'assign-points' })
    expect(rounds.slice(0, 4).map(words)).toEqual(['assign-points train-points', 'train-points assign-points', 'train-points assign-points', 'train-points'])
    expect(notesOf([rounds[1]])).toContain('old labels once more')
    expect(rounds[1].result).toMatchObject({ metrics: { accuracy: null, loss: null }, publish: expect.objectContaining({ length: 3 }) })
  })

  test('guard: with folds no point is judged by a model that was fitted to it; the published model is their mean', () => {
    const [first] = run({ options: { folds: 3, restarts: 1 } })
    const models = modelsOf(first)
    expect(models).toHaveLength(9)
    expect(models.slice(3, 6)).toEqual(models.slice(0, 3)) // alike in the beginning
    expect(argsOf(first, 'train-points')).toMatchObject([{ folds: 3, clusters: 3, restarts: 1 }])
    const { models: fitted } = first.result.state
    for (const [cluster, model] of first.result.publish.entries())
      for (const entry of [0, 1]) expect(model[entry]).toBeCloseTo((fitted[cluster][entry] + fitted[3 + cluster][entry] + fitted[6 + cluster][entry]) / 3, 5)
  })

  test('without a warm start models begin from the common base again after every assignment', () => {
    const rounds = run({ options: { warmStart: false } })
    for (const [round, played] of rounds.entries()) {
      const isNear = modelsOf(played).every((model) => Math.hypot(model[0] - 4, model[1] - 6) < 0.05)
      if (modelsOf(played).length > 0) expect(isNear).toBe(round % 2 === 0)
    }
  })

  test('a newcomer labels its points by the published models', () => {
    const [{ result }] = run()
    expect(uifca.admit(result.state)).toEqual({ procedure: 'find-points', args: {}, models: result.publish })
  })
})

test.each([
  [{}, 'clusters is needed'],
  [{ clusters: 2, folds: 2 }, 'folds is 1, or 3 and more'],
  [{ clusters: 2, init: 'k-fed', restarts: 2 }, 'restarts is 1'],
  [{ clusters: 2, init: 'k-fed', start: 'models' }, 'start is for init none'],
  [{ clusters: 2, localClusters: 2 }, 'localClusters is for init k-fed'],
  [{ clusters: 200, restarts: 10 }, '2000 models'],
  [{ clusters: 2, warmStart: 1 }, 'warmStart must be true or false'],
])('options %j are refused', (options, detail) => {
  expect(uifca.parseOptions(options)).toMatchObject({ ok: false, failure: { detail: expect.stringContaining(detail) } })
})
