import { createSyntheticImages, type LabelledImages, splitTrainTest } from '@shoal/data'
import { createCountSketch, createRng, norm } from '@shoal/numeric'
import { type Contribution, type Finding, normBinOf, type Part, type Result } from '@shoal/protocol'
import { beforeAll, expect, test, vi } from 'vitest'
import { createLocalProcedures, type LocalProcedures } from './local-procedures.ts'
import { loadNodeBackend } from './node-backend.ts'
import type { ProcedureCall } from './procedure.ts'
import { trainModel } from './training.ts'
import { architectureOf, initialParameters } from './zoo.ts'

// Training on a machine that does other work besides.
vi.setConfig({ testTimeout: 60_000 })

const ARCHITECTURE = 'cnn-6186'
const { train, test: unseen } = splitTrainTest(createSyntheticImages(60, 'procedures'), 0.25, createRng('split'))
const EMPTY: LabelledImages = { count: 0, shape: [28, 28, 1], pixels: new Uint8Array(0), labels: new Uint8Array(0) }
const MODEL = initialParameters(architectureOf(ARCHITECTURE), 'procedures')
const TRAIN_ARGS = { steps: 2, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 }
const TRAIN: ProcedureCall = {
  procedure: 'train',
  kind: 'sum',
  args: TRAIN_ARGS,
  models: [MODEL],
  vectors: [],
  block: null,
  cluster: 0,
  of: null,
  seed: 'ask',
  maxWeight: 1000,
}
const EVALUATE: ProcedureCall = { ...TRAIN, procedure: 'evaluate', args: { split: 'test' } }

const proceduresOn = (options: Partial<Parameters<typeof createLocalProcedures>[0]> = {}): LocalProcedures =>
  createLocalProcedures({ architecture: ARCHITECTURE, train, test: unseen, ...options })

function partOf(result: Result<Contribution | Finding>): Part {
  if (!result.ok || result.value.kind !== 'parts') throw new Error(JSON.stringify(result))
  expect(result.value.parts).toHaveLength(1)
  return result.value.parts[0]
}
const codeOf = (result: Result<Contribution | Finding>): string => (result.ok ? 'ok' : result.failure.code)

beforeAll(async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
})

test('train answers with trained minus received, weighed by the examples up to the limit', async () => {
  const procedures = proceduresOn()
  const trained = await trainModel({
    architecture: architectureOf(ARCHITECTURE),
    received: MODEL,
    set: train,
    args: TRAIN_ARGS,
    seed: 'ask',
    yieldToHost: () => Promise.resolve(),
  })
  const part = partOf(await procedures.run(TRAIN))
  expect({ block: part.block, weight: part.weight }).toEqual({ block: 0, weight: 45 })
  expect(part.vector).toEqual(trained.map((value, index) => value - MODEL[index]))
  expect(partOf(await procedures.run({ ...TRAIN, maxWeight: 40 })).weight).toBe(40)
})

test('evaluate answers with accuracy and loss on the split that was asked for', async () => {
  const procedures = proceduresOn()
  const onTest = partOf(await procedures.run(EVALUATE))
  const onTrain = partOf(await procedures.run({ ...EVALUATE, args: { split: 'train' } }))
  expect([onTest.weight, onTrain.weight]).toEqual([15, 45])
  expect(onTest.vector).toHaveLength(2)
  expect(onTest.vector[0] * 15).toBeCloseTo(Math.round(onTest.vector[0] * 15), 4)
  expect(onTest.vector[1]).not.toBe(onTrain.vector[1])
})

test("of several models the block's own is used, of one that one", async () => {
  const procedures = proceduresOn()
  const other = initialParameters(architectureOf(ARCHITECTURE), 'other')
  const second = partOf(await procedures.run({ ...EVALUATE, models: [MODEL, other], block: 1 }))
  const alone = partOf(await procedures.run({ ...EVALUATE, models: [other], block: 1 }))
  expect(second).toEqual(alone)
  expect(second.block).toBe(1)
  expect(second.vector).not.toEqual(partOf(await procedures.run(EVALUATE)).vector)
})

test('a result can be used again within its round, in another block, and is lost when the round ends', async () => {
  const procedures = proceduresOn()
  expect(codeOf(await procedures.run({ ...TRAIN, of: 'train' }))).toBe('SHOAL_ERR_MEMORY_LOST')
  const first = partOf(await procedures.run(TRAIN))
  const kept = first.vector.slice()
  first.vector.fill(0)
  const again = partOf(await procedures.run({ ...TRAIN, of: 'train', block: 3, seed: 'another' }))
  expect(again).toEqual({ block: 3, weight: first.weight, vector: kept })
  procedures.endRound()
  expect(codeOf(await procedures.run({ ...TRAIN, of: 'train' }))).toBe('SHOAL_ERR_MEMORY_LOST')
})

test('what can not be answered is refused by code', async () => {
  const procedures = proceduresOn()
  expect(codeOf(await procedures.run({ ...TRAIN, args: { ...TRAIN_ARGS, steps: 0 } }))).toBe('SHOAL_ERR_MALFORMED')
  expect(codeOf(await procedures.run({ ...EVALUATE, args: null }))).toBe('SHOAL_ERR_MALFORMED')
  expect(codeOf(await procedures.run({ ...TRAIN, procedure: 'adopt', args: { extra: 1 } }))).toBe('SHOAL_ERR_MALFORMED')
  expect(codeOf(await procedures.run({ ...TRAIN, models: [MODEL.slice(1)] }))).toBe('SHOAL_ERR_SHAPE')
  expect(codeOf(await procedures.run({ ...TRAIN, models: [] }))).toBe('SHOAL_ERR_SHAPE')
  expect(codeOf(await procedures.run({ ...TRAIN, models: [MODEL, MODEL], block: 2 }))).toBe('SHOAL_ERR_SHAPE')
  expect(codeOf(await procedures.run({ ...EVALUATE, models: [MODEL.map(() => Number.NaN)] }))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
  expect(codeOf(await procedures.run({ ...TRAIN, models: [MODEL.map(() => Number.NaN)] }))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
  expect(codeOf(await proceduresOn({ train: EMPTY }).run(TRAIN))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
  expect(codeOf(await proceduresOn({ test: EMPTY }).run(EVALUATE))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
  const stopped = proceduresOn({ yieldToHost: () => Promise.reject(new Error('stopped')) })
  expect(await stopped.run(TRAIN)).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'stopped' } })
})

const SKETCH_ARGS = { train: TRAIN_ARGS, length: 32, seed: 'public' }
const SKETCH: ProcedureCall = { ...TRAIN, procedure: 'sketch', args: SKETCH_ARGS }
const BRANCHES = [new Float32Array(32).fill(1, 0, 16), new Float32Array(32).fill(1, 16)]
const WALK: ProcedureCall = {
  ...TRAIN,
  procedure: 'walk-tree',
  args: { ...SKETCH_ARGS, margin: 0, branches: [{ children: [-1, -2] }] },
  models: [MODEL, initialParameters(architectureOf(ARCHITECTURE), 'left'), initialParameters(architectureOf(ARCHITECTURE), 'right')],
  vectors: BRANCHES,
  cluster: null,
}

test('sketch trains as train does under the same seed, and its update is the one that is summed', async () => {
  const procedures = proceduresOn()
  const update = partOf(await procedures.run(TRAIN))
  procedures.endRound()
  const evidence = partOf(await procedures.run(SKETCH))
  expect(partOf(await procedures.run({ ...TRAIN, of: 'train', seed: 'another' }))).toEqual(update)
  const { sketch } = createCountSketch({ length: MODEL.length, buckets: 32, seed: 'public' })
  expect(evidence.vector.subarray(32, 64)).toEqual(Float32Array.from(sketch(update.vector), (entry) => entry * 0.045)) // 45 examples of 1000
  expect(evidence.vector[65 + normBinOf(norm(update.vector))]).toBe(1)
})

test('directions and admissions leave as many tensors as they found, also when they are stopped', async () => {
  const procedures = proceduresOn()
  const before = procedures.tensors()
  const calls: readonly ProcedureCall[] = [
    { ...SKETCH, procedure: 'moments' },
    SKETCH,
    { ...SKETCH, kind: 'rows', of: 'sketch' },
    { ...TRAIN, procedure: 'project', args: { groups: [0] }, vectors: BRANCHES, block: 0, of: 'sketch' },
    { ...TRAIN, procedure: 'histogram', args: { groups: [0], bins: 4, ranges: [1] }, vectors: BRANCHES, block: 0, of: 'sketch' },
    { ...TRAIN, procedure: 'side', args: { cuts: [{ into: [0, 1], threshold: null }] }, vectors: BRANCHES, of: 'sketch' },
    WALK,
    { ...WALK, args: { ...SKETCH_ARGS, margin: 2, branches: [{ children: [-1, -2] }] } },
    { ...WALK, procedure: 'nearest-direction', args: { ...SKETCH_ARGS, margin: 0 } },
  ]
  for (const call of calls) {
    expect([call.procedure, codeOf(await procedures.run(call))]).toEqual([call.procedure, 'ok'])
    expect(procedures.tensors()).toBe(before)
  }

  let steps = 0
  const stopped = proceduresOn({
    yieldToHost: async () => {
      steps += 1
      if (steps > 3) throw new Error('stopped')
    },
  })
  expect(await stopped.run(SKETCH)).toMatchObject({ ok: true })
  expect(await stopped.run(WALK)).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'stopped' } })
  expect(codeOf(await stopped.run({ ...SKETCH, kind: 'rows', of: 'sketch' }))).toBe('ok')
  expect(stopped.tensors()).toBe(before)
})

test('a walk finds a cluster and says which of the models on the path does best on the test split', async () => {
  const found = await proceduresOn().run(WALK)
  if (!found.ok || found.value.kind !== 'finding') throw new Error(JSON.stringify(found))
  const { cluster, serves, tried } = found.value
  if (cluster === null) throw new Error('it has a cluster')
  expect(tried.map(({ model }) => model)).toEqual([0, 1 + cluster])
  const [root, own] = tried
  expect(serves).toBe(root.loss < own.loss ? 0 : 1 + cluster)
  const { vector } = partOf(await proceduresOn().run({ ...EVALUATE, models: [WALK.models[serves]] }))
  expect(vector).toEqual(Float32Array.of(tried[serves === 0 ? 0 : 1].accuracy, tried[serves === 0 ? 0 : 1].loss))
})

test('data of another shape are refused when the procedures are made', () => {
  expect(() => proceduresOn({ train: { ...train, shape: [14, 56, 1] } })).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code: 'SHOAL_ERR_SHAPE' }) }),
  )
})

test('warming up runs training and evaluation, remembers nothing, and does without data', async () => {
  const procedures = proceduresOn()
  const before = procedures.tensors()
  expect(await procedures.warmUp(8)).toEqual({ ok: true, value: null })
  expect(procedures.tensors()).toBe(before)
  expect(codeOf(await procedures.run({ ...TRAIN, of: 'train' }))).toBe('SHOAL_ERR_MEMORY_LOST')
  expect(await proceduresOn({ train: EMPTY, test: EMPTY }).warmUp(8)).toEqual({ ok: true, value: null })
})

test('two hundred rounds end with as many tensors as they began', async () => {
  const procedures = proceduresOn()
  const before = procedures.tensors()
  for (let round = 0; round < 200; round += 1) {
    expect(
      codeOf(await procedures.run({ ...TRAIN, args: { ...TRAIN_ARGS, momentum: 0.9, weightDecay: 0.01, proximalMu: 0.1, batchSize: 2 }, seed: `${round}` })),
    ).toBe('ok')
    expect(codeOf(await procedures.run(EVALUATE))).toBe('ok')
    procedures.endRound()
    expect(procedures.tensors()).toBe(before)
  }
  procedures.dispose()
})
