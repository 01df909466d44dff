import { createSyntheticImages, type LabelledImages, splitTrainTest } from '@shoal/data'
import { createRng } from '@shoal/numeric'
import type { Contribution, Part, Result } from '@shoal/protocol'
import { beforeAll, expect, test, vi } from 'vitest'
import { loadNodeBackend } from './node-backend.ts'
import { createLocalProcedures, type LocalProcedures, type ProcedureCall } from './procedures.ts'
import { trainModel } from './training.ts'
import { architectureOf, initialParameters } from './zoo.ts'

// Training on a machine that does other work besides.
vi.setConfig({ testTimeout: 60_000 })

const ARCHITECTURE = 'cnn-6186'
const { train, test: unseen } = splitTrainTest(createSyntheticImages(60, 'procedures'), 0.25, createRng('split'))
const EMPTY: LabelledImages = { count: 0, shape: [28, 28, 1], pixels: new Uint8Array(0), labels: new Uint8Array(0) }
const MODEL = initialParameters(architectureOf(ARCHITECTURE), 'procedures')
const TRAIN_ARGS = { steps: 2, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 }
const TRAIN: ProcedureCall = { procedure: 'train', args: TRAIN_ARGS, models: [MODEL], block: null, of: null, seed: 'ask', maxWeight: 1000 }
const EVALUATE: ProcedureCall = { ...TRAIN, procedure: 'evaluate', args: { split: 'test' } }

const proceduresOn = (options: Partial<Parameters<typeof createLocalProcedures>[0]> = {}): LocalProcedures =>
  createLocalProcedures({ architecture: ARCHITECTURE, train, test: unseen, ...options })

function partOf(result: Result<Contribution>): Part {
  if (!result.ok || result.value.kind !== 'parts') throw new Error(JSON.stringify(result))
  expect(result.value.parts).toHaveLength(1)
  return result.value.parts[0]
}
const codeOf = (result: Result<Contribution>): string => (result.ok ? 'ok' : result.failure.code)

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

test('adopt sends nothing', async () => {
  expect(await proceduresOn().run({ ...TRAIN, procedure: 'adopt', args: {} })).toEqual({ ok: true, value: { kind: 'parts', parts: [] } })
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
