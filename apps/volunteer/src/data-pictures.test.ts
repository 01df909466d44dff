import type { LabelledImages } from '@shoal/data'
import type { DataContract } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { splitData } from './data-files.ts'
import { channelsOf, letterbox, MAX_PICTURE_BYTES, mostPictures, type PictureFile, readPictures } from './data-pictures.ts'

const contract: DataContract = { kind: 'image', shape: [1, 2, 1], classes: ['cat', 'dog'] }
const reading = {
  decode: async (source: number): Promise<Uint8Array> => {
    if (source < 0) throw new Error('no picture')
    return Uint8Array.of(source, source)
  },
  classOf: (path: string) => (path.startsWith('cat/') ? 0 : path.startsWith('dog/') ? 1 : null),
  onProgress: () => undefined,
  most: 100,
  part: (set: LabelledImages) => splitData(set, contract, 'seed'),
}
const file = (path: string, source: number, bytes = 100): PictureFile<number> => ({ path, bytes, source })

test('pictures are taken by class, and what can not be used is named with its reason', async () => {
  const result = await readPictures(
    [
      file('dog/2.png', 20),
      file('cat/1.PNG', 10),
      file('dog/1.jpeg', 21),
      file('cat/2.webp', 11),
      file('cat/broken.png', -1),
      file('cat/huge.png', 5, MAX_PICTURE_BYTES + 1),
      file('cat/notes.txt', 6),
      file('loose.png', 7),
    ],
    contract,
    reading,
  )
  if (!result.ok) throw new Error(result.problem.kind)
  const { train, test: heldOut } = result.data
  const pairs = [train, heldOut].flatMap(({ labels, pixels }) => [...labels].map((label, index) => `${label}:${pixels[2 * index]}`))
  expect(pairs.toSorted()).toEqual(['0:10', '0:11', '1:20', '1:21'])
  expect([train.count, heldOut.count]).toEqual([2, 2])
  expect(result.leftOut).toEqual([
    { name: 'cat/huge.png', why: 'too-large' },
    { name: 'cat/notes.txt', why: 'not-a-picture' },
    { name: 'loose.png', why: 'no-class' },
    { name: 'cat/broken.png', why: 'unreadable' },
  ])
})

test('the order in which files come changes nothing', async () => {
  const files = Array.from({ length: 10 }, (_, index) => file(`${index % 2 === 0 ? 'cat' : 'dog'}/${index}.png`, index))
  expect(await readPictures(files.toReversed(), contract, reading)).toEqual(await readPictures(files, contract, reading))
})

test('no picture at all is a problem that lists what was left out', async () => {
  expect(await readPictures([file('loose.png', 1)], contract, reading)).toEqual({
    ok: false,
    problem: { kind: 'all-left-out' },
    leftOut: [{ name: 'loose.png', why: 'no-class' }],
  })
})

test('too few pictures are a problem, and the list is kept', async () => {
  const result = await readPictures([file('cat/1.png', 1), file('loose.png', 1)], contract, reading)
  expect(result).toMatchObject({ ok: false, problem: { kind: 'too-few' }, leftOut: [{ name: 'loose.png' }] })
})

test('more pictures than fit are left out, the last paths first', async () => {
  const files = Array.from({ length: 7 }, (_, index) => file(`cat/${index}.png`, index))
  const result = await readPictures(files, contract, { ...reading, most: 5 })
  expect(result.leftOut?.map(({ name, why }) => `${name} ${why}`)).toEqual(['cat/5.png too-many', 'cat/6.png too-many'])
})

test('a device holds fewer pictures the larger they are', () => {
  expect([mostPictures([28, 28, 1]), mostPictures([224, 224, 3]), mostPictures([20_000, 20_000, 3])]).toEqual([20_000, 1700, 1])
})

test.each([
  [
    { width: 100, height: 50 },
    { width: 28, height: 28 },
    { left: 0, top: 7, width: 28, height: 14 },
  ],
  [
    { width: 50, height: 100 },
    { width: 28, height: 28 },
    { left: 7, top: 0, width: 14, height: 28 },
  ],
  [
    { width: 10, height: 10 },
    { width: 28, height: 14 },
    { left: 7, top: 0, width: 14, height: 14 },
  ],
  [
    { width: 1000, height: 1 },
    { width: 28, height: 28 },
    { left: 0, top: 13, width: 28, height: 1 },
  ],
])('%o in %o lies at %o: whole, not stretched, in the middle', (picture, field, expected) => {
  expect(letterbox(picture, field)).toEqual(expected)
})

test('grey is the luminance; colours are kept as they are', () => {
  const rgba = Uint8Array.of(255, 0, 0, 255, 255, 255, 255, 255)
  expect([...channelsOf(rgba, 1)]).toEqual([76, 255])
  expect([...channelsOf(rgba, 3)]).toEqual([255, 0, 0, 255, 255, 255])
})
