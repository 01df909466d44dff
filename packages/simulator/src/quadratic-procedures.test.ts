import type { ProcedureCall } from '@shoal/client'
import { createRng, dot, norm } from '@shoal/numeric'
import type { Part } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createQuadraticProcedures } from './quadratic-procedures.ts'

const TRAIN_ARGS = { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 }
const SKETCH_ARGS = { train: TRAIN_ARGS, length: null, seed: 'public' }
const TRAIN: ProcedureCall = {
  procedure: 'train',
  kind: 'sum',
  args: TRAIN_ARGS,
  models: [new Float32Array(4)],
  vectors: [],
  block: 0,
  cluster: 0,
  of: null,
  seed: 'ask',
  maxWeight: 100,
}
const SKETCH: ProcedureCall = { ...TRAIN, procedure: 'sketch', args: SKETCH_ARGS }
const client = (...optimum: number[]) => createQuadraticProcedures({ optimum: Float32Array.from(optimum), examples: 10 })

async function partOf(procedures: ReturnType<typeof client>, call: ProcedureCall): Promise<Part> {
  const result = await procedures.run(call, () => undefined)
  if (!result.ok || result.value.kind !== 'parts') throw new Error(JSON.stringify(result))
  return result.value.parts[0]
}

test('the update goes to the optimum, with noise from the seed; the loss is the squared distance', async () => {
  const procedures = client(2, 0, -2, 4)
  const rng = createRng('ask')
  const noise = Float64Array.from({ length: 4 }, () => 1e-3 * (rng.uniform() - 0.5))
  expect(await partOf(procedures, TRAIN)).toEqual({ block: 0, weight: 10, vector: Float32Array.of(1 + noise[0], noise[1], noise[2] - 1, noise[3] + 2) })
  const evaluated = await partOf(procedures, { ...TRAIN, procedure: 'evaluate', args: { split: 'test' } })
  expect(evaluated.vector).toEqual(Float32Array.of(1 / 25, 24))
})

test('two groups of optima are told apart by a cut along their leading direction, and the kept update is summed', async () => {
  const clients = [client(1, 3, 0, 0), client(1.2, 3, 0, 0), client(1, -3, 0, 0), client(1.1, -3.2, 0, 0)]
  const units = await Promise.all(clients.map(async (procedures) => (await partOf(procedures, SKETCH)).vector.subarray(0, 4)))
  const mean = Float32Array.from({ length: 4 }, (_, entry) => units.reduce((sum, unit) => sum + unit[entry] / 4, 0))
  let direction = Float32Array.of(0.5, 0.5, 0.5, 0.5)
  for (let iteration = 0; iteration < 4; iteration += 1) {
    const parts = await Promise.all(
      clients.map((procedures) => partOf(procedures, { ...TRAIN, procedure: 'project', args: { groups: [0] }, vectors: [mean, direction], of: 'sketch' })),
    )
    const sum = parts.map(({ vector }) => vector).reduce((total, vector) => total.map((entry, index) => entry + vector[index]))
    direction = sum.map((entry) => entry / norm(sum))
  }
  expect(Math.abs(dot(direction, Float32Array.of(0, 1, 0, 0)))).toBeGreaterThan(0.99)
  const sides = await Promise.all(
    clients.map((procedures) =>
      partOf(procedures, {
        ...TRAIN,
        procedure: 'side',
        block: null,
        args: { cuts: [{ into: [0, 1], threshold: 0 }] },
        vectors: [mean, direction],
        of: 'sketch',
      }),
    ),
  )
  const [a, b, c, d] = sides.map(({ block }) => block)
  expect([a === b, c === d, a === c]).toEqual([true, true, false])
  const kept = await partOf(clients[0], { ...TRAIN, of: 'train', block: a, seed: 'another' })
  clients[0].endRound()
  expect(kept).toEqual(await partOf(clients[0], { ...TRAIN, block: a }))
})

test('a newcomer finds its cluster, and a model that is no model of this problem is refused', async () => {
  const call: ProcedureCall = {
    ...TRAIN,
    procedure: 'walk-tree',
    args: { ...SKETCH_ARGS, margin: 0.02, branches: [{ children: [-1, -2] }] },
    models: [new Float32Array(4), Float32Array.of(0, 3, 0, 0), Float32Array.of(0, -3, 0, 0)],
    vectors: [Float32Array.of(0, 1, 0, 0), Float32Array.of(0, -1, 0, 0)],
    block: null,
    cluster: null,
  }
  expect(await client(0, -4, 0, 0).run(call, () => undefined)).toMatchObject({ ok: true, value: { kind: 'finding', cluster: 1, serves: 2 } })
  expect(await client(0, -4, 0).run(call, () => undefined)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SHAPE' } })
})
