import type { Contribution, Finding, Part, ProcedureTable, Result } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ProcedureCall } from './procedure.ts'
import { createProcedures } from './procedures.ts'

/** A client whose loss is its distance from a point on the line; a model below 0 gives no number. */
function clientAt(point: number, examples = 8) {
  const looked: number[][] = []
  const procedures = createProcedures({
    parameters: 1,
    trainable: 1,
    examples: { train: examples, test: examples },
    train: async (received) => Float32Array.of((point - received[0]) / 2),
    evaluate: async ([at]) => ({ accuracy: 1 / (1 + Math.abs(at - point)), loss: Math.abs(at - point) }),
    losses: async (models, places) => {
      looked.push([...places])
      return models.map(([at]) => (at < 0 ? Number.NaN : Math.abs(at - point)))
    },
    points: () => ({ count: 0, entries: 0, values: new Float32Array(0) }),
    density: null,
    encoder: null,
  })
  return { ...procedures, looked }
}
type Client = ReturnType<typeof clientAt>

const TRAIN = { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 }
const RULES: ProcedureTable['train-chosen'] = { train: TRAIN, weigh: 'examples', closed: [], kept: [], repair: null }
const callOf = (
  procedure: 'choose' | 'train-chosen' | 'least-loss',
  at: readonly number[],
  args: unknown,
  change: Partial<ProcedureCall> = {},
): ProcedureCall => ({
  procedure,
  kind: 'sum',
  args,
  models: at.map((entry) => Float32Array.of(entry)),
  vectors: [],
  block: null,
  cluster: 0,
  of: null,
  seed: 'ask',
  maxWeight: 100,
  ...change,
})
const chooses = (client: Client, at: readonly number[], change: Partial<ProcedureCall> = {}, args: Partial<ProcedureTable['choose']> = {}) =>
  client.run(callOf('choose', at, { samples: null, inertia: 0, ...args }, { block: 0, ...change }))
const trains = (client: Client, at: readonly number[], rules: Partial<ProcedureTable['train-chosen']> = {}, change: Partial<ProcedureCall> = {}) =>
  client.run(callOf('train-chosen', at, { ...RULES, ...rules }, { of: 'choose', ...change }))

function partOf(result: Result<Contribution | Finding>): Part {
  if (!result.ok || result.value.kind !== 'parts') throw new Error(JSON.stringify(result))
  expect(result.value.parts).toHaveLength(1)
  return result.value.parts[0]
}
const codeOf = (result: Result<Contribution | Finding>): string => (result.ok ? 'ok' : result.failure.code)
const choiceIn = (part: Part, clusters: number): number => part.vector.subarray(0, clusters).indexOf(1)

test('a choice tells the one-hot, all losses in its row, its margin and its move, and nothing else', async () => {
  const part = partOf(await chooses(clientAt(5), [1, 4, 9], { cluster: 2 }))
  expect(part).toMatchObject({ block: 0, weight: 1 })
  const rows = [0, 0, 0, ...[4, 1, 4], 0, 0, 0]
  const moves = [0, 0, 0, 0, 0, 0, 0, 1, 0]
  expect([...part.vector]).toEqual([0, 1, 0, ...rows, 0, 3, 0, ...moves])
  expect([...partOf(await chooses(clientAt(5), [1, 4, 9], { cluster: 1 })).vector].slice(15)).toEqual(Array(9).fill(0))
})

test('invariant 4: the loss of the choice is the least, whatever the models; of equals the first is chosen', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 9 }), async (at, point) => {
      const losses = at.map((entry) => Math.abs(entry - point))
      expect(choiceIn(partOf(await chooses(clientAt(point), at)), at.length)).toBe(losses.indexOf(Math.min(...losses)))
    }),
    { seed: 6, numRuns: 50 },
  )
})

test('invariant 1: relabelling the models relabels the choice and changes no loss', async () => {
  for (const order of [
    [2, 0, 1],
    [1, 2, 0],
  ]) {
    const at = [1, 4, 9]
    const [plain, permuted] = [
      await chooses(clientAt(5), at),
      await chooses(
        clientAt(5),
        order.map((model) => at[model]),
      ),
    ].map(partOf)
    const [choice, renamed] = [choiceIn(plain, 3), choiceIn(permuted, 3)]
    expect(order[renamed]).toBe(choice)
    expect(order.map((model) => plain.vector[3 + 3 * choice + model])).toEqual([...permuted.vector.subarray(3 + 3 * renamed, 6 + 3 * renamed)])
  }
})

test('guard: NaN/Inf loss is treated as +infinity; where all are NaN the client sits out', async () => {
  const part = partOf(await chooses(clientAt(5), [-1, 4, 9]))
  expect(choiceIn(part, 3)).toBe(1)
  expect([...part.vector].every(Number.isFinite)).toBe(true)
  expect([...part.vector.subarray(6, 9)]).toEqual([8, 1, 4]) // told as twice the worst that is a number
  expect(codeOf(await chooses(clientAt(5), [-1, -2]))).toBe('SHOAL_ERR_NO_BLOCK')
})

test('guard: label oscillation: with inertia a client leaves its cluster only for a loss that is less by that share', async () => {
  const at = [4, 8]
  expect(choiceIn(partOf(await chooses(clientAt(5.9), at, { cluster: 1 }, { inertia: 0.2 })), 2)).toBe(1)
  expect(choiceIn(partOf(await chooses(clientAt(5.9), at, { cluster: 1 }, { inertia: 0.05 })), 2)).toBe(0)
  const client = clientAt(5.9)
  const part = partOf(await chooses(client, at, { cluster: 1 }, { inertia: 0.2 }))
  expect(part.vector[2 + 2 + 1]).toBeCloseTo(2.1) // losses are told as they are
  expect(part.vector[2 + 4 + 1]).toBe(0)
  expect(partOf(await trains(client, at, {}, { cluster: 1 })).block).toBe(1)
})

test('the sample is the same in every round: drawn by the number of examples, not by the ask', async () => {
  const client = clientAt(5, 40)
  await chooses(client, [1, 2], { seed: 'one' }, { samples: 16 })
  await chooses(client, [3, 4], { seed: 'two' }, { samples: 16 })
  await client.run(callOf('least-loss', [1, 2], { samples: 16, by: 'train' }, { cluster: null, seed: 'three' }))
  expect(new Set(client.looked[0]).size).toBe(16)
  expect(client.looked[1]).toEqual(client.looked[0])
  expect(client.looked[2]).toEqual(client.looked[0])
  await chooses(client, [1, 2], {}, { samples: 1000 })
  expect(client.looked[3]).toHaveLength(40)
})

test('it trains the model of its choice, weighed by its examples or alike for all', async () => {
  const client = clientAt(5)
  await chooses(client, [1, 4, 9])
  expect(partOf(await trains(client, [1, 4, 9]))).toEqual({ block: 1, vector: Float32Array.of(0.5), weight: 8 })
  expect(partOf(await trains(client, [1, 4, 9], { weigh: 'equally' })).weight).toBe(1)
  expect(partOf(await trains(clientAt(5), [1, 4, 9], {}, { of: null, block: 2 }))).toMatchObject({ block: 2, vector: Float32Array.of(-2) })
})

test('closed clusters: the second choice; kept moves: it stays where it is, if that is open', async () => {
  const client = clientAt(5)
  await chooses(client, [1, 4, 8], { cluster: 0 })
  expect(partOf(await trains(client, [1, 4, 8], { closed: [1] })).block).toBe(2)
  expect(partOf(await trains(client, [1, 4, 8], { kept: [[0, 1]] })).block).toBe(0)
  expect(partOf(await trains(client, [1, 4, 8], { kept: [[2, 1]] })).block).toBe(1)
  expect(partOf(await trains(client, [1, 4, 8], { kept: [[0, 1]], closed: [0] })).block).toBe(1)
  expect(codeOf(await trains(client, [1, 4, 8], { closed: [0, 1, 2] }))).toBe('SHOAL_ERR_NO_BLOCK')
})

test('a repair: who chose the dropped model takes its second choice, and half of the others by lot take its place', async () => {
  const dropped = clientAt(1)
  await chooses(dropped, [1, 4, 9])
  expect(partOf(await trains(dropped, [1, 4, 9], { repair: { dropped: 0, halved: 2 } })).block).toBe(1)
  const halved = clientAt(9)
  await chooses(halved, [1, 4, 9])
  const sides = []
  for (let coin = 0; coin < 64; coin += 1)
    sides.push(partOf(await trains(halved, [1, 4, 9], { repair: { dropped: 0, halved: 2 } }, { seed: `coin ${coin}` })).block)
  expect(new Set(sides)).toEqual(new Set([0, 2]))
  expect(sides.filter((block) => block === 0).length).toBeGreaterThan(20)
  expect(sides.filter((block) => block === 0).length).toBeLessThan(44)
})

test('what is kept of a choice ends with the round', async () => {
  const client = clientAt(5)
  await chooses(client, [1, 4])
  expect(codeOf(await trains(client, [1, 4, 9]))).toBe('SHOAL_ERR_SHAPE')
  client.endRound()
  expect(codeOf(await trains(client, [1, 4]))).toBe('SHOAL_ERR_MEMORY_LOST')
})

test('guard: late joiner: chooses by loss at once; who has a cluster keeps it', async () => {
  const newcomer = await clientAt(5).run(callOf('least-loss', [1, 4, 9], { samples: null, by: 'train' }, { cluster: null }))
  expect(newcomer).toEqual({ ok: true, value: { kind: 'finding', cluster: 1, serves: 1, tried: [{ model: 1, accuracy: 0.5, loss: 1 }] } })
  const member = await clientAt(5).run(callOf('least-loss', [1, 4, 9], { samples: null, by: 'test' }, { cluster: 2 }))
  expect(member).toMatchObject({ ok: true, value: { cluster: 2, serves: 1, tried: [{ model: 0 }, { model: 1 }, { model: 2 }] } })
  expect(codeOf(await clientAt(5).run(callOf('least-loss', [1], { samples: null, by: 'train' }, { cluster: 2 })))).toBe('SHOAL_ERR_MALFORMED')
  expect(codeOf(await clientAt(5, 0).run(callOf('least-loss', [1], { samples: null, by: 'train' }, { cluster: null })))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
})
