import { expect, test } from 'vitest'
import { foundGroupsOf } from './found-groups.ts'

test('clusters that are the planted groups under other numbers agree wholly', () => {
  const { ari, purity, groups } = foundGroupsOf([1, 0, 0, 1], [0, 1, 1, 0], { found: [0.9, null], baseline: [0.7, 0.6] })
  expect({ ari, purity }).toEqual({ ari: 1, purity: 1 })
  expect(groups).toEqual([
    { cluster: 0, clients: 2, planted: [0, 2], accuracy: 0.9, baselineAccuracy: 0.7 },
    { cluster: 1, clients: 2, planted: [2, 0], accuracy: null, baselineAccuracy: 0.6 },
  ])
})

test('one cluster of two groups says nothing of them, and a volunteer without a cluster counts against it', () => {
  expect(foundGroupsOf([0, 0, 0, 0], [0, 1, 1, 0], { found: [0.5], baseline: [0.5] })).toMatchObject({ ari: 0, purity: 0.5 })
  expect(foundGroupsOf([0, 0, 1, -1], [0, 0, 1, 1], { found: [0.5, 0.5], baseline: [] }).ari).toBeLessThan(1)
})
