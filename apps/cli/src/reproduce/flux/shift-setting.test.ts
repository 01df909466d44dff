import { architectureLayout } from '@shoal/learning/zoo'
import { expect, test } from 'vitest'
import { dealFederation, LENET, trainArgs } from './shift-setting.ts'

test("LeNet-5 for three channels has the authors' 62,006 parameters", () => {
  expect(architectureLayout(LENET).length).toBe(62_006)
})

test("the authors' local round: two epochs over 4,800 pictures in batches of 64", () => {
  expect(trainArgs({ clients: 10, pictures: 60_000, epochs: 2, batchSize: 64, learningRate: 0.005 })).toMatchObject({ steps: 150, momentum: 0.9 })
})

test('a federation is dealt: of each 600 pictures 480 to train on, 120 to measure on, 100 to test; without any shift all alike (seed dealt)', async () => {
  const { clients, tests, truth } = await dealFederation({ shift: 'iid', level: 0, clients: 4, pictures: 2400, seed: 'dealt' })
  expect(clients.map(({ train, test: held }) => [train.count, held.count])).toEqual(Array.from({ length: 4 }, () => [480, 120]))
  expect(tests.map(({ count, shape }) => [count, shape])).toEqual(Array.from({ length: 4 }, () => [100, [28, 28, 3]]))
  expect(truth).toEqual([0, 0, 0, 0])
})
