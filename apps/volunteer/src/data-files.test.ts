import { createSyntheticImages, encodeIdx, encodeIdxPair, type LabelledImages, selectExamples } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { type DataFile, readDataFiles, splitData } from './data-files.ts'
import { dataProblemWords } from './data-problem.words.ts'

const contract: DataContract = { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, digit) => String(digit)) }
const trainSet = createSyntheticImages(40, 'data-files/train')
const testSet = createSyntheticImages(10, 'data-files/test')

function filesOf(set: LabelledImages, imagesName: string, labelsName: string): DataFile[] {
  const { images, labels } = encodeIdxPair(set)
  return [
    { name: imagesName, bytes: images },
    { name: labelsName, bytes: labels },
  ]
}

const trainFiles = filesOf(trainSet, 'train-images-idx3-ubyte', 'train-labels-idx1-ubyte')
const testFiles = filesOf(testSet, 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte')

const problemOf = (files: readonly DataFile[]): string => {
  const result = readDataFiles(files, contract, 'seed')
  return result.ok ? 'none' : dataProblemWords.en.sentence(result.problem)
}

test('the four files of MNIST are recognised in any order', () => {
  const [trainImages, trainLabels] = trainFiles
  const [testImages, testLabels] = testFiles
  const expected = { ok: true, data: { train: trainSet, test: testSet } }
  expect(readDataFiles([trainImages!, trainLabels!, testImages!, testLabels!], contract, 'seed')).toEqual(expected)
  expect(readDataFiles([testLabels!, trainLabels!, testImages!, trainImages!], contract, 'seed')).toEqual(expected)
  expect(readDataFiles([...trainFiles, ...filesOf(testSet, 'Test pictures', 'Test labels')], contract, 'seed')).toEqual(expected)
})

test.each([
  ['train', trainFiles],
  ['unnamed', filesOf(trainSet, 'my-pictures', 'my-answers')],
])('one pair alone (%s) is split 80 to 20, the same way for the same seed', (_name, files) => {
  const result = readDataFiles(files, contract, 'one')
  if (!result.ok) throw new Error(result.problem.kind)
  expect([result.data.train.count, result.data.test.count]).toEqual([32, 8])
  expect(readDataFiles(files, contract, 'one')).toEqual(result)
  expect(readDataFiles(files, contract, 'two')).not.toEqual(result)
})

test.each<[string, readonly DataFile[], RegExp]>([
  ['no file', [], /at least one file/],
  ['pictures without labels', trainFiles.slice(0, 1), /labels that belong to “train-images-idx3-ubyte” are missing/],
  ['labels without pictures', [...trainFiles, ...testFiles.slice(1)], /pictures that belong to “t10k-labels-idx1-ubyte” are missing/],
  ['two files of pictures', [...trainFiles, { ...trainFiles[0]!, name: 'train-2' }], /both hold pictures/],
  ['a photo', [...trainFiles, { name: 'cat.jpg', bytes: Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0) }], /“cat.jpg” is not an MNIST/],
  ['an empty file', [{ name: 'train-nothing', bytes: new Uint8Array(0) }], /“train-nothing” is not an MNIST/],
  ['a third, unnamed pair', [...trainFiles, ...testFiles, ...filesOf(testSet, 'more', 'answers')], /“more” for training or for testing/],
  [
    'labels of another set',
    [trainFiles[0]!, { name: 'train-labels', bytes: encodeIdx({ dimensions: [3], values: Uint8Array.of(1, 2, 3) }) }],
    /40 images and 3 labels/,
  ],
  ['one picture, which can not be split', filesOf(selectExamples(trainSet, [0]), 'a', 'b'), /too few/],
])('%s: the volunteer reads what to change', (_what, files, sentence) => {
  expect(problemOf(files)).toMatch(sentence)
})

test('pictures of another size and labels that the training does not know are refused', () => {
  const small: LabelledImages = { count: 10, shape: [2, 2, 3], pixels: new Uint8Array(120), labels: new Uint8Array(10) }
  expect(problemOf(filesOf(small, 'a', 'b'))).toBe('Your pictures are 2 by 2 pixels in 3 colour channels; this training takes 28 by 28 pixels in grey.')
  const odd = { ...trainSet, labels: trainSet.labels.map((label, index) => (index === 5 ? 10 : label)) }
  expect(problemOf(filesOf(odd, 'a', 'b'))).toBe('A picture has the label 10; this training knows the labels 0 to 9.')
})

test.each([
  [3, 'too few'],
  [4, '2 and 2'],
  [9, '7 and 2'],
  [20, '16 and 4'],
])('of %i examples the parts are %s: the test gets a fifth, and at least two', (count, expected) => {
  const result = splitData(createSyntheticImages(count, 'data-files/few'), contract, 'seed')
  expect(result.ok ? `${result.data.train.count} and ${result.data.test.count}` : 'too few').toBe(expected)
  if (!result.ok)
    expect(dataProblemWords.en.sentence(result.problem)).toBe('There are too few examples: 1 to train on and 2 to test on. At least 2 of each are needed.')
})

test('each class gives its share to the test, and keeps the rest to be trained on', () => {
  const labels = [0, 0, 1, 1, 1, 1, 2]
  const set: LabelledImages = { count: 7, shape: [28, 28, 1], pixels: new Uint8Array(7 * 784), labels: Uint8Array.from(labels) }
  for (const seed of ['a', 'b', 'c']) {
    const result = splitData(set, contract, seed)
    if (!result.ok) throw new Error(`${result.problem.kind}, seed ${seed}`)
    expect([...result.data.test.labels].toSorted(), seed).toEqual([0, 1])
    expect([...result.data.train.labels].toSorted(), seed).toEqual([0, 1, 1, 1, 2])
  }
})
