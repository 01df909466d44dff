import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { adjustedRandIndex, purity } from './agreement.ts'
import { type FindClustersArgs, findClusters } from './find-clusters.ts'

const SEED = 'find-clusters'
const TRUTH = Array.from({ length: 15 }, (_, row) => row % 3)

/** Rows around three random directions, or around one where `groups` is 1. */
function rowsAround(groups: number, noise: number, seed = SEED): Float64Array[] {
  const rng = createRng(seed)
  const draw = (): Float64Array => Float64Array.from({ length: 64 }, () => rng.normal())
  const centres = Array.from({ length: groups }, draw)
  return TRUTH.map((group) => centres[group % groups].map((entry) => entry + noise * rng.normal()))
}

const args = (change: Partial<FindClustersArgs>): FindClustersArgs => ({
  rows: rowsAround(3, 0.4),
  method: 'hdbscan',
  minClusterSize: 3,
  clusters: 3,
  noise: 'nearest',
  seed: SEED,
  ...change,
})

// Its bandwidth, the 0.3 quantile of the distances, lies at the edge of groups that are a third of all rows: some members stay alone.
test('mean shift tears no two planted groups together (seed find-clusters)', () => {
  const { labels } = findClusters(args({ method: 'mean-shift' }))
  expect(purity(labels, TRUTH)).toBe(1)
})

test.each(['hdbscan', 'k-means', 'affinity-propagation'] as const)('%s finds three planted groups (seed find-clusters)', (method) => {
  const found = findClusters(args({ method }))
  expect(adjustedRandIndex(found.labels, TRUTH)).toBe(1)
  expect(found.labels.slice(0, 3)).toEqual([0, 1, 2]) // in order of first appearance
  expect(found.silhouette).toBeGreaterThan(0.1)
  expect(found.contrast).toBeGreaterThan(0.1)
})

test('one direction with noise: what HDBSCAN invents does not pass the bounds of structure (seeds 0 to 9)', () => {
  for (let seed = 0; seed < 10; seed += 1) {
    const { silhouette, contrast } = findClusters(args({ rows: rowsAround(1, 1.5, `one ${seed}`) }))
    expect(Math.min(silhouette, contrast), `seed ${seed}`).toBeLessThan(0.1)
  }
})

test('a row without direction has no cluster and disturbs nobody', () => {
  const rows = rowsAround(3, 0.4)
  const found = findClusters(args({ rows: [new Float64Array(64), ...rows] }))
  expect(found.labels[0]).toBe(-1)
  expect(found.labels.slice(1)).toEqual(findClusters(args({ rows })).labels)
})

test('scaling a row changes nothing', () => {
  const rows = rowsAround(3, 0.4)
  const scaled = rows.map((row, index) => row.map((entry) => entry * (1 + index)))
  expect(findClusters(args({ rows: scaled })).labels).toEqual(findClusters(args({ rows })).labels)
})

test.each([0, 1, 2])('%i rows are no structure', (count) => {
  const found = findClusters(args({ rows: rowsAround(1, 1).slice(0, count) }))
  expect(found).toMatchObject({ silhouette: 0, contrast: 0 })
  expect(found.labels).toHaveLength(count)
})
