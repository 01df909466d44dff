import { clusterInsightSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { meanCosines, pairTable, pointTable, scatterPoints, similarityInWords } from './similarity-words.ts'

const parsed = clusterInsightSchema.parse({
  tree: [],
  similarity: {
    of: 'sketches',
    round: 5,
    clusters: [0, 0, 1],
    cosines: [1, 0.8, -0.5, 0.8, 1, -0.7, -0.5, -0.7, 1],
    points: [
      [1, 0],
      [0.9, 0.1],
      [-1, 0],
    ],
  },
}).similarity
const similarity = parsed!

test('alike inside, unlike between', () => {
  const { inside, between } = meanCosines(similarity)
  expect(inside).toBeCloseTo(0.8)
  expect(between).toBeCloseTo(-0.6)
  const models = { ...similarity, of: 'models' as const, clusters: [0, 1], cosines: [1, -0.25, -0.25, 1] }
  expect(similarityInWords(models)).toBe('Cosines between the models of 2 groups, round 5: between groups the mean is -0.25.')
  expect(similarityInWords(similarity)).toBe('Cosines between 3 sketches of updates, round 5: inside a group the mean is 0.80, between groups it is -0.60.')
  expect(meanCosines({ ...similarity, clusters: [0] })).toEqual({ inside: null, between: null })
})

test('tables name every pair once and every point', () => {
  expect(pairTable(similarity).rows).toEqual([
    ['Sketch 1 (group 1)', 'Sketch 2 (group 1)', 0.8],
    ['Sketch 1 (group 1)', 'Sketch 3 (group 2)', -0.5],
    ['Sketch 2 (group 1)', 'Sketch 3 (group 2)', -0.7],
  ])
  expect(pointTable(similarity).rows[2]).toEqual(['Sketch 3 (group 2)', 2, -1, 0])
  expect(scatterPoints({ ...similarity, of: 'models' })[2]).toEqual({ x: -1, y: 0, cluster: 1, name: 'Group 2’s model' })
})
