import { createSyntheticTable, type LabelledImages, proposeMapping, readTable, readText, splitTrainTest, tableEntries } from '@shoal/data'
import { addScaled, createRng } from '@shoal/numeric'
import type { DataContract, TableColumn, TrainArgs } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { checkDataContract } from './data-contract.ts'
import { evaluateModel } from './jobs.ts'
import { createLocalProcedures } from './local-procedures.ts'
import { proposedNetwork } from './network.ts'
import { loadNodeBackend } from './node-backend.ts'
import { initialParameters } from './zoo.ts'

const SEEDS = ['one', 'two'] as const
const WORDS = ['herring ', 'sprat ', 'mackerel ', 'shoal ', 'net '] as const
const ALPHABET = ' aceghiklmnoprst'

interface Task {
  readonly contract: DataContract
  readonly examples: LabelledImages
  readonly args: TrainArgs
}

function tableTask(seed: string): Task {
  const { rows, form } = createSyntheticTable(600, seed)
  const { examples, problems } = readTable(rows, form, proposeMapping(Object.keys(rows[0]!), [...form.columns.map(({ name }) => name), form.label]))
  expect(problems).toEqual([])
  const columns = form.columns.map((column): TableColumn => (column.kind === 'word' ? { ...column, words: [...column.words] } : { ...column }))
  const contract: DataContract = { kind: 'table', shape: [1, tableEntries(form.columns), 1], classes: [...form.classes], columns, label: form.label }
  return { contract, examples, args: { steps: 150, batchSize: 32, learningRate: 0.3, momentum: 0, weightDecay: 0, proximalMu: 0 } }
}

function textTask(seed: string): Task {
  const rng = createRng(seed)
  const text = Array.from({ length: 400 }, () => WORDS[rng.below(WORDS.length)]!).join('')
  const { examples, leftOut } = readText(text, { alphabet: ALPHABET, context: 4 })
  expect(leftOut).toBe(0)
  const contract: DataContract = { kind: 'text', shape: [4, ALPHABET.length, 1], classes: [...ALPHABET], alphabet: ALPHABET, context: 4 }
  return { contract, examples, args: { steps: 250, batchSize: 32, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 } }
}

/** Share of the most frequent class: what is right without looking. */
function chanceOf({ labels, count }: LabelledImages): number {
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return Math.max(...counts.values()) / count
}

// Of a text no more than this can be known: the first letter of a word is drawn. A table's species overlap.
const KINDS = [
  ['table', tableTask, 0.93],
  ['text', textTask, 0.8],
] as const
const cases = KINDS.flatMap(([kind, taskOf, least]) =>
  (['wasm', 'cpu'] as const).flatMap((backend) => SEEDS.map((seed) => [kind, backend, seed, taskOf, least] as const)),
)

test.each(cases)('a %s is learnt on %s, far better than by chance (seed %s)', async (_kind, backend, seed, taskOf, least) => {
  expect((await loadNodeBackend(backend)).ok).toBe(true)
  const { contract, examples, args } = taskOf(seed)
  expect(checkDataContract(contract).ok).toBe(true)
  const { train, test: held } = splitTrainTest(examples, 0.25, createRng(seed))
  const architecture = proposedNetwork(contract)
  const model = initialParameters(architecture, seed)
  const procedures = createLocalProcedures({ architecture, train, test: held })
  const before = procedures.tensors()
  const call = { procedure: 'train', kind: 'sum', args, models: [model], vectors: [], block: 0, cluster: 0, of: null, seed, maxWeight: 10_000 } as const
  const answer = await procedures.run(call)
  if (!answer.ok || answer.value.kind !== 'parts') throw new Error(JSON.stringify(answer))
  const trained = addScaled(model, answer.value.parts[0]!.vector, 1)
  const evaluated = await evaluateModel({ architecture, model: trained, testSet: held })
  if (!evaluated.ok) throw new Error(evaluated.failure.code)
  expect(chanceOf(held)).toBeLessThan(least - 0.3)
  expect(evaluated.value.accuracy).toBeGreaterThan(least)
  expect(procedures.tensors()).toBe(before)
})
