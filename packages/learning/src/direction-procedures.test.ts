import { createRng } from '@shoal/numeric'
import { NORM_BINS, normBinOf } from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import { callOf, codeOf, createPointProcedures, partOf, rowOf, TRAIN_ARGS } from '../tests/point-procedures.ts'
import { createSketchers, unitSketchOf } from './directions.ts'
import type { Procedures } from './procedures.ts'

const WHOLE = { train: TRAIN_ARGS, length: null, seed: 'public' }
const SKETCH = callOf({ procedure: 'sketch', args: WHOLE })
const TRAIN = callOf({ procedure: 'train', args: TRAIN_ARGS })
const of = (name: 'train' | 'sketch') => ({ of: name, seed: 'another' }) as const
const floats = (...entries: number[]): number[] => entries.map(Math.fround)

// From the origin with learning rate 0.5 the update of goal (6, 0, 8) is (3, 0, 4): norm 5, direction (0.6, 0, 0.8).
const GOAL = [6, 0, 8]

test('sketch of the whole update: [s | w u | w | bin of the norm], weight 1, in the block that was named', async () => {
  const part = partOf(await createPointProcedures(GOAL).run({ ...SKETCH, block: 2, models: [new Float32Array(3)] }))
  expect({ block: part.block, weight: part.weight, length: part.vector.length }).toEqual({ block: 2, weight: 1, length: 7 + NORM_BINS })
  expect([...part.vector.subarray(0, 7)]).toEqual(floats(0.6, 0, 0.8, 1.5, 0, 2, 0.5)) // 10 examples of 20 that count
  expect(part.vector.subarray(7).indexOf(1)).toBe(normBinOf(5))
})

test('sketch: the weight stops at the limit', async () => {
  expect(partOf(await createPointProcedures(GOAL).run({ ...SKETCH, maxWeight: 4 })).vector[6]).toBe(1)
})

test('sketch in buckets is that of the public seed; a row is its direction', async () => {
  const args = { ...WHOLE, length: 8 }
  const sketched = createSketchers({ parameters: 3, trainable: 3 }).sketch(Float32Array.of(3, 0, 4), args)
  const procedures = createPointProcedures(GOAL)
  const part = partOf(await procedures.run({ ...SKETCH, args }))
  expect(part.vector).toHaveLength(17 + NORM_BINS)
  expect(part.vector.subarray(0, 8)).toEqual(unitSketchOf(sketched))
  expect(part.vector.subarray(8, 16)).toEqual(Float32Array.from(sketched, (entry) => entry / 2))
  expect(rowOf(await procedures.run({ ...SKETCH, kind: 'rows', args, ...of('sketch') }))).toEqual(unitSketchOf(sketched))
})

test.each(['sketch', 'moments'] as const)('%s keeps its update as that of `train`, and another sketch of it needs no training', async (procedure) => {
  const procedures = createPointProcedures(GOAL)
  partOf(await procedures.run({ ...SKETCH, procedure, args: { ...WHOLE, length: 4 } }))
  const again = partOf(await procedures.run({ ...TRAIN, ...of('train'), models: [], block: 3 }))
  expect(again).toEqual({ block: 3, weight: 10, vector: Float32Array.of(3, 0, 4) })
  const evidence = partOf(await procedures.run({ ...SKETCH, ...of('train'), models: [] }))
  expect([...evidence.vector.subarray(0, 3)]).toEqual(floats(0.6, 0, 0.8))
  expect(procedures.trained).toEqual(['ask'])
})

test('what a worker gives away is not what is kept', async () => {
  const procedures = createPointProcedures(GOAL)
  rowOf(await procedures.run({ ...SKETCH, kind: 'rows' })).fill(9)
  partOf(await procedures.run({ ...TRAIN, ...of('train') })).vector.fill(9)
  const cut = { into: [0, 1], threshold: 0 }
  const side = callOf({ procedure: 'side', args: { cuts: [cut] }, vectors: [new Float32Array(3), Float32Array.of(1, 0, 0)], ...of('sketch') })
  const chosen = partOf(await procedures.run(side))
  expect([...chosen.vector]).toEqual(floats(0.6, 0, 0.8))
  chosen.vector.fill(9)
  expect([...partOf(await procedures.run(side)).vector]).toEqual(floats(0.6, 0, 0.8))
  expect([...partOf(await procedures.run({ ...TRAIN, ...of('train') })).vector]).toEqual([3, 0, 4])
  expect([...rowOf(await procedures.run({ ...SKETCH, kind: 'rows', ...of('sketch') }))]).toEqual(floats(0.6, 0, 0.8))
})

test('moments: the direction and its products, weight 1', async () => {
  const args = { ...WHOLE, length: 2, seed: 'm' }
  const [a, b] = unitSketchOf(createSketchers({ parameters: 3, trainable: 3 }).sketch(Float32Array.of(3, 0, 4), args))
  const part = partOf(await createPointProcedures(GOAL).run({ ...SKETCH, procedure: 'moments', args }))
  expect(part).toEqual({ block: 0, weight: 1, vector: Float32Array.of(a, b, a * a, a * b, b * b) })
})

test('an update without direction has no row, counts as zeros in sums, and is summed itself', async () => {
  const procedures = createPointProcedures([0, 0, 0])
  expect(codeOf(await procedures.run({ ...SKETCH, kind: 'rows' }))).toBe('SHOAL_ERR_NO_BLOCK')
  const part = partOf(await procedures.run({ ...SKETCH, ...of('sketch') }))
  expect([...part.vector.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0.5, 1])
  const projected = callOf({
    procedure: 'project',
    args: { groups: [0] },
    vectors: [Float32Array.of(0, 0.5, 0), Float32Array.of(0, 1, 0)],
    ...of('sketch'),
  })
  expect([...partOf(await procedures.run(projected)).vector]).toEqual([-0, 0.25, -0])
  expect([...partOf(await procedures.run({ ...TRAIN, ...of('train') })).vector]).toEqual([0, 0, 0])
})

test('project and histogram work on the group of the block; a client of another one has no part in them', async () => {
  const procedures = createPointProcedures(GOAL)
  await procedures.run(SKETCH)
  const vectors = [Float32Array.of(0, 0, 0), Float32Array.of(0, 1, 0), Float32Array.of(0.5, 0, 0), Float32Array.of(0, 0, 1)]
  const projected = callOf({ procedure: 'project', args: { groups: [4, 2] }, vectors, block: 2, models: [], ...of('sketch') })
  const [s0, , s2] = floats(0.6, 0, 0.8)
  expect(partOf(await procedures.run(projected))).toEqual({ block: 2, weight: 1, vector: Float32Array.of(s2 * (s0 - 0.5), 0, s2 * s2) })
  const counted = { ...projected, procedure: 'histogram', args: { groups: [4, 2], bins: 10, ranges: [1, 2] } } as const
  expect(partOf(await procedures.run(counted))).toEqual({ block: 2, weight: 1, vector: Float32Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0, 0) }) // 0.8 of +-2
  expect(partOf(await procedures.run({ ...counted, block: 4 })).vector.indexOf(1)).toBe(5) // 0 of +-1
  for (const block of [0, null]) {
    expect(codeOf(await procedures.run({ ...projected, block }))).toBe('SHOAL_ERR_NO_BLOCK')
    expect(codeOf(await procedures.run({ ...counted, block }))).toBe('SHOAL_ERR_NO_BLOCK')
  }
  expect(codeOf(await procedures.run({ ...counted, args: { ...counted.args, ranges: [1] } }))).toBe('SHOAL_ERR_MALFORMED')
})

test('[seed cohort] every client of a group is in the histogram once', async () => {
  const rng = createRng('cohort')
  const clients = Array.from({ length: 25 }, () => createPointProcedures([rng.normal(), rng.normal(), rng.normal()]))
  const args = { groups: [0], bins: 8, ranges: [0.5] }
  const vectors = [new Float32Array(3), Float32Array.of(0, 0, 1)]
  const totals = new Float32Array(8)
  for (const client of clients) {
    await client.run(SKETCH)
    for (const [bin, count] of partOf(await client.run(callOf({ procedure: 'histogram', args, vectors, ...of('sketch') }))).vector.entries())
      totals[bin] += count
  }
  expect(totals.reduce((sum, count) => sum + count)).toBe(25)
  expect(totals.filter((count) => count > 0).length).toBeGreaterThan(1)
})

describe('side', () => {
  const [ORIGIN, X, Z] = [new Float32Array(3), Float32Array.of(1, 0, 0), Float32Array.of(0, 0, 1)]
  const ask = (cuts: readonly { into: readonly [number, number]; threshold: number | null }[], vectors: readonly Float32Array[], cluster = 0) =>
    callOf({ procedure: 'side', args: { cuts }, vectors, block: null, models: [], cluster, ...of('sketch') })
  const sketched = async (goal: readonly number[] = GOAL): Promise<Procedures> => {
    const procedures = createPointProcedures(goal)
    await procedures.run(SKETCH)
    return procedures
  }

  test.each([
    [0.79, 1],
    [0.81, 0],
  ])('by a threshold of %d on c = 0.8 it is block %i', async (threshold, block) => {
    const part = partOf(await (await sketched()).run(ask([{ into: [0, 1], threshold }], [ORIGIN, Z])))
    expect(part).toEqual({ block, weight: 1, vector: Float32Array.of(0.6, 0, 0.8) })
  })

  test('then by the nearer side mean, from either side; the choice stands in place of the cluster until the round ends', async () => {
    const procedures = await sketched()
    expect(partOf(await procedures.run(ask([{ into: [0, 1], threshold: 0 }], [ORIGIN, Z]))).block).toBe(1)
    expect(partOf(await procedures.run(ask([{ into: [0, 1], threshold: null }], [ORIGIN, X]))).block).toBe(1)
    expect(partOf(await procedures.run(ask([{ into: [0, 1], threshold: null }], [Z, X]))).block).toBe(0)
    expect(partOf(await procedures.run(ask([{ into: [0, 1], threshold: null }], [X, Z]))).block).toBe(1)
    // A second level: block 1 is cut again, and who stands there is no more in block 0.
    const second = ask(
      [
        { into: [0, 2], threshold: 0 },
        { into: [1, 3], threshold: 0 },
      ],
      [Z, Z, ORIGIN, Z], // c of the second cut is 0.8, of the first it would be -0.2
    )
    expect(partOf(await procedures.run(second)).block).toBe(3)
    expect(codeOf(await procedures.run(ask([{ into: [0, 1], threshold: 0 }], [ORIGIN, Z])))).toBe('SHOAL_ERR_NO_BLOCK')
    procedures.endRound()
    await procedures.run(SKETCH)
    expect(partOf(await procedures.run(ask([{ into: [0, 1], threshold: 0 }], [ORIGIN, Z]))).block).toBe(1)
  })

  test('a client of a cluster that is not cut, or of none, has no block', async () => {
    const procedures = await sketched()
    const cuts = [{ into: [0, 1], threshold: 0 }] as const
    expect(codeOf(await procedures.run(ask(cuts, [ORIGIN, Z], 2)))).toBe('SHOAL_ERR_NO_BLOCK')
    expect(codeOf(await procedures.run({ ...ask(cuts, [ORIGIN, Z]), cluster: null }))).toBe('SHOAL_ERR_NO_BLOCK')
  })
})

test('what is not held is lost, also when the round has ended; what was not asked rightly is malformed', async () => {
  const procedures = createPointProcedures(GOAL)
  const args = { groups: [0] }
  const projected = callOf({ procedure: 'project', args, vectors: [new Float32Array(3), new Float32Array(3)], ...of('sketch') })
  const calls = [
    projected,
    { ...projected, procedure: 'histogram', args: { groups: [0], bins: 2, ranges: [1] } },
    { ...projected, procedure: 'side', args: { cuts: [{ into: [0, 1], threshold: 0 }] } },
    { ...SKETCH, ...of('train') },
    { ...SKETCH, ...of('sketch') },
    { ...SKETCH, procedure: 'moments', args: { ...WHOLE, length: 2 }, ...of('train') },
    { ...TRAIN, ...of('train') },
  ] as const
  for (const call of calls) expect(codeOf(await procedures.run(call))).toBe('SHOAL_ERR_MEMORY_LOST')
  await procedures.run(TRAIN)
  expect(codeOf(await procedures.run(projected))).toBe('SHOAL_ERR_MEMORY_LOST')
  await procedures.run(SKETCH)
  for (const call of calls) expect(codeOf(await procedures.run(call))).toBe('ok')
  await procedures.run(TRAIN) // another update: the sketch of the old one is not its sketch
  expect(codeOf(await procedures.run(projected))).toBe('SHOAL_ERR_MEMORY_LOST')
  await procedures.run(SKETCH)
  procedures.endRound()
  for (const call of calls) expect(codeOf(await procedures.run(call))).toBe('SHOAL_ERR_MEMORY_LOST')

  await procedures.run(SKETCH)
  expect(codeOf(await procedures.run({ ...projected, of: null }))).toBe('SHOAL_ERR_MALFORMED')
  expect(codeOf(await procedures.run({ ...TRAIN, of: 'sketch' }))).toBe('SHOAL_ERR_MALFORMED')
  expect(codeOf(await procedures.run({ ...TRAIN, kind: 'rows' }))).toBe('SHOAL_ERR_MALFORMED')
  expect(codeOf(await procedures.run({ ...SKETCH, args: { ...WHOLE, length: 1 } }))).toBe('SHOAL_ERR_MALFORMED')
  expect(codeOf(await procedures.run({ ...SKETCH, models: [] }))).toBe('SHOAL_ERR_SHAPE')
  expect(codeOf(await procedures.run({ ...projected, vectors: [] }))).toBe('SHOAL_ERR_SHAPE')
  expect(codeOf(await procedures.run({ ...projected, vectors: [new Float32Array(3), new Float32Array(2)] }))).toBe('SHOAL_ERR_SHAPE')
})

test('a sketch that was stopped leaves what was kept before', async () => {
  const procedures = createPointProcedures(GOAL)
  await procedures.run(SKETCH)
  expect(await procedures.run({ ...SKETCH, seed: 'stopped' })).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'stopped' } })
  expect([...partOf(await procedures.run({ ...TRAIN, ...of('train') })).vector]).toEqual([3, 0, 4])
  expect(codeOf(await createPointProcedures(GOAL, { train: 0, test: 1 }).run(SKETCH))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
})

describe('buffers', () => {
  // The same client twice, once with two buffers behind its three parameters, whose changes are larger than all else.
  const bare = (): Procedures => createPointProcedures(GOAL)
  const buffered = (): Procedures => createPointProcedures([...GOAL, 900, -50], undefined, 2)
  const models = [new Float32Array(5)]

  test.each([4, 64])('enter neither sketch nor norm nor moments (%i buckets)', async (length) => {
    const args = { ...WHOLE, length }
    for (const call of [{ ...SKETCH, args }, { ...SKETCH, procedure: 'moments', args } as const])
      expect(partOf(await buffered().run({ ...call, models }))).toEqual(partOf(await bare().run(call)))
    expect(rowOf(await buffered().run({ ...SKETCH, kind: 'rows', args, models }))).toEqual(rowOf(await bare().run({ ...SKETCH, kind: 'rows', args })))
  })

  test('are zero in evidence that is the whole update, and change with it in the sum', async () => {
    const procedures = buffered()
    const { vector } = partOf(await procedures.run({ ...SKETCH, models }))
    expect([...vector.subarray(0, 11)]).toEqual(floats(0.6, 0, 0.8, 0, 0, 1.5, 0, 2, 0, 0, 0.5))
    expect(vector.subarray(11).indexOf(1)).toBe(normBinOf(5))
    expect([...partOf(await procedures.run({ ...TRAIN, ...of('train') })).vector]).toEqual([3, 0, 4, 450, -25])
  })

  test('do not decide where a newcomer belongs', async () => {
    // By its parameters it belongs to the second cluster, by its buffers to the first.
    const call = callOf({
      procedure: 'nearest-direction',
      args: { ...WHOLE, margin: 0.01 },
      models: [new Float32Array(5), new Float32Array(5), new Float32Array(5)],
      vectors: [Float32Array.of(-0.6, 0, -0.8, 1, 0), Float32Array.of(0.6, 0, 0.8, -1, 0)],
      cluster: null,
    })
    const found = await buffered().run(call)
    expect(found.ok && found.value.kind === 'finding' && found.value.cluster).toBe(1)
  })
})
