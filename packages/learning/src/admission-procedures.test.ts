import { describe, expect, test } from 'vitest'
import { createLatentProcedures } from '../tests/latent-procedures.ts'
import { callOf, codeOf, createPointProcedures, findingOf, partOf, TRAIN_ARGS } from '../tests/point-procedures.ts'
import type { ProcedureCall } from './procedure.ts'

const at = (...entries: number[]): Float32Array => Float32Array.from(entries)
/** What a model costs a client whose goal is `goal`. */
const tried = (model: number, goal: readonly number[], parameters: Float32Array) => {
  const loss = goal.reduce((sum, entry, index) => sum + (entry - parameters[index]) ** 2, 0)
  return { model, accuracy: 1 / (1 + loss), loss }
}
const ARGS = { train: TRAIN_ARGS, length: null, seed: 'public', margin: 0.02 }

describe('walk-tree', () => {
  // The root goes left (+x) to node 1 or right (-x) to cluster 0; node 1 goes up (+y) to cluster 2 or down (-y) to cluster 1.
  const MODELS = [at(0, 0, 0), at(4, 0, 0), at(-5, 0, 0), at(5, -5, 0), at(5, 5, 0)]
  const CALL: ProcedureCall = callOf({
    procedure: 'walk-tree',
    args: { ...ARGS, branches: [{ children: [1, -1] }, { children: [-3, -2] }] },
    models: MODELS,
    vectors: [at(0.9, 0, 0), at(-0.2, 0, 0), at(0, 0.5, 0), at(0, -0.9, 0)],
    block: null,
    cluster: null,
  })

  test.each([
    { goal: [-9, 1, 0], cluster: 0, path: [0, 2] },
    { goal: [5, 6, 1], cluster: 2, path: [0, 1, 4] },
    { goal: [5, -6, 1], cluster: 1, path: [0, 1, 3] },
  ])('a newcomer of $goal walks to cluster $cluster, trains once at each node, and its own model serves it', async ({ goal, cluster, path }) => {
    const procedures = createPointProcedures(goal)
    const list = path.map((model) => tried(model, goal, MODELS[model]))
    expect(await procedures.run(CALL)).toEqual(findingOf({ cluster, serves: path[path.length - 1], tried: list }))
    expect(new Set(procedures.trained).size).toBe(path.length - 1)
    expect(procedures.trained).toHaveLength(path.length - 1)
  })

  test('each node is left by its own two branches', async () => {
    // From node 1 the update goes (-1, 0.5, 0): up rather than down, though back along the root's right branch most of all.
    expect(await createPointProcedures([2, 1, 0]).run(CALL)).toMatchObject({ ok: true, value: { cluster: 2 } })
  })

  test('a client that has a cluster keeps it without training, and is served by the parent where that does better', async () => {
    const goal = [4, 0.5, 0]
    const procedures = createPointProcedures(goal)
    const list = [0, 1, 3].map((model) => tried(model, goal, MODELS[model]))
    expect(await procedures.run({ ...CALL, cluster: 1 })).toEqual(findingOf({ cluster: 1, serves: 1, tried: list }))
    expect(procedures.trained).toEqual([])
  })

  test('a toss-up goes by the loss of the children, inner nodes and clusters alike', async () => {
    // At the root the two cosines are equal; node 1 (4, 0, 0) is nearer to the goal than cluster 0. At node 1 the update is (0, 0, 1): again no cosine says anything.
    const procedures = createPointProcedures([4, 0, 2])
    const vectors = [at(0, 1, 0), at(0, -1, 0), at(0, 1, 0), at(0, -1, 0)]
    const models = MODELS.with(3, at(4, 0, 2))
    expect(await procedures.run({ ...CALL, models, vectors })).toMatchObject({ ok: true, value: { cluster: 1, serves: 3 } })
    expect(await procedures.run({ ...CALL, models: MODELS.with(4, at(4, 0, 2)), vectors })).toMatchObject({ ok: true, value: { cluster: 2, serves: 4 } })
    expect(await procedures.run({ ...CALL, models: MODELS.with(2, at(4, 0, 2)), vectors })).toMatchObject({ ok: true, value: { cluster: 0, serves: 2 } })
  })

  test('an update without direction is a toss-up; of models that do equally well the most special serves', async () => {
    const models = [at(0, 0, 0), at(9, 9, 9), at(0, 0, 0), at(5, -5, 0), at(5, 5, 0)]
    expect(await createPointProcedures([0, 0, 0]).run({ ...CALL, models })).toMatchObject({ ok: true, value: { cluster: 0, serves: 2 } })
  })

  test('without examples to test on its cluster serves it', async () => {
    const procedures = createPointProcedures([5, 6, 1], { train: 10, test: 0 })
    expect(await procedures.run(CALL)).toEqual(findingOf({ cluster: 2, serves: 4, tried: [] }))
    expect(await procedures.run({ ...CALL, cluster: 0 })).toEqual(findingOf({ cluster: 0, serves: 2, tried: [] }))
  })

  test('sketches of another length than the branches are compared as well', async () => {
    const args = { ...ARGS, length: 16, branches: [{ children: [-1, -2] }] }
    const rows = await Promise.all(
      [at(1, 0, 0), at(-1, 0, 0)].map((goal) =>
        createPointProcedures([...goal]).run(callOf({ procedure: 'sketch', kind: 'rows', args: { train: TRAIN_ARGS, length: 16, seed: 'public' } })),
      ),
    )
    const vectors = rows.flatMap((result) => (result.ok && result.value.kind === 'rows' ? result.value.rows : []))
    const call = { ...CALL, args, vectors, models: [at(0, 0, 0), at(1, 0, 0), at(-1, 0, 0)] }
    expect(await createPointProcedures([3, 0.1, 0]).run(call)).toMatchObject({ ok: true, value: { cluster: 0 } })
    expect(await createPointProcedures([-3, 0.1, 0]).run(call)).toMatchObject({ ok: true, value: { cluster: 1 } })
  })

  test('a tree that is none, and shapes that do not fit, are refused', async () => {
    const procedures = createPointProcedures([1, 0, 0])
    const code = async (change: Partial<ProcedureCall>) => codeOf(await procedures.run({ ...CALL, ...change }))
    const branches = (...children: [number, number][]) => ({ args: { ...ARGS, branches: children.map((pair) => ({ children: pair })) } })
    expect(await code(branches([0, 0], [-1, -2]))).toBe('SHOAL_ERR_MALFORMED') // a circle
    expect(await code(branches([1, -1], [1, 1]))).toBe('SHOAL_ERR_MALFORMED')
    expect(await code(branches([2, -1], [-2, -3]))).toBe('SHOAL_ERR_MALFORMED') // a node that is not there
    expect(await code(branches([1, -1], [-2, -4]))).toBe('SHOAL_ERR_MALFORMED') // a cluster that is not there
    expect(await code({ ...branches([0, 0], [1, -1]), cluster: 0 })).toBe('SHOAL_ERR_MALFORMED')
    expect(await code({ cluster: 3 })).toBe('SHOAL_ERR_MALFORMED')
    expect(await code({ args: { ...ARGS, branches: [] } })).toBe('SHOAL_ERR_MALFORMED')
    expect(await code({ vectors: CALL.vectors.slice(1) })).toBe('SHOAL_ERR_SHAPE')
    expect(await code({ vectors: CALL.vectors.with(3, at(1)) })).toBe('SHOAL_ERR_SHAPE')
    expect(await code({ models: MODELS.with(4, at(1)) })).toBe('SHOAL_ERR_SHAPE')
    expect(await code({ models: [] })).toBe('SHOAL_ERR_MALFORMED')
  })
})

describe('nearest-direction', () => {
  const MODELS = [at(0, 0, 0), at(5, 0, 0), at(0, 5, 0), at(0, 0, 5)]
  const CALL: ProcedureCall = callOf({
    procedure: 'nearest-direction',
    args: { ...ARGS, margin: 0.05 },
    models: MODELS,
    vectors: [at(0.9, 0, 0), at(0, 0.2, 0), at(0, 0, 0.5)],
    block: null,
    cluster: null,
  })

  test('the direction of largest cosine wins, whatever the length of the means', async () => {
    const goal = [2, 6, 0]
    const procedures = createPointProcedures(goal)
    expect(await procedures.run(CALL)).toEqual(findingOf({ cluster: 1, serves: 2, tried: [tried(0, goal, MODELS[0]), tried(2, goal, MODELS[2])] }))
    expect(procedures.trained).toHaveLength(1)
  })

  test('where the two best are too close, or there is no direction, the least loss among all clusters wins', async () => {
    const models = MODELS.with(3, at(5, 5, 0)) // the direction of cluster 2 is the farthest, its model the nearest
    expect(await createPointProcedures([5, 5, 0]).run({ ...CALL, models })).toMatchObject({ ok: true, value: { cluster: 2, serves: 3 } })
    expect(await createPointProcedures([5, 4, 0]).run({ ...CALL, models })).toMatchObject({ ok: true, value: { cluster: 0 } }) // cosines .78 and .62
    const nowhere = { ...CALL, models: [at(0, 0, 0), at(1, 1, 1), at(0.1, 0, 0), at(2, 2, 2)], args: { ...ARGS, margin: 0 } }
    expect(await createPointProcedures([0, 0, 0]).run(nowhere)).toMatchObject({ ok: true, value: { cluster: 1, serves: 0 } })
  })

  test('a client that has a cluster keeps it without training; the first model serves only where it is better', async () => {
    const procedures = createPointProcedures([1, 0, 0])
    expect(await procedures.run({ ...CALL, cluster: 2 })).toMatchObject({ ok: true, value: { cluster: 2, serves: 0 } })
    expect(await procedures.run({ ...CALL, models: MODELS.with(3, MODELS[0]), cluster: 2 })).toMatchObject({ ok: true, value: { cluster: 2, serves: 3 } })
    expect(procedures.trained).toEqual([])
    const untested = createPointProcedures([1, 0, 0], { train: 10, test: 0 })
    expect(await untested.run({ ...CALL, cluster: 2 })).toEqual(findingOf({ cluster: 2, serves: 3, tried: [] }))
  })

  test('of one cluster that one', async () => {
    expect(await createPointProcedures([-1, 0, 0]).run({ ...CALL, models: MODELS.slice(0, 2), vectors: CALL.vectors.slice(0, 1) })).toMatchObject({
      ok: true,
      value: { cluster: 0, serves: 0 },
    })
  })

  test('shapes and clusters that do not fit are refused', async () => {
    const procedures = createPointProcedures([1, 0, 0])
    expect(codeOf(await procedures.run({ ...CALL, cluster: 3 }))).toBe('SHOAL_ERR_MALFORMED')
    expect(codeOf(await procedures.run({ ...CALL, vectors: CALL.vectors.slice(1) }))).toBe('SHOAL_ERR_SHAPE')
    expect(codeOf(await procedures.run({ ...CALL, models: MODELS.slice(0, 1), vectors: [] }))).toBe('SHOAL_ERR_SHAPE')
    expect(codeOf(await procedures.run({ ...CALL, models: [] }))).toBe('SHOAL_ERR_SHAPE')
    expect(codeOf(await procedures.run({ ...CALL, of: 'train' }))).toBe('SHOAL_ERR_MALFORMED')
  })
})

test('an admission does not disturb the round', async () => {
  const procedures = createPointProcedures([6, 0, 8])
  const models = [at(1, 1, 1), at(2, 2, 2), at(3, 3, 3)]
  const vectors = [at(1, 0, 0), at(0, 0, 1)]
  await procedures.run(callOf({ procedure: 'sketch', args: { train: TRAIN_ARGS, length: null, seed: 'public' } }))
  for (const [procedure, args] of [
    ['walk-tree', { ...ARGS, branches: [{ children: [-1, -2] }] }],
    ['nearest-direction', ARGS],
    ['adopt', {}],
  ] as const)
    expect(codeOf(await procedures.run(callOf({ procedure, args, models, vectors, cluster: null })))).toBe('ok')
  expect([...partOf(await procedures.run(callOf({ procedure: 'train', args: TRAIN_ARGS, of: 'train' }))).vector]).toEqual([3, 0, 4])
  const side = callOf({ procedure: 'side', args: { cuts: [{ into: [0, 1], threshold: 0 }] }, vectors, of: 'sketch' })
  expect([...partOf(await procedures.run(side)).vector]).toEqual([0.6, 0, 0.8].map(Math.fround))
})

test('adopt: cluster 0 and the first model', async () => {
  const procedures = createPointProcedures([6, 0, 8])
  expect(await procedures.run(callOf({ procedure: 'adopt' }))).toEqual(findingOf({ cluster: 0, serves: 0, tried: [] }))
  expect(codeOf(await procedures.run(callOf({ procedure: 'adopt', args: { extra: 1 } })))).toBe('SHOAL_ERR_MALFORMED')
})

describe('a fallback, tried after whatever was found', () => {
  const MODELS = [at(0, 0, 0), at(4, 0, 0)]
  const CALL = callOf({ procedure: 'least-loss', args: { samples: null, by: 'test' }, models: MODELS, block: null, cluster: null, fallback: at(2, 0, 0) })

  test.each([
    { goal: [0.4, 0, 0], serves: 0 },
    { goal: [1.9, 0, 0], serves: 2 },
    { goal: [3.9, 0, 0], serves: 1 },
    // As good as the cluster's own: that serves.
    { goal: [3, 0, 0], serves: 1 },
  ])('for the goal $goal the model $serves serves, the fallback being the one after the last', async ({ goal, serves }) => {
    const list = [tried(2, goal, at(2, 0, 0)), tried(0, goal, MODELS[0]), tried(1, goal, MODELS[1])]
    const found = goal[0] < 2 ? 0 : 1
    expect(await createPointProcedures(goal).run(CALL)).toEqual(findingOf({ cluster: found, serves, tried: list }))
  })

  test('what was found without a comparison is compared with it', async () => {
    const call = { ...CALL, procedure: 'adopt', args: {} } as const
    const goal = [1.5, 0, 0]
    expect(await createPointProcedures(goal).run(call)).toEqual(
      findingOf({ cluster: 0, serves: 2, tried: [tried(2, goal, at(2, 0, 0)), tried(0, goal, MODELS[0])] }),
    )
    expect(await createPointProcedures([0.5, 0, 0]).run(call)).toMatchObject({ value: { serves: 0 } })
  })

  test('without examples to test on only a client that no cluster is for is served by it', async () => {
    const untested = { train: 10, test: 0 }
    expect(await createPointProcedures([2, 0, 0], untested).run(CALL)).toEqual(findingOf({ cluster: 0, serves: 0, tried: [] }))
    const far = { latents: [[50], [51]], labels: null }
    const call = callOf({
      procedure: 'find-descriptor',
      args: { length: 1, seed: 'public', classes: 1, leastExamples: 2, missing: 'raw', reach: [1], sizes: [3], serves: [true] },
      models: [at(1, 0, 0), at(4, 0, 0)],
      vectors: [Float32Array.of(0, 1, 0, 1, 0, 1, 0, 1), at(0, 0, 0, 0)],
      cluster: null,
      fallback: at(2, 0, 0),
    })
    expect(await createLatentProcedures(far).run(call)).toEqual(findingOf({ cluster: null, serves: 2, tried: [] }))
    // With a test split it serves all the same, whatever the losses.
    const labelled = await createLatentProcedures({ ...far, labels: [0, 0], test: 3, goal: [1, 0, 0] }).run(call)
    expect(labelled).toMatchObject({
      ok: true,
      value: {
        cluster: null,
        serves: 2,
        tried: [
          { model: 2, loss: 1 },
          { model: 0, loss: 0 },
        ],
      },
    })
  })

  test('one of another size is refused, and nothing else asks for it', async () => {
    expect(codeOf(await createPointProcedures([2, 0, 0]).run({ ...CALL, fallback: at(2) }))).toBe('SHOAL_ERR_SHAPE')
    expect(codeOf(await createPointProcedures([2, 0, 0]).run({ ...CALL, procedure: 'train', args: TRAIN_ARGS, block: 0, fallback: at(2) }))).toBe('ok')
  })
})
