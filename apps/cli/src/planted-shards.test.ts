import { createSyntheticImages, type LabelledImages, rotatePictures } from '@shoal/data'
import { expect, test } from 'vitest'
import { plantedVolunteers } from './planted-shards.ts'

const sets = { train: createSyntheticImages(600, 'planted-train'), test: createSyntheticImages(150, 'planted-test') }

test('three groups of equal size, dealt by lot, everybody with an equal share (seed "demo")', () => {
  const { shards, truth, pointTruth, newcomer } = plantedVolunteers(sets, 'swaps', 15, 'demo')
  expect(shards.map(({ train, test }) => [train.count, test.count])).toEqual(shards.map(() => [40, 10]))
  expect([0, 1, 2].map((group) => truth.filter((member) => member === group).length)).toEqual([5, 5, 5])
  expect(truth).not.toEqual([...truth].sort())
  expect(plantedVolunteers(sets, 'swaps', 15, 'demo')).toEqual({ shards, truth, pointTruth, newcomer })
})

test.each([6, 10, 16])('%i volunteers are refused', (clients) => {
  expect(() => plantedVolunteers(sets, 'swaps', clients, 'demo')).toThrow('groups of equal size')
})

test('four groups whose pictures are turned by a quarter more each, of the same digits (seed "turned")', () => {
  const { shards, truth } = plantedVolunteers(sets, 'turns', 16, 'turned')
  expect([0, 1, 2, 3].map((group) => truth.filter((member) => member === group).length)).toEqual([4, 4, 4, 4])
  const pictures = (images: LabelledImages): string[] =>
    Array.from({ length: images.count }, (_, index) => images.pixels.subarray(index * 784, (index + 1) * 784).join())
  const originals = pictures(sets.train)
  for (const [volunteer, { train }] of shards.entries()) {
    const upright = rotatePictures(train, -truth[volunteer]!)
    for (const [index, picture] of pictures(upright).entries()) expect(sets.train.labels[originals.indexOf(picture)]).toBe(train.labels[index])
  }
})

test('three groups that look otherwise, with as many pictures each, and a newcomer whose turned pictures nobody holds (seed "looks")', () => {
  const { shards, truth, newcomer } = plantedVolunteers(sets, 'looks', 15, 'looks')
  expect([0, 1, 2].map((group) => truth.filter((member) => member === group).length)).toEqual([5, 5, 5])
  for (const [volunteer, { train }] of shards.entries()) if (truth[volunteer] === 2) expect(Math.max(...train.labels)).toBe(4)
  const pictures = (images: LabelledImages): string[] =>
    Array.from({ length: images.count }, (_, index) => images.pixels.subarray(index * 784, (index + 1) * 784).join())
  expect(newcomer?.planted).toBe(1)
  expect(newcomer?.pictures.count).toBe(15)
  const held = new Set(
    shards.flatMap(({ train, test }, volunteer) => [train, test].flatMap((set) => pictures(rotatePictures(set, truth[volunteer] === 1 ? -1 : 0)))),
  )
  const upright = pictures(rotatePictures(newcomer!.pictures, -1))
  const known = new Set(pictures(sets.test))
  expect(upright.filter((picture) => held.has(picture) || !known.has(picture))).toEqual([])
})
