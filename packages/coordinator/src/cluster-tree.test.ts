import { type ClientId, clientIdSchema, type Digest, digestSchema, type Metrics, type RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { splitsAfter } from './cluster-splits.ts'
import { clusterTreeOf } from './cluster-tree.ts'
import type { FederationState } from './federation-state.ts'

const digest = (digit: string): Digest => digestSchema.parse(digit.repeat(64))
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((letter): ClientId => clientIdSchema.parse(`cl-${letter.repeat(8)}`))
const measured = (accuracy: number): Metrics => ({ accuracy, loss: 1 - accuracy })
const summary = (round: number, clusters: readonly Metrics[], notes: readonly string[] = [], metrics: Metrics = { accuracy: null, loss: null }) =>
  ({ round, clusters, notes, metrics }) as unknown as RoundSummary

/** `clusters`: of the clients, in order. */
const stateOf = (round: number, models: readonly string[], clusters: readonly (number | null)[], rounds: readonly RoundSummary[] = []): FederationState =>
  ({
    round,
    rounds,
    models: models.map(digest),
    clients: new Map(names.map((name, index) => [name, { cluster: clusters[index] }])),
    splits: [],
  }) as unknown as FederationState

test('as long as there is one cluster the tree is one leaf', () => {
  const state = stateOf(1, ['1'], [0, 0, 0, null, 0, 0, 0, 0], [summary(0, [], [], measured(0.5))])
  expect(clusterTreeOf(state, () => true)).toEqual([
    { node: 0, parent: null, cluster: 0, bornInRound: 0, splitInRound: null, why: '', members: 7, metrics: measured(0.5), model: digest('1') },
  ])
})

test('a cluster that no client left is the parent of none: each new one comes out of where most of its clients were', () => {
  const before = stateOf(4, ['1', '2'], [0, 0, 0, 1, 1, 1, 1, null])
  const after = stateOf(5, ['3', '4', '5', '6'], [0, 2, 2, 1, 1, 3, 3, 2])
  expect(splitsAfter(before, after)).toEqual([
    { round: 4, parent: 0, added: 2, model: digest('1'), members: 3 },
    { round: 4, parent: 1, added: 3, model: digest('2'), members: 4 },
  ])
  expect(splitsAfter(before, stateOf(5, ['3', '4'], [0, 0, 0, 1, 1, 1, 1, 1]))).toBe(before.splits)
})

test('clusters split, and their parts again; what was measured and why stands with each', () => {
  const first = splitsAfter(stateOf(1, ['1'], [0, 0, 0, 0, 0, 0, 0, 0]), stateOf(2, ['2', '3'], [0, 0, 0, 0, 1, 1, 1, 1]))
  const before = { ...stateOf(3, ['2', '3'], [0, 0, 0, 0, 1, 1, 1, 1]), splits: first }
  const splits = splitsAfter(before, stateOf(4, ['4', '5', '6'], [0, 0, 0, 0, 1, 1, 2, 2]))
  const rounds = [
    summary(0, [], [], measured(0.3)),
    summary(1, [measured(0.5), measured(0.6)], ['Cluster 0 (8 clients) splits: 4 stay, 4 become cluster 1; because.']),
    summary(2, [measured(0.7), measured(0.8)]),
    summary(3, [measured(0.75), measured(0.85), measured(0.9)], ['Cluster 1 (4 clients) splits.', 'The next round asks everybody.']),
  ]
  const state = { ...stateOf(4, ['4', '5', '6'], [0, 0, 0, 0, 1, 1, 2, 2], rounds), splits }
  const tree = clusterTreeOf(state, (model) => model === digest('1'))
  expect(tree.map(({ node, parent, cluster, bornInRound, splitInRound, members }) => [node, parent, cluster, bornInRound, splitInRound, members])).toEqual([
    [0, null, null, 0, 1, 8],
    [1, 0, 0, 1, null, 4],
    [2, 0, null, 1, 3, 4],
    [3, 2, 1, 3, null, 2],
    [4, 2, 2, 3, null, 2],
  ])
  expect(tree.map(({ metrics }) => metrics.accuracy)).toEqual([0.3, 0.75, 0.8, 0.85, 0.9])
  expect(tree.map(({ model }) => model)).toEqual([digest('1'), digest('4'), null, digest('5'), digest('6')])
  expect(tree.map(({ why }) => why)).toEqual([
    'Cluster 0 (8 clients) splits: 4 stay, 4 become cluster 1; because.',
    '',
    'Cluster 1 (4 clients) splits.',
    '',
    '',
  ])
})

test('one that falls into three has three children', () => {
  const splits = splitsAfter(stateOf(2, ['1'], [0, 0, 0, 0, 0, 0, 0, 0]), stateOf(3, ['2', '3', '4'], [0, 0, 0, 1, 1, 1, 2, 2]))
  const rounds = [summary(0, []), summary(1, []), summary(2, [], ['8 clients in 3 clusters.'])]
  const tree = clusterTreeOf({ ...stateOf(3, ['2', '3', '4'], [0, 0, 0, 1, 1, 1, 2, 2], rounds), splits }, () => false)
  expect(tree.map(({ parent, cluster, why }) => [parent, cluster, why])).toEqual([
    [null, null, '8 clients in 3 clusters.'],
    [0, 0, ''],
    [0, 1, ''],
    [0, 2, ''],
  ])
})
