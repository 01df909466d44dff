import { createSyntheticImages } from '@shoal/data'
import { expect, test } from 'vitest'
import { plantedVolunteers } from './planted-shards.ts'

const sets = { train: createSyntheticImages(600, 'planted-train'), test: createSyntheticImages(150, 'planted-test') }

test('three groups of equal size, dealt by lot, everybody with an equal share (seed "demo")', () => {
  const { shards, truth } = plantedVolunteers(sets, 15, 'demo')
  expect(shards.map(({ train, test }) => [train.count, test.count])).toEqual(shards.map(() => [40, 10]))
  expect([0, 1, 2].map((group) => truth.filter((member) => member === group).length)).toEqual([5, 5, 5])
  expect(truth).not.toEqual([...truth].sort())
  expect(plantedVolunteers(sets, 15, 'demo')).toEqual({ shards, truth })
})

test.each([6, 10, 16])('%i volunteers are refused', (clients) => {
  expect(() => plantedVolunteers(sets, clients, 'demo')).toThrow('groups of equal size')
})
