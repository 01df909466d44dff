import { expect, test } from 'vitest'
import { inPlainWords } from './plain-words.ts'

test.each([
  [
    'Cluster 0 (15 clients) splits: 10 stay, 5 become cluster 1; the sides explain 44 % of the spread.',
    'Group 1 (15 volunteers) splits: 10 stay, 5 become group 2; the sides explain 44 % of the spread.',
  ],
  ['15 clients in 3 clusters of 5, 5, 5: silhouette 0.61, contrast 0.72.', '15 volunteers in 3 groups of 5, 5, 5: silhouette 0.61, contrast 0.72.'],
  ['Warm for 5 rounds: clusters are looked for inside 0, 2.', 'Warm for 5 rounds: groups are looked for inside group 1, group 3.'],
  ['Clusters inside 9 could not be computed.', 'Groups inside group 10 could not be computed.'],
  ['cluster 19 has 1 client', 'group 20 has 1 volunteer'],
  [
    "Descriptors nearer than 0.310 belong together: the elbow of the nearest distances lies at 0.210, and two halves of one client's examples explain 0.310.",
    "Fingerprints nearer than 0.310 belong together: the bend of the nearest distances lies at 0.210, and two halves of one volunteer's examples explain 0.310.",
  ],
  ['Too few told where their descriptors lie; the next round tries again.', 'Too few told where their fingerprints lie; the next round tries again.'],
  ['Too few answered.', 'Too few answered.'],
])('%s', (note, words) => {
  expect(inPlainWords(note)).toBe(words)
})
