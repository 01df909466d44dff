import { expect, test } from 'vitest'
import { fingerprintFactsOf } from './fingerprint-facts.ts'
import { roundOf } from './testing-view.ts'

const clusterSizes = [5, 5, 5]

test('nothing is told before groups were looked for', () => {
  expect(fingerprintFactsOf([roundOf(0), roundOf(1)])).toBeNull()
})

test('how near is near, why, and how well the groups hold together, of the last time that they were found', () => {
  const rounds = [
    roundOf(2, { signals: { epsilon: 9, silhouette: 0 } }),
    roundOf(3, { clusterSizes, signals: { epsilon: 0.31, elbow: 0.21, floor: 0.31, silhouette: 0.612 } }),
    roundOf(4, { clusterSizes }),
  ]
  expect(fingerprintFactsOf(rounds)).toEqual({
    round: 3,
    facts: [
      { title: 'Of one group are volunteers nearer than', words: '0.310' },
      { title: 'Where the distances bend', words: '0.210, by the paper’s rule' },
      { title: 'What chance explains', words: '0.310, from two halves of each volunteer’s own examples' },
      { title: 'How well the groups hold together (silhouette)', words: '0.612; near 1 they lie apart, near 0 they touch' },
    ],
    pending: null,
  })
})

test('a number of groups that was given, and one group alone, leave out what was not measured', () => {
  const titlesOf = (changes: Parameters<typeof roundOf>[1]) => fingerprintFactsOf([roundOf(3, changes)])?.facts.map(({ title }) => title)
  expect(titlesOf({ clusterSizes, signals: { epsilon: 0, silhouette: 0.5 } })).toEqual(['How well the groups hold together (silhouette)'])
  expect(titlesOf({ signals: { epsilon: 0.4, floor: 0.4, silhouette: 0 } })).toEqual(['Of one group are volunteers nearer than', 'What chance explains'])
  expect(titlesOf({ clusterSizes, signals: { distance: 0.2 } })).toEqual(['Volunteers lie from the middle of their group'])
})

test.each([
  [1, 'One volunteer’s fingerprint is like no group’s.'],
  [4, '4 volunteers’ fingerprints are like no group’s.'],
])('%d who fit nowhere are told of', (pending, words) => {
  const rounds = [roundOf(3, { signals: { epsilon: 1 } }), roundOf(4, { signals: { pending } })]
  expect(fingerprintFactsOf(rounds)?.pending).toContain(words)
  expect(fingerprintFactsOf([...rounds, roundOf(5)])?.pending).toBeNull()
})
