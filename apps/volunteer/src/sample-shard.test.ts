import { createSyntheticImages, encodeLabelledImages } from '@shoal/data'
import { type DataContract, encodeFrame } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { dataProblemWords } from './data-problem.words.ts'
import { decodeSampleShard } from './sample-shard.ts'

const contract: DataContract = { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, digit) => String(digit)) }
const train = createSyntheticImages(20, 'shard/train')
const heldOut = createSyntheticImages(10, 'shard/test')
const sets = [encodeLabelledImages(train), encodeLabelledImages(heldOut)] as const
const body = new Uint8Array([...sets[0], ...sets[1]])

test('a shard holds both sets', () => {
  const shard = encodeFrame({ train: sets[0].length, test: sets[1].length }, body)
  expect(decodeSampleShard(shard, contract)).toEqual({ ok: true, data: { train, test: heldOut } })
})

test.each<[string, Uint8Array, RegExp]>([
  ['nothing', new Uint8Array(0), /does not know/],
  ['a header of another form', encodeFrame({ train: 'all' }, body), /does not know/],
  ['no header', encodeFrame(null, body), /does not know/],
  ['lengths that do not add up', encodeFrame({ train: sets[0].length, test: 1 }, body), /does not know/],
  ['a cut at the wrong place', encodeFrame({ train: sets[0].length - 1, test: sets[1].length + 1 }, body), /damaged/],
])('%s is a sentence, not a crash', (_what, bytes, problem) => {
  const result = decodeSampleShard(bytes, contract)
  expect(result.ok ? '' : dataProblemWords.en.sentence(result.problem)).toMatch(problem)
})

test('sets that do not fit the training are refused like files', () => {
  const result = decodeSampleShard(encodeFrame({ train: sets[0].length, test: sets[1].length }, body), { ...contract, shape: [32, 32, 3] })
  expect(result.ok ? '' : dataProblemWords.en.sentence(result.problem)).toMatch(/this training takes 32 by 32 pixels in 3 colour channels/)
})
