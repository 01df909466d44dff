import { createSyntheticImages, encodeIdxPair } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { isLabelled } from './data-files.ts'
import { ownDataWays, takesUnlabelled } from './data-sources.ts'
import { readUnlabelledFiles, readUnlabelledPictures, unlabelledData, withKey } from './data-unlabelled.ts'

const contract: DataContract = { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, digit) => String(digit)) }
const set = createSyntheticImages(20, 'unlabelled')
const { images, labels } = encodeIdxPair(set)
const pictures = { name: 'my-pictures', bytes: images }
const names = { name: 'my-names', bytes: labels }

test('labels that come along are kept apart as the key: what computes gets none', () => {
  const data = unlabelledData(set, true)
  expect([data.train.labels, data.test.labels].every((given) => given.every((label) => label === 0))).toBe(true)
  expect(data.unlabelled?.key).toEqual(set.labels)
  expect(isLabelled(data)).toBe(false)
  expect(withKey(data)).toEqual(set)
  expect(withKey(unlabelledData(set, false)).labels.every((label) => label === 0)).toBe(true)
})

test('an idx file of pictures is enough, and one of labels beside it is the key', () => {
  expect(readUnlabelledFiles([pictures], contract)).toEqual({ ok: true, data: unlabelledData(set, false) })
  expect(readUnlabelledFiles([names, pictures], contract)).toEqual({ ok: true, data: unlabelledData(set, true) })
})

test.each([
  ['labels alone', [names], 'pictures-missing'],
  ['two files of pictures', [pictures, { ...pictures, name: 'more' }], 'two-of-one'],
  ['nothing', [], 'nothing-chosen'],
  ['no idx file', [{ name: 'notes.txt', bytes: Uint8Array.of(1, 2, 3, 4, 5) }], 'not-idx'],
  ['pictures of another size', [{ name: 'small', bytes: encodeIdxPair({ ...set, count: 20, shape: [14, 56, 1] }).images }], 'other-shape'],
] as const)('%s are refused', (_what, files, kind) => {
  expect(readUnlabelledFiles(files, contract)).toMatchObject({ ok: false, problem: { kind } })
})

const reading = { decode: async (source: number) => new Uint8Array(784).fill(source), onProgress: () => undefined, most: 100 }
const file = (path: string, source: number) => ({ path, bytes: 10, source })

test('pictures need no folder; where all lie in folders of classes, these are the key', async () => {
  const inFolders = await readUnlabelledPictures([file('3/a.png', 1), file('7/b.png', 2)], contract, reading)
  expect(inFolders).toMatchObject({ ok: true, data: { unlabelled: { key: Uint8Array.of(3, 7) } } })
  const loose = await readUnlabelledPictures([file('3/a.png', 1), file('b.png', 2), file('notes.txt', 3)], contract, reading)
  expect(loose).toMatchObject({ ok: true, data: { unlabelled: { key: null }, test: { count: 2 } }, leftOut: [{ name: 'notes.txt', why: 'not-a-picture' }] })
})

test('they are offered where groups are found by the look of pictures alone, and nowhere else', () => {
  expect(takesUnlabelled({ strategy: 'flux', data: contract })).toBe(true)
  expect(ownDataWays({ strategy: 'flux', data: contract })).toContain('unlabelled')
  for (const strategy of ['fedavg', 'cfl', 'ocfl', 'ifca']) expect(ownDataWays({ strategy, data: contract })).not.toContain('unlabelled')
})
