import { clusterInsightSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { drawnTree, leafBelow, nodeInWords, treeTable, whyInWords } from './cluster-tree.ts'

const node = (changes: object) => ({
  node: 0,
  parent: null,
  cluster: null,
  bornInRound: 0,
  splitInRound: null,
  why: '',
  members: 9,
  metrics: { accuracy: null, loss: null },
  model: null,
  ...changes,
})
const { tree } = clusterInsightSchema.parse({
  similarity: null,
  tree: [
    node({ splitInRound: 3, why: 'Cluster 0 (9 clients) pulls apart.' }),
    node({ node: 1, parent: 0, splitInRound: 6, members: 6 }),
    node({ node: 2, parent: 0, cluster: 1, bornInRound: 4, members: 3 }),
    node({ node: 3, parent: 1, cluster: 0, bornInRound: 7, members: 2, metrics: { accuracy: 0.5, loss: 1 } }),
    node({ node: 4, parent: 1, cluster: 2, bornInRound: 7, members: 4 }),
  ],
})

test('nodes are named by what they are', () => {
  expect(drawnTree(tree).map(({ title, detail }) => [title, detail])).toEqual([
    ['Everybody', '9 members'],
    ['Until round 6', '6 members'],
    ['Group 2', '3 members'],
    ['Group 1', '2 members'],
    ['Group 3', '4 members'],
  ])
  expect(nodeInWords(tree[3]!)).toBe('Group 1 2 members, since round 7, accuracy 50.0 %.')
  expect(nodeInWords(tree[1]!)).toBe('Until round 6 6 members, from round 0 to 6, then split, accuracy not measured.')
  expect(tree.slice(0, 3).map(whyInWords)).toEqual([
    'Split in round 3: Group 1 (9 volunteers) pulls apart.',
    'Split in round 6.',
    'A group of today; it has not been split.',
  ])
  expect(treeTable(tree).rows.map(([id]) => id)).toEqual([0, 1, 2, 3, 4])
})

test('of a split node the largest group that came of it is shown', () => {
  expect([0, 1, 2, 3].map((id) => leafBelow(tree, id)?.cluster)).toEqual([2, 2, 1, 0])
  expect(leafBelow(tree, 17)).toBeNull()
})
